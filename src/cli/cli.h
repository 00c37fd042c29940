/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_CLI_CLI_H
#define DAXPIN_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "progress.h"

#include "daxpin/error.h"
#include "daxpin/question.h"
#include "daxpin/report.h"
#include "daxpin/witness.h"

struct dp_results;

/* Where a report goes. */
struct cli_output {
	const struct dp_format *format;
	const char *path; /* NULL for stdout */
	FILE *file;       /* once it is open */
	bool direct;      /* it streams, or goes into a pipe or a device: there is no draft */
};

#define CLI_MAX_OUTPUTS 8

struct cli_outputs {
	struct cli_output list[CLI_MAX_OUTPUTS];
	size_t count;
	struct dp_report_options how;
};

/* What the commands that ask a kernel take, on the host and in the guest. */
struct cli_check_options {
	const char *only[CLI_MAX_LIST];
	size_t nonly;
	const char *pinners[CLI_MAX_LIST];
	size_t npinners;
	const char *dirs[CLI_MAX_LIST];
	size_t ndirs;
	const char *rdma;
	const char *policy, *baseline;
	struct dp_results *known; /* what the baseline has, NULL without */
	struct cli_outputs outputs;
	struct cli_progress progress;  /* until the report is written */
	bool bisect;                   /* exit codes for git bisect run */
	enum dp_witness_level witness; /* of a check, a teardown: what of the kernel's inside */
	bool all;                      /* of a run: every kind of question */
	unsigned int repeat;           /* how often each case is asked */
	unsigned int shard, shards;    /* of what is selected, the share of this run; 0: all */
	uint64_t size;
	uint64_t iterations, duration_ms;  /* of a race; 0 without */
	bool biased;                       /* a race */
	uint64_t seed;                     /* of a race's times, or of traffic's patterns */
	unsigned int rounds, threads;      /* of a bench; 0 without */
	double tolerance;                  /* of a bench: as a part of what the baseline has */
	bool destroy;                      /* the device that is named may be taken away */
	const char *listen, *connect, *at; /* of traffic: addresses, NULL without */
	const char *secret;                /* of traffic: a file that both ends have */
	const char *pairs, *nodes;         /* of traffic: a schedule for many nodes */
	unsigned int degree;               /* of it: how many others each node meets */
	bool reference;                    /* of traffic: run ib_write_bw as well */
};

/* Takes the level of the witness, for OPT_CALLBACK(). */
int cli_take_witness(void *field, const char *name, struct dp_error *err);

/* Tables that several of these commands share. */
extern const struct cli_option cli_case_options[], cli_shard_options[], cli_witness_options[],
	cli_region_options[], cli_policy_options[], cli_pinner_options[], cli_folder_options[],
	cli_report_options[];

/* Takes "2/4" into shard and shards of a struct cli_check_options, for OPT_CALLBACK(). */
int cli_take_shard(void *options, const char *text, struct dp_error *err);

/*
 * For the rows of --format and -o. @outputs is a struct cli_outputs, the text is a format for
 * stdout or FORMAT=FILE. Return: 0 or -EINVAL.
 */
int cli_take_format(void *outputs, const char *name, struct dp_error *err);
int cli_take_output(void *outputs, const char *text, struct dp_error *err);

/* Opens the reports; see cli_report_open(). Return: 0 or -EINVAL. */
int cli_outputs_open(struct cli_outputs *outputs, struct dp_error *err);

/* Writes one report. Return: 0 or a negative errno. */
typedef int (*cli_write_fn)(const struct cli_output *output, const void *arg,
			    const struct dp_report_options *how);

/* Writes and names all of them. Return: whether one could not be written, which it has said. */
bool cli_outputs_write(struct cli_outputs *outputs, cli_write_fn write, const void *arg);

/* Closes what is open, and removes what is not complete. */
void cli_outputs_close(struct cli_outputs *outputs);

/**
 * cli_report_open - read the baseline and open the reports, before a kernel is asked
 * @options: struct cli_check_options: which files; release with cli_report_close() in any case
 * @err: names the file that cannot be read or written (bad input)
 *
 * A report gets its name when it is complete; only one that streams has it from the beginning.
 *
 * Return: 0 or -EINVAL.
 */
int cli_report_open(void *options, struct dp_error *err);

/* Closes the reports, and removes those that are not complete. The progress ends. */
void cli_report_close(struct cli_check_options *options);

/*
 * Writes one result to the reports that stream; may be called by several threads. @options: struct
 * cli_check_options, opened.
 */
void cli_report_tell(void *options, const struct dp_run_record *run,
		     const struct dp_result *result);

/**
 * cli_report - compare runs with the baseline, if there is one, and write the reports
 * @options: opened
 * @runs: the runs; what the baseline says is added to their results
 * @nruns: how many
 * @err: that the baseline does not fit the runs (bad input)
 *
 * Return: the exit code of the runs, 3 if a report cannot be written, 125 with --bisect if nothing
 * passed; or -EINVAL.
 */
int cli_report(struct cli_check_options *options, struct dp_run_record *runs, size_t nruns,
	       struct dp_error *err);

/**
 * cli_exit_code - of a command that asks kernels
 * @rc: a negative errno, or an exit code
 * @bisect: 0 good, 1 bad, 125 for all that cannot be told; git skips such a commit
 * @err: is printed for a negative errno
 */
int cli_exit_code(int rc, bool bisect, const struct dp_error *err);

struct dp_plan;

/* Refuses to print the events of several cases. Return: 0 or -EINVAL. */
int cli_witness_one(const struct cli_check_options *options, const struct dp_plan *plan,
		    struct dp_error *err);

/* The kinds of question that a command asks, as bits; "run" asks several. */
unsigned int cli_kinds_of(const struct cli_command *command);

/* Of "run", those kinds that patterns name as the first part of ids; with --all, every kind. */
unsigned int cli_kinds_wanted(const struct cli_check_options *check);

struct dp_hosts;

/**
 * cli_read_nodes - read a list of nodes that an option has
 * @text: the list, or "@" and the name of a file with it
 * @hosts: receives the names; release with dp_hosts_clear() in any case
 * @err: what is wrong with it (bad input)
 *
 * Return: 0 or a negative errno.
 */
int cli_read_nodes(const char *text, struct dp_hosts *hosts, struct dp_error *err);

struct dp_pinner;

/**
 * cli_pinners - those who pin in teardowns
 * @options: globs of their names
 * @list: receives them, CLI_MAX_LIST at most
 * @count: receives how many; 0 without a glob: the adapter
 * @err: names the glob that is for nobody (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int cli_pinners(const struct cli_check_options *options, const struct dp_pinner **list,
		size_t *count, struct dp_error *err);

struct dp_ask;
struct dp_host;
struct dp_policy;

/* How to ask what the options say. @policy: NULL where nothing is compared with one */
struct dp_ask cli_ask(struct cli_check_options *options, const struct dp_policy *policy);

/* What of this machine the options allow to use. @device: that was named, or NULL */
struct dp_host cli_host(const struct cli_check_options *options, const char *device);

/**
 * cli_conclude - end a command that has asked this machine
 * @options: as they were for cli_ask()
 * @run: the answers
 * @rc: 0, or a negative errno: then there is no report
 * @err: why
 *
 * Return: the exit code.
 */
int cli_conclude(struct cli_check_options *options, struct dp_run_record *run, int rc,
		 struct dp_error *err);

/* Writes the reports that are files, and no other: of a run that came to nothing. */
void cli_report_files(struct cli_check_options *options, const struct dp_run_record *run);

struct json_object;

/* Prints a document on stdout. */
void cli_print_json(struct json_object *obj);

/* Has kernels ready to boot and prints where they are. Return: 0 or a negative errno. */
int cli_fetch_kernels(const char *const *specs, size_t count, bool refresh, struct dp_error *err);

/**
 * cli_timeline - print one result of a stored run, step by step
 * @path: a JSON document of daxpin's
 * @id: of the result; it is printed for each run that has it
 * @json: print the result's object instead
 * @err: what is wrong with the file, or that it has no such id (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int cli_timeline(const char *path, const char *id, bool json, struct dp_error *err);

/* Whether stdout is a pipe whose reader has gone: what cannot be written is not wanted. */
bool cli_stdout_unwanted(void);

/* daxpin itself, and its commands. Those without a function of their own are of the guest only. */
extern const struct cli_command cli_daxpin, cli_guest, cli_check, cli_limit, cli_teardown, cli_race,
	cli_order, cli_traffic, cli_state, cli_pinner, cli_bench, cli_run, cli_judge, cli_compare,
	cli_collect, cli_kernels, cli_list, cli_explain, cli_cache, cli_node;

#endif
