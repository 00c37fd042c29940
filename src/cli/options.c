// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/text.h"

/* How the answers are reported is the same for all of them. */
#define REPORT_HELP                                                                                \
	"  --changes        with several kernels: only what differs between them\n"                \
	"  --baseline FILE  results (JSON) whose failures are known: they fail nothing, as\n"      \
	"                   long as they stay of the same kind\n"                                  \
	"  --bisect         exit codes for git bisect run: 0 good, 1 bad, 125 cannot tell\n"       \
	"  --format FORMAT  text, json, jsonl, tap, junit or html\n"                               \
	"  -o FORMAT=FILE   write this report, too; may be repeated; jsonl is written as the\n"    \
	"                   answers come\n"                                                        \
	"  --timing         show how long the phases took\n"

static const char check_help[] =
	"Usage: daxpin check [OPTIONS]        on this machine\n"
	"       daxpin guest [OPTIONS] check [OPTIONS]\n"
	"\n"
	"Registers a memory region over each kind of mapping with each access mode, and\n"
	"says whether the kernel allowed or rejected the longterm pin, and whether that\n"
	"is the policy for it.\n"
	"\n"
	"  --only GLOB      only these: an id (check/devdax-*/remote-write) or a mapping;\n"
	"                   may be repeated\n"
	"  --size SIZE      of each region (default 2M)\n"
	"  --rdma DEVICE    register through this adapter (default: the first)\n"
	"  --policy FILE    expectations of your own (see daxpin-policy(5))\n"
	"  --dir DIR        where temporary files may be made, besides the mount points of\n"
	"                   ext4 and xfs; may be repeated; not for the guest\n" REPORT_HELP;

static const char teardown_help[] =
	"Usage: daxpin guest [OPTIONS] teardown [OPTIONS]\n"
	"       daxpin teardown --destroy-data DEVICE [OPTIONS]     on this machine\n"
	"\n"
	"Takes devices away while memory regions over them are registered, and says what\n"
	"the kernel did, step by step, and which clause of the contract it broke. In the\n"
	"guest, each scenario has a machine of its own. On this machine, only the DAX\n"
	"device that is named is touched (dax0.0, or the disk of a mounted fsdax, pmem0);\n"
	"what is on it is lost, and a kernel that breaks its clause may go down.\n"
	"\n"
	"  --only GLOB      only these: an id (teardown/devdax-*/devdax-unbind/*) or a\n"
	"                   mapping; may be repeated\n"
	"  --size SIZE      of each region (default 2M)\n"
	"  --rdma DEVICE    register through this adapter (default: the first)\n"
	"  --destroy-data   yes, the device may be taken away; not for the guest\n" REPORT_HELP;

static const char run_help[] =
	"Usage: daxpin guest [OPTIONS] run [OPTIONS]\n"
	"\n"
	"check, teardown and traffic in one run: everything about a kernel but the races.\n"
	"\n"
	"  --only GLOB      only these: an id (teardown/devdax-*/devdax-unbind/*) or a\n"
	"                   mapping; may be repeated\n"
	"  --size SIZE      of each region (default 2M)\n"
	"  --rdma DEVICE    register through this adapter (default: the first)\n"
	"  --policy FILE    expectations of your own (see daxpin-policy(5))\n" REPORT_HELP;

static const char race_help[] =
	"Usage: daxpin guest [OPTIONS] race [OPTIONS]\n"
	"\n"
	"Registers and deregisters on several threads while a device is taken away and\n"
	"brought back, again and again: each registration must succeed and hold the\n"
	"device, or fail cleanly; nothing may leak, and the kernel must survive.\n"
	"\n"
	"  --only GLOB      only these: an id (race/devdax-*/devdax-unbind) or a mapping;\n"
	"                   may be repeated\n"
	"  --iterations N   races for each id (default 100)\n"
	"  --seconds S      or so long for each id\n"
	"  --seed N         of the random times, as an earlier run printed it\n"
	"  --size SIZE      of each region (default 2M)\n"
	"  --rdma DEVICE    register through this adapter (default: the first)\n" REPORT_HELP;

static const char traffic_help[] =
	"Usage: daxpin guest [OPTIONS] traffic [OPTIONS]\n"
	"       daxpin traffic [OPTIONS] [DEVICE]                    on this machine alone\n"
	"       daxpin traffic --listen ADDRESS[:PORT] [OPTIONS] [DEVICE]    on one machine,\n"
	"       daxpin traffic --connect ADDRESS[:PORT] [OPTIONS] [DEVICE]   on another\n"
	"\n"
	"Moves data by RDMA into and out of each kind of mapping, reads it back by a route\n"
	"that shares nothing with the mapping, and tries what must be refused: keys that\n"
	"are wrong, stale or lack the right, addresses outside the region.\n"
	"\n"
	"  --only GLOB      only these: an id (traffic/devdax-*/write) or a mapping; may be\n"
	"                   repeated\n"
	"  --size SIZE      of each region (default 4M)\n"
	"  --at ADDRESS     of an RDMA device of this machine (default: the first one's)\n"
	"  --listen ADDRESS wait there for the other end, which says what is done; both\n"
	"                   report\n"
	"  --connect ADDRESS  where the other end listens\n"
	"  --seconds S      wait so long for the other end (default: 600 to listen, 0 to\n"
	"                   connect)\n"
	"  --destroy-data   yes, the device-dax that is named may be written to; without it\n"
	"                   the mappings of device-dax are left alone, not in the guest\n"
	"  --dir DIR        where temporary files may be made, besides the mount points of\n"
	"                   ext4 and xfs; may be repeated; not for the guest\n"
	"  --seed N         of the patterns (default 1)\n"
	"  --reference      have ib_write_bw of perftest do the same to each mapping that it\n"
	"                   can take, and hold its bandwidth, and whether it could register the\n"
	"                   mapping, beside what daxpin saw\n" REPORT_HELP;

/* What each command takes, by letter. */
static const struct {
	const char *help, *letters;
} questions[] = {
	[CLI_CHECK] = { check_help, "ysrpftdcobB" },
	[CLI_TEARDOWN] = { teardown_help, "ysrftDcobB" },
	[CLI_RACE] = { race_help, "ysrftiSecobB" },
	[CLI_TRAFFIC] = { traffic_help, "ysftedDLCASRcobB" },
	[CLI_RUN] = { run_help, "ysrpftcobB" },
};

int cli_options(int argc, char **argv, const struct option *known, const char *brief,
		const char *help, int (*take)(int letter, void *arg, struct dp_error *err),
		void *arg, struct dp_error *err)
{
	char letters[16];
	int letter, rc = 0;

	snprintf(letters, sizeof(letters), "%sh", brief);
	optind = 0;
	opterr = 0;
	while (!rc && (letter = getopt_long(argc, argv, letters, known, NULL)) != -1) {
		if (letter == 'h')
			return fputs(help, stdout) < 0 ? -EIO : 1;
		if (letter == '?') {
			dp_bad_input(err, "unknown option \"%s\", or one that lacks its value",
				     argv[optind - 1]);
			return dp_hint(err, "daxpin %s --help lists the options", argv[0]);
		}
		rc = take(letter, arg, err);
	}
	return rc;
}

int cli_parse_json(const char *name, bool *json, struct dp_error *err)
{
	*json = !strcmp(name, "json");
	return *json || !strcmp(name, "text")
		       ? 0
		       : dp_bad_input(err, "unknown format \"%s\": text or json", name);
}

int cli_parse_seconds(const char *text, const char *option, uint64_t *ms, struct dp_error *err)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || n <= 0 || n > 86400)
		return dp_bad_input(err, "--%s wants seconds from 1 to 86400, not \"%s\"", option,
				    text);
	*ms = (uint64_t)n * 1000;
	return 0;
}

static int add(const char **list, size_t *count, const char *value, struct dp_error *err)
{
	if (*count == CLI_MAX_LIST)
		return dp_bad_input(err, "an option is repeated more than %d times", CLI_MAX_LIST);
	list[(*count)++] = value;
	return 0;
}

static int parse_size(const char *text, uint64_t *size, struct dp_error *err)
{
	int rc = dp_parse_size(text, size);

	if (rc)
		return dp_bad_input(err, "--size wants a size such as 4096, 64K or 2M, not \"%s\"",
				    text);
	return 0;
}

static int parse_number(const char *text, const char *option, uint64_t *number,
			struct dp_error *err)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || *number > INT64_MAX)
		return dp_bad_input(err, "--%s wants a whole number, not \"%s\"", option, text);
	return 0;
}

static int parse_iterations(const char *text, uint64_t *iterations, struct dp_error *err)
{
	int rc = parse_number(text, "iterations", iterations, err);

	return rc || *iterations ? rc : dp_bad_input(err, "no race at all (--iterations 0)");
}

static int take(int letter, void *arg, struct dp_error *err)
{
	struct cli_check_options *o = arg;

	switch (letter) {
	case 'i':
		return parse_iterations(optarg, &o->iterations, err);
	case 'S':
		return cli_parse_seconds(optarg, "seconds", &o->duration_ms, err);
	case 'e':
		o->seeded = true;
		return parse_number(optarg, "seed", &o->seed, err);
	case 'c':
		o->outputs.how.changes = true;
		return 0;
	case 'D':
		o->destroy = true;
		return 0;
	case 'L':
		o->listen = optarg;
		return 0;
	case 'C':
		o->connect = optarg;
		return 0;
	case 'A':
		o->at = optarg;
		return 0;
	case 'R':
		o->reference = true;
		return 0;
	case 'y':
		return add(o->only, &o->nonly, optarg, err);
	case 'd':
		return add(o->dirs, &o->ndirs, optarg, err);
	case 's':
		return parse_size(optarg, &o->size, err);
	case 'r':
		o->rdma = optarg;
		return 0;
	case 'p':
		o->policy = optarg;
		return 0;
	case 'f':
		return cli_outputs_format(&o->outputs, optarg, err);
	case 'o':
		return cli_outputs_add(&o->outputs, optarg, err);
	case 'b':
		o->baseline = optarg;
		return 0;
	case 'B':
		o->bisect = true;
		return 0;
	default:
		o->outputs.how.timing = true;
		return 0;
	}
}

/* Those of a command, out of all. */
static void select_options(const char *letters, const struct option *all, struct option *some)
{
	for (; all->name; all++)
		if (all->val == 'h' || strchr(letters, all->val))
			*some++ = *all;
	*some = (struct option){ 0 };
}

int cli_check_parse(int argc, char **argv, enum cli_question question, bool host,
		    struct cli_check_options *options, struct dp_error *err)
{
	static const struct option all[] = {
		{ "only", required_argument, NULL, 'y' },
		{ "size", required_argument, NULL, 's' },
		{ "rdma", required_argument, NULL, 'r' },
		{ "policy", required_argument, NULL, 'p' },
		{ "format", required_argument, NULL, 'f' },
		{ "timing", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ "dir", required_argument, NULL, 'd' },
		{ "iterations", required_argument, NULL, 'i' },
		{ "seconds", required_argument, NULL, 'S' },
		{ "seed", required_argument, NULL, 'e' },
		{ "destroy-data", no_argument, NULL, 'D' },
		{ "listen", required_argument, NULL, 'L' },
		{ "connect", required_argument, NULL, 'C' },
		{ "at", required_argument, NULL, 'A' },
		{ "reference", no_argument, NULL, 'R' },
		{ "changes", no_argument, NULL, 'c' },
		{ "output", required_argument, NULL, 'o' },
		{ "baseline", required_argument, NULL, 'b' },
		{ "bisect", no_argument, NULL, 'B' },
		{ 0 },
	};
	struct option known[DP_ARRAY_SIZE(all)];
	int rc;

	*options =
		(struct cli_check_options){ .question = question,
					    .size = question == CLI_TRAFFIC ? 4 << 20 : 2 << 20 };
	select_options(questions[question].letters, all, known);
	rc = cli_options(argc, argv, known, "o:", questions[question].help, take, options, err);
	if (rc)
		return rc;
	if ((options->ndirs || options->destroy) && !host)
		return dp_bad_input(err, "--%s is for the host: the guest has its own",
				    options->ndirs ? "dir" : "destroy-data");
	if ((options->listen || options->connect || options->at) && !host)
		return dp_bad_input(err,
				    "the guest has both ends: --listen, --connect and --at are "
				    "for the host");
	if (host && (question == CLI_TEARDOWN || question == CLI_TRAFFIC) && optind < argc)
		options->device = argv[optind++];
	if (optind < argc)
		return dp_bad_input(err, "unexpected \"%s\": select ids with --only", argv[optind]);
	return 0;
}

void cli_progress(const char *what, int percent)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (percent < 0)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r\033[K[%-20.*s] %3d%% %s", percent / 5, "####################",
			percent, what);
}
