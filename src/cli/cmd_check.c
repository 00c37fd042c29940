// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/campaign.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/collect.h"
#include "daxpin/observe.h"

/* One registration takes microseconds; a gigabyte through a slow path, seconds. */
#define CELL_LIMIT_MS 60000

struct executor {
	const struct dp_plan *plan;
	const struct dp_check_options *options;
};

static void ask(int fd, void *arg)
{
	const struct executor *e = arg;
	struct dp_error failure = { 0 };

	if (!dp_check_run(e->plan, e->options, fd, &failure))
		dp_emit_text(fd, "done", NULL, NULL);
}

static int check_host(const struct cli_check_options *options, const struct dp_plan *plan,
		      struct dp_collect *collect, struct dp_error *err)
{
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	dp_cleanup(dp_dirs_clear) struct dp_dirs dirs = { 0 };
	struct dp_check_options check = { .env = { .size = options->size },
					  .rdma = options->rdma,
					  .cell_limit_ms = CELL_LIMIT_MS };
	struct dp_host_end end;
	struct dp_sink sink;
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	int rc = dp_size_check(options->size, memory, err);

	if (!rc)
		rc = dp_policy_load(options->policy, &policy, err);
	if (!rc)
		rc = dp_host_rdma(options->rdma, err);
	if (rc)
		return rc;
	rc = dp_dirs_read(options->dirs, options->ndirs, &dirs);
	if (rc)
		return rc;
	check.env.dirs = dirs.list;
	check.env.ndirs = dirs.count;
	dp_host_describe(&collect->run);
	dp_collect_listen(collect, &policy, cli_outputs_tell, (void *)&options->outputs);
	sink = dp_collect_sink(collect);
	rc = dp_host_run(ask, &(struct executor){ plan, &check }, false, &sink, cli_progress, &end,
			 err);
	if (!rc && !end.done)
		snprintf(collect->run.ending, sizeof(collect->run.ending),
			 "the process that asked was lost");
	return rc ? rc : dp_collect_finish(collect, &policy);
}

static int run(struct cli_call *call)
{
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
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
		rc = dp_collect_plan(&collect, &plan);
	if (!rc)
		rc = cli_report_open(&options, &err);
	if (!rc)
		rc = check_host(&options, &plan, &collect, &err);
	if (!rc && geteuid())
		fprintf(stderr,
			"daxpin: not root: the owner and the page size of mappings cannot be "
			"read, and pin counters cannot be refreshed; run as root for full proof\n");
	if (!rc)
		rc = cli_report(&options, &collect.run, 1, &err);
	cli_report_close(&options);
	return cli_exit_code(rc, options.bisect, &err);
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
		{ .options = cli_case_options }, { .options = cli_region_options },
		{ .options = cli_policy_options },
		{ .options = cli_folder_options, .host_only = "the guest has folders of its own" },
		{ .options = cli_report_options, .title = "Reports" }),
	.run = run,
};
