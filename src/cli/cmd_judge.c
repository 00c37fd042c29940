// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "cli.h"

#include "daxpin/cleanup.h"
#include "daxpin/results.h"

static const char help[] =
	"Usage: daxpin judge RESULTS [OPTIONS]\n"
	"\n"
	"Makes verdicts anew from what was observed and stored (--format json or jsonl):\n"
	"with another policy, another version of daxpin, or to write another report.\n"
	"\n"
	"  --policy FILE    expectations of your own (see daxpin-policy(5))\n"
	"  --baseline FILE  results (JSON) whose failures are known: they fail nothing, as\n"
	"                   long as they stay of the same kind\n"
	"  --changes        of several kernels only what differs between them\n"
	"  --format FORMAT  text, json, jsonl, tap, junit or html\n"
	"  -o FORMAT=FILE   write this report, too; may be repeated\n";

static int take(int letter, void *arg, struct dp_error *err)
{
	struct cli_check_options *o = arg;

	switch (letter) {
	case 'p':
		o->policy = optarg;
		return 0;
	case 'b':
		o->baseline = optarg;
		return 0;
	case 'c':
		o->outputs.how.changes = true;
		return 0;
	case 'o':
		return cli_outputs_add(&o->outputs, optarg, err);
	default:
		return cli_outputs_format(&o->outputs, optarg, err);
	}
}

static int judge(const char *path, struct cli_check_options *o, struct dp_error *err)
{
	dp_cleanup(dp_results_clear) struct dp_results results = { 0 };
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	int rc = dp_policy_load(o->policy, &policy, err);

	if (!rc)
		rc = dp_results_load(path, &results, err);
	if (!rc)
		rc = cli_outputs_open(&o->outputs, err);
	if (rc)
		return rc;
	dp_results_judge(&results, &policy);
	for (size_t i = 0; i < results.count; i++)
		for (size_t k = 0; k < results.runs[i].count; k++)
			cli_outputs_tell(&o->outputs, &results.runs[i],
					 &results.runs[i].results[k]);
	return cli_report(o, results.runs, results.count, err);
}

int cli_judge(int argc, char **argv)
{
	static const struct option known[] = { { "policy", required_argument, NULL, 'p' },
					       { "baseline", required_argument, NULL, 'b' },
					       { "changes", no_argument, NULL, 'c' },
					       { "format", required_argument, NULL, 'f' },
					       { "output", required_argument, NULL, 'o' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	struct cli_check_options options = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_options(argc, argv, known, "o:", help, take, &options, &err);

	if (rc == 1)
		return 0;
	if (!rc && argc - optind != 1)
		rc = dp_bad_input(&err, "judge wants one file of results");
	if (!rc)
		rc = judge(argv[optind], &options, &err);
	cli_outputs_close(&options.outputs);
	return rc < 0 ? dp_error_print(&err) : rc;
}
