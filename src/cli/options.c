// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/check.h"
#include "daxpin/text.h"

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
	"                   ext4 and xfs; may be repeated; not for the guest\n"
	"  --format FORMAT  text or json\n"
	"  --timing         show how long the phases took\n";

int cli_options(int argc, char **argv, const struct option *known, const char *brief,
		const char *help, int (*take)(int letter, void *arg, struct dp_error *err),
		void *arg, struct dp_error *err)
{
	char letters[16];
	int letter, at = 1, rc = 0;

	/* "+": the words of another command may follow, with options of their own. */
	snprintf(letters, sizeof(letters), "+h%s", brief);
	optind = 0;
	opterr = 0;
	while (!rc && (letter = getopt_long(argc, argv, letters, known, NULL)) != -1) {
		if (letter == 'h')
			return fputs(help, stdout) < 0 ? -EIO : 1;
		if (letter == '?') {
			dp_bad_input(err, "unknown option \"%s\", or one that lacks its value",
				     argv[at]);
			return dp_hint(err, "daxpin %s --help lists the options", argv[0]);
		}
		rc = take(letter, arg, err);
		at = optind;
	}
	return rc;
}

int cli_parse_format(const char *name, const struct dp_format **format, struct dp_error *err)
{
	*format = dp_format_find(name);
	return *format ? 0 : dp_bad_input(err, "unknown format \"%s\": text or json", name);
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

static int take(int letter, void *arg, struct dp_error *err)
{
	struct cli_check_options *o = arg;

	switch (letter) {
	case 'o':
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
		return cli_parse_format(optarg, &o->format, err);
	default:
		o->timing = true;
		return 0;
	}
}

int cli_check_parse(int argc, char **argv, bool host, struct cli_check_options *options,
		    struct dp_error *err)
{
	static const struct option known[] = {
		{ "only", required_argument, NULL, 'o' },
		{ "size", required_argument, NULL, 's' },
		{ "rdma", required_argument, NULL, 'r' },
		{ "policy", required_argument, NULL, 'p' },
		{ "format", required_argument, NULL, 'f' },
		{ "timing", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ "dir", required_argument, NULL, 'd' },
		{ 0 },
	};
	int rc;

	*options = (struct cli_check_options){ .format = dp_format_find("text"), .size = 2 << 20 };
	rc = cli_options(argc, argv, known, "", check_help, take, options, err);
	if (rc)
		return rc;
	if (options->ndirs && !host)
		return dp_bad_input(err, "--dir is for the host: the guest has folders of its own");
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

int cli_report(const struct cli_check_options *options, const struct dp_run_record *run)
{
	const char *no_color = getenv("NO_COLOR");
	struct dp_report_options report = {
		.color = isatty(STDOUT_FILENO) && !(no_color && no_color[0]),
		.timing = options->timing,
	};

	if (options->format->write(stdout, run, 1, &report) || fflush(stdout)) {
		fprintf(stderr, "daxpin: the report could not be written; is the disk full?\n");
		return 3;
	}
	return dp_run_exit_code(run);
}
