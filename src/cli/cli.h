/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_CLI_CLI_H
#define DAXPIN_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/error.h"
#include "daxpin/question.h"
#include "daxpin/report.h"

#define CLI_MAX_LIST 64

enum cli_question {
	CLI_CHECK = DP_QUESTION_CHECK,
	CLI_TEARDOWN = DP_QUESTION_TEARDOWN,
	CLI_RACE = DP_QUESTION_RACE,
	CLI_TRAFFIC = DP_QUESTION_TRAFFIC,
	CLI_RUN = DP_QUESTIONS, /* those that dp_question() marks for it */
};

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
	enum cli_question question;
	const char *only[CLI_MAX_LIST];
	size_t nonly;
	const char *dirs[CLI_MAX_LIST];
	size_t ndirs;
	const char *rdma;
	const char *policy, *baseline;
	struct cli_outputs outputs;
	bool bisect; /* exit codes for git bisect run */
	uint64_t size;
	uint64_t iterations, duration_ms, seed; /* of a race; 0, and seeded tells */
	bool seeded;
	const char *device; /* to tear down on the host, or NULL */
	bool destroy;
	const char *listen, *connect, *at; /* of traffic: addresses, NULL without */
	bool reference;                    /* of traffic: hold ib_write_bw beside */
};

/**
 * cli_check_parse - read the options of `check`, `teardown` or `race`
 * @argc, @argv: beginning with that word
 * @question: which
 * @host: for this machine rather than the guest: --dir, --destroy-data and a device are taken
 * @options: receives them
 * @err: what is wrong (bad input)
 *
 * Return: 0, 1 after --help was answered, or -EINVAL.
 */
int cli_check_parse(int argc, char **argv, enum cli_question question, bool host,
		    struct cli_check_options *options, struct dp_error *err);

/* "--format NAME", of the report that goes to stdout. */
int cli_outputs_format(struct cli_outputs *outputs, const char *name, struct dp_error *err);

/* "-o NAME=FILE", of one more report. */
int cli_outputs_add(struct cli_outputs *outputs, const char *text, struct dp_error *err);

/**
 * cli_outputs_open - before anything is asked: see whether the reports can be written
 * @outputs: those without a format for stdout get text
 * @err: names the file that cannot be written (bad input)
 *
 * A file gets its name when it is whole; only one that streams has it from the beginning.
 *
 * Return: 0 or -EINVAL. To be closed with cli_outputs_close() in any case.
 */
int cli_outputs_open(struct cli_outputs *outputs, struct dp_error *err);

/* Writes one result to the outputs that stream; may be called by several threads. */
void cli_outputs_tell(void *outputs, const struct dp_run_record *run,
		      const struct dp_result *result);

/* Writes the reports of runs. Return: the exit code of the runs, or 3 if one cannot be written. */
int cli_outputs_write(struct cli_outputs *outputs, const struct dp_run_record *runs, size_t nruns);

/**
 * cli_exit_code - of a command that asks kernels
 * @rc: a negative errno, or an exit code
 * @bisect: 0 good, 1 bad, 125 for all that cannot be told; git skips such a commit
 * @err: is printed for a negative errno
 */
int cli_exit_code(int rc, bool bisect, const struct dp_error *err);

/* Closes, and removes what was not written to its end. */
void cli_outputs_close(struct cli_outputs *outputs);

/**
 * cli_report - hold runs against the baseline, if there is one, and write the reports
 * @options: the outputs are open
 * Return: the exit code, or -EINVAL for a baseline that is no good (bad input).
 */
int cli_report(struct cli_check_options *options, struct dp_run_record *runs, size_t nruns,
	       struct dp_error *err);

struct json_object;

/* Prints a document on stdout. */
void cli_print_json(struct json_object *obj);

/* Has kernels ready to boot and prints where they are. Return: 0 or a negative errno. */
int cli_fetch_kernels(const char *const *specs, size_t count, bool refresh, struct dp_error *err);

/* Draws progress on a terminal's stderr; nothing in a pipe. The shape is dp_progress_fn. */
void cli_progress(const char *what, int percent);

/**
 * cli_options - read the options of a command; optind is at the first word that is none
 * @argc, @argv: beginning with the command's word
 * @known: for getopt_long(), ended by zeros; "help" is added here
 * @brief: its short options, such as "k:"; a "+" first if words may follow that are not its own
 * @help: what --help prints
 * @take: is given each option's letter, its value in optarg
 * @arg: for @take
 * @err: what is wrong (bad input)
 *
 * Return: 0, 1 after --help was answered, or what @take returned.
 */
int cli_options(int argc, char **argv, const struct option *known, const char *brief,
		const char *help, int (*take)(int letter, void *arg, struct dp_error *err),
		void *arg, struct dp_error *err);

/* The value of an option that says "text" or "json". */
int cli_parse_json(const char *name, bool *json, struct dp_error *err);

/* A number of seconds above zero as milliseconds. */
int cli_parse_seconds(const char *text, const char *option, uint64_t *ms, struct dp_error *err);

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

/* The subcommands: argv[0] is the command's word; each returns the exit code. */
int cli_check(int argc, char **argv);
int cli_teardown(int argc, char **argv);
int cli_traffic(int argc, char **argv);
int cli_cache(int argc, char **argv);
int cli_judge(int argc, char **argv);
int cli_compare(int argc, char **argv);
int cli_kernels(int argc, char **argv);
int cli_guest(int argc, char **argv);
int cli_list(int argc, char **argv);
int cli_explain(int argc, char **argv);

#endif
