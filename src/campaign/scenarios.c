// SPDX-License-Identifier: GPL-2.0-or-later
/* Teardowns, races and orders: each scenario has a guest of its own. */
#include <errno.h>
#include <stdlib.h>

#include "ask.h"

#include "daxpin/cleanup.h"
#include "daxpin/list.h"

static int begin(const struct campaign *c, enum dp_command_kind kind, const char *id,
		 struct dp_task *task, struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = kind,
		.scenario = { .id = dp_text_copy(id),
			      .size = c->ask->size,
			      .rdma = dp_text_copy(c->ask->rdma),
			      .pinner = c->pinner && kind == DP_COMMAND_TEARDOWN
						? dp_text_copy(c->pinner->name)
						: NULL,
			      .iterations = c->ask->iterations,
			      .duration_ms = c->ask->duration_ms,
			      .seed = c->ask->seed,
			      .witness = c->ask->course,
			      .biased = c->ask->biased },
	};
	int rc = dp_task_begin(c, &command, 1, task, err);

	if (!rc)
		dp_collect_add(dp_task_collect(task), id);
	task->at_once = true;
	return rc;
}

static int plan(const struct campaign *c, enum dp_command_kind kind, const char *id,
		struct dp_batch *batch, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < dp_rounds(c) && !rc; i++) {
		struct dp_task *task = dp_list_add(batch->tasks, batch->count);

		rc = task ? begin(c, kind, id, task, err) : -ENOMEM;
		if (!rc)
			dp_task_set_round(c, task, i);
	}
	return rc;
}

static int plan_scenarios(const struct campaign *c, const struct dp_scenarios *scenarios,
			  enum dp_command_kind kind, struct dp_batch *batch, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < scenarios->count && !rc; i++)
		rc = plan(c, kind, scenarios->list[i].id, batch, err);
	return rc;
}

int dp_plan_teardowns(const struct campaign *c, struct dp_batch *batch, struct dp_error *err)
{
	return plan_scenarios(c, &c->selection->teardowns, DP_COMMAND_TEARDOWN, batch, err);
}

int dp_plan_races(const struct campaign *c, struct dp_batch *batch, struct dp_error *err)
{
	return plan_scenarios(c, &c->selection->races, DP_COMMAND_RACE, batch, err);
}

int dp_plan_orders(const struct campaign *c, struct dp_batch *batch, struct dp_error *err)
{
	const struct dp_orders *orders = &c->selection->orders;
	int rc = 0;

	for (size_t i = 0; i < orders->count && !rc; i++)
		rc = plan(c, DP_COMMAND_ORDER, orders->list[i].id, batch, err);
	return rc;
}
