// SPDX-License-Identifier: GPL-2.0-or-later
/* Teardowns and races: each scenario has a guest of its own. */
#include <errno.h>
#include <stdlib.h>

#include "ask.h"

#include "daxpin/cleanup.h"

static int begin(const struct campaign *c, bool race, const char *id, struct dp_task *task,
		 struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = race ? DP_COMMAND_RACE : DP_COMMAND_TEARDOWN,
		.scenario = { .id = dp_text_copy(id),
			      .size = c->ask->size,
			      .rdma = dp_text_copy(c->ask->rdma),
			      .iterations = c->ask->iterations,
			      .duration_ms = c->ask->duration_ms,
			      .seed = c->ask->seed,
			      .witness = c->ask->witness },
	};
	int rc = dp_task_begin(c, &command, 1, task, err);

	if (!rc)
		dp_collect_add(dp_task_collect(task), id);
	return rc;
}

static int ask(const struct campaign *c, const struct dp_scenarios *scenarios, bool race,
	       struct dp_run_record *run, struct dp_error *err)
{
	size_t rounds = dp_rounds(c), ntasks = scenarios->count * rounds;
	struct dp_task *tasks = calloc(ntasks, sizeof(*tasks));
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0; i < ntasks && !rc; i++) {
		rc = begin(c, race, scenarios->list[i / rounds].id, &tasks[i], err);
		if (!rc)
			dp_task_set_round(c, &tasks[i], i % rounds);
	}
	if (!rc)
		rc = dp_tasks_run(c, tasks, ntasks, false, run, err);
	dp_tasks_free(tasks, ntasks);
	return rc;
}

int dp_ask_teardowns(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	return ask(c, &c->selection->teardowns, false, run, err);
}

int dp_ask_races(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	return ask(c, &c->selection->races, true, run, err);
}
