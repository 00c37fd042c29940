// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/campaign.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"

static int run(struct cli_call *call)
{
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	dp_cleanup(dp_run_clear) struct dp_run_record record = { 0 };
	struct cli_check_options options = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &options, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc)
		rc = cli_operands_end(call, 0, &err);
	if (!rc)
		rc = dp_plan_make(options.only, options.nonly, &plan, &err);
	if (!rc)
		rc = cli_witness_one(&options, &plan, &err);
	if (!rc)
		rc = dp_policy_load(options.policy, &policy, &err);
	if (!rc) {
		const struct dp_ask ask = cli_ask(&options, &policy);
		const struct dp_host host = cli_host(&options, NULL);

		rc = dp_host_check(&host, &plan, &ask, &record, &err);
	}
	if (!rc && geteuid())
		fprintf(stderr,
			"daxpin: not root: the owner and the page size of mappings cannot be "
			"read, and pin counters cannot be refreshed; run as root for full proof\n");
	return cli_conclude(&options, &record, rc, &err);
}

/* Thousands of lines for each case: nobody reads those of several. */
int cli_witness_one(const struct cli_check_options *options, const struct dp_plan *plan,
		    struct dp_error *err)
{
	if (options->witness <= DP_WITNESS_EVIDENCE || plan->count == 1)
		return 0;
	dp_bad_input(err, "--witness=%s prints one case, and %zu are selected%s%s",
		     dp_witness_level_name(options->witness), plan->count,
		     plan->count ? ", the first of them " : "",
		     plan->count ? plan->list[0].id : "");
	return dp_hint(err, "name one with --only, such as check/devdax-2M/remote-write");
}

const struct cli_command cli_check = {
	.name = "check",
	.brief = "check which mappings the kernel lets be pinned",
	.usage = CLI_USAGE("check [OPTIONS]", "guest [GUEST-OPTIONS] check [OPTIONS]"),
	.about = "Registers a memory region over each kind of mapping with each access mode. "
		 "Reports whether the kernel allowed or rejected the long-term pin, and whether "
		 "the policy expects that.\n\n"
		 "On the host, no byte of a device or of an existing file is changed. Run it as "
		 "root: only root can read the owner and the size of pages.",
	.groups = CLI_GROUPS(
		{ .options = cli_case_options }, { .options = cli_witness_options },
		{ .options = cli_region_options }, { .options = cli_policy_options },
		{ .options = cli_folder_options, .host_only = "the guest has folders of its own" },
		{ .options = cli_report_options, .title = "Reports" }),
	.run = run,
};
