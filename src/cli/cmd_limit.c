// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli.h"

#include "daxpin/campaign.h"
#include "daxpin/cleanup.h"
#include "daxpin/limit.h"

#define CLI_OPTIONS struct cli_check_options

static const struct cli_option adapter_options[] = {
	OPT_STRING("rdma", 0, "DEVICE", rdma,
		   "Register through this RDMA device. Default: the first one.",
		   .source = CLI_ADAPTERS),
	CLI_END,
};

static int run(struct cli_call *call)
{
	dp_cleanup(dp_limits_clear) struct dp_limits limits = { 0 };
	dp_cleanup(dp_run_clear) struct dp_run_record record = { 0 };
	struct cli_check_options options = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &options, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc)
		rc = cli_operands_end(call, 0, &err);
	if (!rc)
		rc = dp_limits_make(options.only, options.nonly, &limits, &err);
	if (!rc) {
		const struct dp_ask ask = cli_ask(&options, NULL);

		rc = dp_host_limit(&limits, &ask, &record, &err);
	}
	return cli_conclude(&options, &record, rc, &err);
}

const struct cli_command cli_limit = {
	.name = "limit",
	.brief = "check that the kernel holds registrations to RLIMIT_MEMLOCK",
	.usage = CLI_USAGE("limit [OPTIONS]", "guest [GUEST-OPTIONS] limit [OPTIONS]"),
	.about =
		"Registers memory in processes that may lock 16 pages: less, as much, and more than "
		"that, in several regions and threads, with CAP_IPC_LOCK, and after a "
		"deregistration, a death and a fork. What is above the limit must be refused with "
		"ENOMEM, and everything else must succeed.",
	.groups = CLI_GROUPS({ .options = cli_case_options }, { .options = adapter_options },
			     { .options = cli_report_options, .title = "Reports" }),
	.run = run,
};
