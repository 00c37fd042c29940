/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_CLI_CLI_H
#define DAXPIN_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

#include "daxpin/error.h"
#include "daxpin/question.h"
#include "daxpin/report.h"

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
	const char *dirs[CLI_MAX_LIST];
	size_t ndirs;
	const char *rdma;
	const char *policy, *baseline;
	struct cli_outputs outputs;
	bool bisect; /* exit codes for git bisect run */
	uint64_t size;
	uint64_t iterations, duration_ms;  /* of a race; 0 without */
	uint64_t seed;                     /* of a race's times, or of traffic's patterns */
	bool destroy;                      /* the device that is named may be taken away */
	const char *listen, *connect, *at; /* of traffic: addresses, NULL without */
	bool reference;                    /* of traffic: run ib_write_bw as well */
};

/* Tables that several of these commands share. */
extern const struct cli_option cli_case_options[], cli_region_options[], cli_policy_options[],
	cli_folder_options[], cli_report_options[];

/* "--format NAME", of the report that goes to stdout; @outputs is a struct cli_outputs. */
int cli_take_format(void *outputs, const char *name, struct dp_error *err);

/* "-o NAME=FILE", of one more report; @outputs is a struct cli_outputs. */
int cli_take_output(void *outputs, const char *text, struct dp_error *err);

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
extern const struct cli_command cli_daxpin, cli_guest, cli_check, cli_teardown, cli_race,
	cli_traffic, cli_run, cli_judge, cli_compare, cli_kernels, cli_list, cli_explain, cli_cache;

#endif
