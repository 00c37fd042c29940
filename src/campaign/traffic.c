// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#include "daxpin/cleanup.h"
#include "daxpin/list.h"

/*
 * One guest asks about each mapping, so that what a kernel does to one leaves the others alone; and
 * each event has its own.
 */
static size_t cases_of_mapping(const struct dp_cases *cases, size_t from)
{
	const struct dp_case *first = &cases->list[from];
	size_t to = from + 1;

	while (to < cases->count && !first->event && !cases->list[to].event &&
	       !dp_is_kept(&cases->list[to]) && cases->list[to].mapping == first->mapping)
		to++;
	return to - from;
}

static int make_command(const struct campaign *c, const struct dp_case *list, size_t count,
			struct dp_command *command)
{
	int rc = 0;

	*command = (struct dp_command){
		.kind = DP_COMMAND_TRAFFIC,
		.traffic = { .size = c->ask->size,
			     .seed = c->ask->seed,
			     .limit_ms = DP_TRAFFIC_LIMIT_MS,
			     .reference = c->ask->reference },
	};
	for (size_t i = 0; i < count && !rc; i++)
		rc = dp_words_add(&command->traffic.only, list[i].id);
	return rc;
}

int dp_task_of_cases(const struct campaign *c, const struct dp_case *list, size_t count,
		     size_t round, struct dp_task *task, struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command = { 0 };
	int rc = make_command(c, list, count, &command);

	if (!rc)
		rc = dp_task_begin(c, &command, count, task, err);
	for (size_t i = 0; i < count && !rc; i++)
		dp_collect_add(dp_task_collect(task), list[i].id);
	if (!rc)
		dp_task_set_round(c, task, round);
	task->at_once = task->waits = list[0].event;
	return rc;
}

static const struct dp_case *find_case(const struct dp_cases *cases, const char *id)
{
	for (size_t i = 0; i < cases->count; i++)
		if (!strcmp(cases->list[i].id, id))
			return &cases->list[i];
	return NULL;
}

int dp_ask_again(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	dp_cleanup(dp_run_clear) struct dp_run_record more = { 0 };
	struct dp_task *tasks = calloc(run->count + 1, sizeof(*tasks));
	size_t ntasks = 0;
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0; i < run->count && !rc; i++) {
		const struct dp_result *r = &run->results[i];
		const struct dp_case *tcase = find_case(&c->selection->cases, r->id);

		if (r->status == DP_ERROR && tcase)
			rc = dp_task_of_cases(c, tcase, 1, r->round ? r->round - 1 : 0,
					      &tasks[ntasks++], err);
	}
	if (!rc && ntasks)
		rc = dp_tasks_run(c, tasks, ntasks, false, &more, err);
	if (!rc)
		dp_run_replace(run, &more);
	dp_tasks_free(tasks, ntasks);
	return rc;
}

int dp_plan_traffic(const struct campaign *c, struct dp_batch *batch, struct dp_error *err)
{
	const struct dp_cases *cases = &c->selection->cases;
	int rc = 0;

	for (size_t i = 0, n; i < cases->count && !rc; i += n) {
		n = cases_of_mapping(cases, i);
		for (size_t k = 0; k < dp_rounds(c) && !dp_is_kept(&cases->list[i]) && !rc; k++) {
			struct dp_task *task = dp_list_add(batch->tasks, batch->count);

			rc = task ? dp_task_of_cases(c, &cases->list[i], n, k, task, err) : -ENOMEM;
		}
	}
	return rc;
}
