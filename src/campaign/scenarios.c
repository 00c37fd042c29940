// SPDX-License-Identifier: GPL-2.0-or-later
/* Teardowns, races and orders: each scenario has a guest of its own. */
#include <errno.h>
#include <stdlib.h>

#include "ask.h"

#include "daxpin/cleanup.h"

static int begin(const struct campaign *c, enum dp_command_kind kind, const char *id,
		 struct dp_task *task, struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = kind,
		.scenario = { .id = dp_text_copy(id),
			      .size = c->ask->size,
			      .rdma = dp_text_copy(c->ask->rdma),
			      .iterations = c->ask->iterations,
			      .duration_ms = c->ask->duration_ms,
			      .seed = c->ask->seed,
			      .witness = c->ask->course,
			      .biased = c->ask->biased },
	};
	int rc = dp_task_begin(c, &command, 1, task, err);

	if (!rc)
		dp_collect_add(dp_task_collect(task), id);
	return rc;
}

/* @ids: of all, in their order */
static int ask(const struct campaign *c, enum dp_command_kind kind, const char *const *ids,
	       size_t count, struct dp_run_record *run, struct dp_error *err)
{
	size_t rounds = dp_rounds(c), ntasks = count * rounds;
	struct dp_task *tasks = calloc(ntasks, sizeof(*tasks));
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0; i < ntasks && !rc; i++) {
		rc = begin(c, kind, ids[i / rounds], &tasks[i], err);
		if (!rc)
			dp_task_set_round(c, &tasks[i], i % rounds);
	}
	if (!rc)
		rc = dp_tasks_run(c, tasks, ntasks, false, run, err);
	dp_tasks_free(tasks, ntasks);
	return rc;
}

static int ask_scenarios(const struct campaign *c, const struct dp_scenarios *scenarios,
			 enum dp_command_kind kind, struct dp_run_record *run, struct dp_error *err)
{
	dp_autofree const char **ids = calloc(scenarios->count + 1, sizeof(*ids));

	if (!ids)
		return -ENOMEM;
	for (size_t i = 0; i < scenarios->count; i++)
		ids[i] = scenarios->list[i].id;
	return ask(c, kind, ids, scenarios->count, run, err);
}

int dp_ask_teardowns(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	return ask_scenarios(c, &c->selection->teardowns, DP_COMMAND_TEARDOWN, run, err);
}

int dp_ask_races(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	return ask_scenarios(c, &c->selection->races, DP_COMMAND_RACE, run, err);
}

int dp_ask_orders(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_orders *orders = &c->selection->orders;
	dp_autofree const char **ids = calloc(orders->count + 1, sizeof(*ids));

	if (!ids)
		return -ENOMEM;
	for (size_t i = 0; i < orders->count; i++)
		ids[i] = orders->list[i].id;
	return ask(c, DP_COMMAND_ORDER, ids, orders->count, run, err);
}
