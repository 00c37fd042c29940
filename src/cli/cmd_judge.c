// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "cli.h"

#include "daxpin/cleanup.h"
#include "daxpin/confine.h"
#include "daxpin/results.h"

static int judge(const char *path, struct cli_check_options *o, struct dp_error *err)
{
	dp_cleanup(dp_results_clear) struct dp_results results = { 0 };
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	int rc = dp_policy_load(o->policy, &policy, err);

	if (!rc)
		rc = dp_results_load(path, &results, err);
	if (!rc)
		rc = cli_report_open(o, err);
	if (rc)
		return rc;
	dp_results_judge(&results, &policy);
	for (size_t i = 0; i < results.count; i++)
		for (size_t k = 0; k < results.runs[i].count; k++)
			cli_report_tell(o, &results.runs[i], &results.runs[i].results[k]);
	return cli_report(o, results.runs, results.count, err);
}

static int run(struct cli_call *call)
{
	struct cli_check_options options = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &options, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc && !call->count)
		rc = dp_bad_input(&err, "judge wants a file of results; see daxpin judge --help");
	if (!rc)
		rc = cli_operands_end(call, 1, &err);
	/* Where it cannot be confined it is read as well. */
	dp_confine();
	if (!rc)
		rc = judge(call->words[0], &options, &err);
	cli_report_close(&options);
	return cli_exit_code(rc, options.bisect, &err);
}

const struct cli_command cli_judge = {
	.name = "judge",
	.brief = "judge stored results again",
	.usage = CLI_USAGE("judge RESULTS [OPTIONS]"),
	.about = "Judges stored observations again: by another policy, with another version of "
		 "daxpin, or to write another report. RESULTS is a file that --format json or "
		 "--format jsonl has written.",
	.groups = CLI_GROUPS({ .options = cli_policy_options },
			     { .options = cli_report_options, .title = "Reports" }),
	.operand = CLI_FILES,
	.run = run,
};
