// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli.h"

#include "daxpin/campaign.h"
#include "daxpin/cleanup.h"
#include "daxpin/teardown.h"

static int check_words(const struct cli_check_options *o, const char *device, struct dp_error *err)
{
	if (!device) {
		dp_bad_input(err, "teardown on this machine needs the name of a device%s",
			     o->destroy ? " in addition to --destroy-data" : "");
		return dp_hint(
			err,
			"\"daxpin list\" shows the devices; \"daxpin guest teardown\" needs none");
	}
	if (!o->destroy) {
		dp_bad_input(err, "all data on %.100s would be lost", device);
		return dp_hint(err, "allow that with --destroy-data");
	}
	return 0;
}

#define CLI_OPTIONS struct cli_check_options

static const struct cli_option host_options[] = {
	OPT_FLAG("destroy-data", 0, destroy,
		 "Allow the device to be taken away, and all data on it to be lost. Required."),
	CLI_END,
};

static const struct cli_option witness_options[] = {
	OPT_CALLBACK(
		"witness", 0, "WHAT", witness, cli_take_witness,
		"Look at what the kernel does inside from the event on (kprobe events in a tracefs "
		"instance, as root): which function waits for how long, and what ends that.",
		.choices = "evidence", .bare = "evidence"),
	CLI_END,
};

static const struct cli_option pinner_options[] = {
	OPT_LIST(
		"pinner", 0, "NAME", pinners, npinners,
		"Have this one pin the memory, in place of the adapter: a name or a shell pattern, "
		"see docs/pinners.md. In the guest it may be repeated: a run for each, side by side.",
		.source = CLI_PINNERS),
	CLI_END,
};

/* At most one of them, for this machine. */
static int choose_pinner(const struct cli_check_options *o, const struct dp_pinner **pinner,
			 struct dp_error *err)
{
	const struct dp_pinner *list[CLI_MAX_LIST];
	size_t count;
	int rc = cli_pinners(o, list, &count, err);

	*pinner = !rc && count ? list[0] : NULL;
	return rc || count <= 1 ? rc : dp_bad_input(err, "only one --pinner can be used here");
}

static int run(struct cli_call *call)
{
	const char *device = NULL;
	dp_cleanup(dp_scenarios_clear) struct dp_scenarios scenarios = { 0 };
	dp_cleanup(dp_run_clear) struct dp_run_record record = { 0 };
	struct cli_check_options options = { 0 };
	const struct dp_pinner *pinner = NULL;
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &options, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	device = call->count ? call->words[0] : NULL;
	if (!rc)
		rc = cli_operands_end(call, 1, &err);
	if (!rc)
		rc = check_words(&options, device, &err);
	if (!rc)
		rc = dp_scenarios_make(options.only, options.nonly, false, &scenarios, &err);
	if (!rc)
		rc = choose_pinner(&options, &pinner, &err);
	if (!rc) {
		struct dp_ask ask = cli_ask(&options, NULL);
		const struct dp_host host = cli_host(&options, device);

		ask.pinner = pinner;
		rc = dp_host_teardown(&host, &scenarios, &ask, &record, &err);
	}
	return cli_conclude(&options, &record, rc, &err);
}

const struct cli_command cli_teardown = {
	.name = "teardown",
	.brief = "take devices away under registered memory",
	.usage = CLI_USAGE("teardown DEVICE --destroy-data [OPTIONS]",
			   "guest [GUEST-OPTIONS] teardown [OPTIONS]"),
	.about = "Takes a device away while memory regions over it are registered. Reports what "
		 "the kernel did, step by step, and which clauses of the contract it broke.\n\n"
		 "In the guest, each scenario has a machine of its own. On the host, only the "
		 "device that is named is touched: device-dax (dax0.0), or a disk that can do DAX "
		 "(pmem0). All data on it is lost, and a kernel that breaks the contract may go "
		 "down.",
	.groups = CLI_GROUPS(
		{ .options = cli_case_options }, { .options = pinner_options },
		{ .options = witness_options }, { .options = cli_region_options },
		{ .options = host_options, .host_only = "the guest has devices of its own" },
		{ .options = cli_report_options, .title = "Reports" }),
	.operand = CLI_DEVICES,
	.run = run,
};
