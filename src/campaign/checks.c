// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#include "daxpin/cleanup.h"

/* A matrix is shared out among so many guests at most: more would wait for each other. */
#define MAX_PARTS 4

/* What is asked cell by cell: the matrix, or the same by pinners. */
struct cells {
	enum dp_command_kind kind;
	const struct dp_plan *plan;
	const char **globs;
	size_t nglobs;
};

static struct cells cells_of(const struct dp_selection *s, enum dp_command_kind kind)
{
	if (kind == DP_COMMAND_PINNER)
		return (struct cells){ kind, &s->pinnings, s->pinning_globs, s->npinning_globs };
	return (struct cells){ kind, &s->checks, s->globs, s->nglobs };
}

static int make_command(const struct campaign *c, const struct cells *cells, unsigned int part,
			unsigned int parts, struct dp_command *command)
{
	const struct dp_selection *s = c->selection;
	bool check = cells->kind == DP_COMMAND_CHECK;
	int rc = 0;

	*command = (struct dp_command){
		.kind = cells->kind,
		.check = { .part = part,
			   .parts = parts,
			   .size = c->ask->size,
			   .rdma = check ? dp_text_copy(c->ask->rdma) : NULL,
			   .cell_limit_ms = c->guests->cell_ms,
			   .fault = check ? c->guests->fault : DP_FAULT_NONE,
			   .witness = c->ask->witness,
			   .carried = dp_plan_carried(cells->plan) > 0 },
	};
	for (size_t i = 0; i < cells->nglobs && !rc; i++)
		rc = dp_words_add(&command->check.only, cells->globs[i]);
	for (size_t i = 0; i < s->npinners && !check && !rc; i++)
		rc = dp_words_add(&command->check.pinners, s->pinners[i]);
	return rc;
}

/* One guest's share of the plan. */
static int begin_part(const struct campaign *c, const struct cells *cells, unsigned int part,
		      unsigned int parts, struct dp_task *task, struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command = { 0 };
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	int rc = dp_plan_copy(cells->plan, &plan);

	if (!rc)
		rc = make_command(c, cells, part, parts, &command);
	if (rc)
		return rc;
	dp_plan_take_part(&plan, part, parts);
	rc = dp_task_begin(c, &command, plan.count, task, err);
	for (size_t i = 0; i < plan.count && !rc; i++)
		dp_collect_add(dp_task_collect(task), plan.list[i].id);
	return rc;
}

static unsigned int count_mappings(const struct dp_plan *plan)
{
	unsigned int count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += !i || plan->list[i].mapping != plan->list[i - 1].mapping;
	return count;
}

/* A fault, and a boot of its own, are for one guest unless more are asked for. */
static unsigned int parts_of(const struct campaign *c, const struct dp_plan *plan)
{
	const struct dp_guests *g = c->guests;
	unsigned int parts = dp_guests_runs(g) > 1  ? 1
			     : g->jobs              ? g->jobs
			     : g->fresh || g->fault ? 1
						    : dp_pool_jobs(1);
	unsigned int mappings = count_mappings(plan);

	parts = parts < MAX_PARTS ? parts : MAX_PARTS;
	return parts < mappings ? parts : mappings;
}

int dp_ask_cells(const struct campaign *c, enum dp_command_kind kind, struct dp_run_record *run,
		 struct dp_error *err)
{
	const struct cells cells = cells_of(c->selection, kind);
	unsigned int parts = parts_of(c, cells.plan);
	size_t ntasks = parts * dp_rounds(c);
	struct dp_task *tasks = calloc(ntasks, sizeof(*tasks));
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0; i < ntasks && !rc; i++) {
		rc = begin_part(c, &cells, (unsigned int)(i % parts), parts, &tasks[i], err);
		if (!rc)
			dp_task_set_round(c, &tasks[i], i / parts);
	}
	if (!rc)
		rc = dp_tasks_run(c, tasks, ntasks, true, run, err);
	if (!rc)
		rc = dp_selection_order(c->selection, run);
	dp_tasks_free(tasks, ntasks);
	return rc;
}
