/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_CLI_CLI_H
#define DAXPIN_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/error.h"
#include "daxpin/report.h"

#define CLI_MAX_LIST 64

/* What `check` takes, on the host and in the guest. */
struct cli_check_options {
	const char *only[CLI_MAX_LIST];
	size_t nonly;
	const char *dirs[CLI_MAX_LIST];
	size_t ndirs;
	const char *rdma;
	const char *policy;
	const struct dp_format *format;
	uint64_t size;
	bool timing;
};

/**
 * cli_check_parse - read the options of `check`
 * @argc, @argv: beginning with the word "check"
 * @host: whether --dir is one of them
 * @options: receives them
 * @err: what is wrong (bad input)
 *
 * Return: 0, 1 after --help was answered, or -EINVAL.
 */
int cli_check_parse(int argc, char **argv, bool host, struct cli_check_options *options,
		    struct dp_error *err);

/* Writes the report of a run to stdout and returns the exit code. */
int cli_report(const struct cli_check_options *options, const struct dp_run_record *run);

/* Draws progress on a terminal's stderr; nothing in a pipe. The shape is dp_progress_fn. */
void cli_progress(const char *what, int percent);

/**
 * cli_options - read the options of a command, up to its first other word (optind)
 * @argc, @argv: beginning with the command's word
 * @known: for getopt_long(), ended by zeros; "help" is added here
 * @brief: its short options, such as "k:"
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
int cli_parse_format(const char *name, const struct dp_format **format, struct dp_error *err);

/* A number of seconds above zero as milliseconds. */
int cli_parse_seconds(const char *text, const char *option, uint64_t *ms, struct dp_error *err);

/* The subcommands: argv[0] is the command's word; each returns the exit code. */
int cli_check(int argc, char **argv);
int cli_cache(int argc, char **argv);
int cli_guest(int argc, char **argv);
int cli_list(int argc, char **argv);
int cli_explain(int argc, char **argv);

#endif
