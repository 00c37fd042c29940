// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "cli.h"

#include "daxpin/bench.h"
#include "daxpin/campaign.h"
#include "daxpin/cleanup.h"

#define CLI_OPTIONS struct cli_check_options

static int take_tolerance(void *field, const char *text, struct dp_error *err)
{
	double *tolerance = field;
	char *end;
	double percent = strtod(text, &end);

	if (end == text || *end || !(percent >= 0 && percent <= 1000))
		return dp_bad_input(err, "--tolerance is a number of percent, such as 0.5");
	*tolerance = percent / 100;
	return 0;
}

static const struct cli_option bench_options[] = {
	OPT_STRING("rdma", 0, "DEVICE", rdma,
		   "Register through this RDMA device. Default: the first one.",
		   .source = CLI_ADAPTERS),
	OPT_CALLBACK("tolerance", 0, "PERCENT", tolerance, take_tolerance,
		     "With --baseline, fail if the fixed part of a cost, or the part per page, is "
		     "more than this above that of the baseline.",
		     .initial = "1"),
	CLI_END,
};

static const struct cli_option clock_options[] = {
	OPT_NUMBER("rounds", 0, "N", rounds, 3, DP_BENCH_MAX_ROUNDS,
		   "Take N rounds of each case. Default: up to 50, or fewer that take 4 seconds "
		   "(at least 15, or 5 of large regions)."),
	OPT_NUMBER("threads", 0, "N", threads, 1, DP_BENCH_MAX_THREADS,
		   "Have N threads register a region each at the same time as well.",
		   .initial = "1"),
	CLI_END,
};

static int run(struct cli_call *call)
{
	dp_cleanup(dp_benches_clear) struct dp_benches benches = { 0 };
	dp_cleanup(dp_run_clear) struct dp_run_record record = { 0 };
	struct cli_check_options options = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &options, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc)
		rc = cli_operands_end(call, 0, &err);
	if (!rc)
		rc = dp_benches_make(options.only, options.nonly, &benches, &err);
	if (!rc) {
		const struct dp_ask ask = cli_ask(&options, NULL);
		const struct dp_host host = cli_host(&options, NULL);

		rc = dp_host_bench(&host, &benches, &ask, &record, &err);
	}
	return cli_conclude(&options, &record, rc, &err);
}

const struct cli_command cli_bench = {
	.name = "bench",
	.brief = "measure what a registration costs",
	.usage = CLI_USAGE("bench [OPTIONS]", "guest [GUEST-OPTIONS] bench [OPTIONS]"),
	.about =
		"Measures what it costs to touch memory for the first time, to register it, and to "
		"deregister it, for regions of several sizes. In the guest QEMU counts "
		"instructions (TCG, one processor): the figures are exact. On the host it is time, "
		"by rounds in which the cases take turns, beside a loop of bare verbs calls; and "
		"no byte of a device or of an existing file is changed. See docs/bench.md.",
	.groups = CLI_GROUPS(
		{ .options = cli_case_options }, { .options = bench_options },
		{ .options = clock_options, .host_only = "in the guest instructions are counted" },
		{ .options = cli_folder_options, .host_only = "the guest has folders of its own" },
		{ .options = cli_report_options, .title = "Reports" }),
	.run = run,
};
