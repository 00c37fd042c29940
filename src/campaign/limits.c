// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits: one guest is asked all of them, or this machine. */
#include <errno.h>
#include <stdlib.h>

#include "ask.h"
#include "host.h"

#include "daxpin/cleanup.h"
#include "daxpin/list.h"
#include "daxpin/observe.h"

static int begin(const struct campaign *c, struct dp_task *task, struct dp_error *err)
{
	const struct dp_limits *limits = &c->selection->limits;
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = DP_COMMAND_LIMITS,
		.limit = { .rdma = dp_text_copy(c->ask->rdma) },
	};
	int rc = 0;

	for (size_t i = 0; i < limits->count && !rc; i++)
		rc = dp_words_add(&command.limit.only, limits->list[i].id);
	if (!rc)
		rc = dp_task_begin(c, &command, limits->count, task, err);
	for (size_t i = 0; i < limits->count && !rc; i++)
		dp_collect_add(dp_task_collect(task), limits->list[i].id);
	return rc;
}

int dp_plan_limits(const struct campaign *c, struct dp_batch *batch, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; c->selection->limits.count && i < dp_rounds(c) && !rc; i++) {
		struct dp_task *task = dp_list_add(batch->tasks, batch->count);

		rc = task ? begin(c, task, err) : -ENOMEM;
		if (!rc)
			dp_task_set_round(c, task, i);
	}
	return rc;
}

/* ---- this machine ------------------------------------------------------------------------ */

struct executor {
	const struct dp_limits *limits;
	const char *rdma;
};

static void carry_out(int fd, void *arg)
{
	const struct executor *e = arg;
	struct dp_error failure = { 0 };

	if (dp_limits_run(e->limits, e->rdma, fd, &failure))
		dp_emit_failure(fd, &failure);
	else
		dp_emit_text(fd, "done", NULL, NULL);
}

static int limit_once(const struct host_job *job, const struct dp_ask *ask,
		      struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_limits *limits = job->questions;
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	struct executor executor = { limits, ask->rdma };
	int rc = dp_host_rdma(ask->rdma, err);

	if (!rc)
		rc = dp_collect_init(&collect, limits->count);
	for (size_t i = 0; i < limits->count && !rc; i++)
		dp_collect_add(&collect, limits->list[i].id);
	return rc ? rc : dp_host_answer(ask, carry_out, &executor, true, &collect, run, err);
}

int dp_host_limit(const struct dp_limits *limits, const struct dp_ask *ask,
		  struct dp_run_record *run, struct dp_error *err)
{
	return dp_host_rounds(limit_once, &(struct host_job){ .questions = limits }, ask, run, err);
}
