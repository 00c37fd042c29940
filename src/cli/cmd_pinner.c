// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/campaign.h"
#include "daxpin/cleanup.h"
#include "daxpin/pinner.h"

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
		rc = dp_pinner_plan(&(struct dp_pinner_globs){ options.only, options.nonly,
							       options.pinners, options.npinners },
				    &plan, &err);
	if (!rc)
		rc = cli_witness_one(&options, &plan, &err);
	if (!rc)
		rc = dp_policy_load(options.policy, &policy, &err);
	if (!rc) {
		const struct dp_ask ask = cli_ask(&options, &policy);
		const struct dp_host host = cli_host(&options, NULL);

		rc = dp_host_pinner(&host, &plan, &ask, &record, &err);
	}
	if (!rc && geteuid())
		fprintf(stderr, "daxpin: not root: see daxpin check\n");
	return cli_conclude(&options, &record, rc, &err);
}

#define CLI_OPTIONS struct cli_check_options

static const struct cli_option size_options[] = {
	OPT_SIZE("size", 0, "SIZE", size, "Size of each region.", .initial = "2M"),
	CLI_END,
};

const struct cli_command cli_pinner = {
	.name = "pinner",
	.brief = "check what others than the adapter may pin",
	.usage = CLI_USAGE("pinner [OPTIONS]", "guest [GUEST-OPTIONS] pinner [OPTIONS]"),
	.about =
		"Has others pin each kind of mapping than the RDMA adapter: registered buffers of "
		"io_uring, the memory of AF_XDP sockets, and whoever else is there; if it is named, what "
		"vfio gives to a device. Where all get the same, "
		"the answer is that of get_user_pages(); where one stands out, it is that "
		"one's. See docs/pinners.md.\n\n"
		"On the host, no byte of a device or of an existing file is changed. Run it as "
		"root: only root can read the owner and the size of pages.",
	.groups = CLI_GROUPS(
		{ .options = cli_case_options }, { .options = cli_pinner_options },
		{ .options = cli_witness_options }, { .options = size_options },
		{ .options = cli_policy_options },
		{ .options = cli_folder_options, .host_only = "the guest has folders of its own" },
		{ .options = cli_report_options, .title = "Reports" }),
	.run = run,
};
