// SPDX-License-Identifier: GPL-2.0-or-later
#include "host.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"
#include "daxpin/witness.h"

/* One registration takes microseconds; a gigabyte through a slow path, seconds. */
#define CELL_LIMIT_MS 60000

struct executor {
	const struct dp_plan *plan;
	const struct dp_check_options *options;
};

static void carry_out(int fd, void *arg)
{
	const struct executor *e = arg;
	struct dp_error failure = { 0 };

	if (dp_check_run(e->plan, e->options, fd, &failure))
		dp_emit_failure(fd, &failure);
	else
		dp_emit_text(fd, "done", NULL, NULL);
}

static int check_once(const struct host_job *job, const struct dp_ask *ask,
		      struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_plan *plan = job->questions;
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_cleanup(dp_dirs_clear) struct dp_dirs dirs = { 0 };
	struct dp_check_options options = { .env = { .size = ask->size },
					    .rdma = ask->rdma,
					    .cell_limit_ms = CELL_LIMIT_MS,
					    .witness = ask->witness };
	struct executor executor = { plan, &options };
	int rc = dp_size_check(ask->size, dp_host_memory(), err);

	if (!rc && !job->pinners)
		rc = dp_host_rdma(ask->rdma, err);
	if (!rc)
		rc = dp_dirs_read(job->host, &dirs);
	if (!rc)
		rc = dp_collect_plan(&collect, plan);
	options.env.dirs = dirs.list;
	options.env.ndirs = dirs.count;
	if (!rc)
		rc = dp_host_answer(ask, carry_out, &executor, false, &collect, run, err);
	/* The process that has armed it may have been killed. */
	if (ask->witness)
		dp_witness_disarm();
	if (ask->witness == DP_WITNESS_GRAPH)
		dp_graph_disarm();
	return rc;
}

int dp_host_check(const struct dp_host *host, const struct dp_plan *plan, const struct dp_ask *ask,
		  struct dp_run_record *run, struct dp_error *err)
{
	return dp_host_rounds(check_once, &(struct host_job){ .host = host, .questions = plan },
			      ask, run, err);
}

int dp_host_pinner(const struct dp_host *host, const struct dp_plan *plan, const struct dp_ask *ask,
		   struct dp_run_record *run, struct dp_error *err)
{
	const struct host_job job = { .host = host, .questions = plan, .pinners = true };

	return dp_host_rounds(check_once, &job, ask, run, err);
}
