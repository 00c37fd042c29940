// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"

int dp_bad_input_of(const struct dp_session_end *end, struct dp_error *err)
{
	if (!end->failed.input)
		return 0;
	*err = end->failed;
	return err->code;
}

void dp_tasks_free(struct dp_task *tasks, size_t count)
{
	for (size_t i = 0; tasks && i < count; i++) {
		struct dp_collect *collect = dp_task_collect(&tasks[i]);

		if (collect)
			dp_collect_clear(collect);
		free(collect);
		free(tasks[i].command);
		dp_session_end_clear(&tasks[i].end);
	}
	free(tasks);
}

static void end_task(struct dp_task *task)
{
	dp_collect_end(dp_task_collect(task), &task->end);
	dp_collect_settle(dp_task_collect(task));
}

int dp_task_begin(const struct campaign *c, const struct dp_command *command, size_t ids,
		  struct dp_task *task, struct dp_error *err)
{
	struct dp_collect *collect;
	int rc = dp_command_to_json(command, &task->command, err);

	if (rc)
		return rc;
	collect = calloc(1, sizeof(*collect));
	if (!collect)
		return -ENOMEM;
	rc = dp_collect_init(collect, ids);
	dp_collect_listen(collect, c->ask->policy, c->ask->tell, c->ask->tell_arg);
	collect->heard.recorder = c->ask->recorder;
	task->sink = dp_collect_sink(collect);
	task->ended = end_task;
	return rc;
}

/*
 * Has tasks carried out; what could not be restored because it was damaged is made anew, once.
 * @start receives when the first guest was started.
 */
static int run_pool(const struct campaign *c, struct dp_task *tasks, size_t count,
		    unsigned int jobs, struct dp_collect *making, uint64_t *start,
		    struct dp_error *err)
{
	for (bool again = false;; again = true) {
		dp_cleanup(dp_snapshot_close) struct dp_boot boot = NO_BOOT;
		int rc = dp_guest_prepare(c, c->guests->fresh, &boot, making, err);

		*start = dp_now_ms();
		for (size_t i = 0; i < count; i++) {
			struct dp_run_record *run = &dp_task_collect(&tasks[i])->run;

			run->subject = making->run.subject;
			memcpy(run->kernel_spec, making->run.kernel_spec, sizeof(run->kernel_spec));
			memcpy(run->ending, making->run.ending, sizeof(run->ending));
		}
		if (rc || making->run.ending[0])
			return rc;
		rc = dp_pool_run(&boot, tasks, count, jobs, &c->guests->limits, c->progress, err);
		if (rc != -ESTALE || again)
			return rc;
		*err = (struct dp_error){ 0 };
	}
}

int dp_tasks_run(const struct campaign *c, struct dp_task *tasks, size_t count, bool whole,
		 struct dp_run_record *run, struct dp_error *err)
{
	dp_cleanup(dp_collect_clear) struct dp_collect making = { 0 };
	uint64_t start = dp_now_ms();
	int rc = dp_collect_init(&making, 0);

	run->jobs = c->guests->jobs ? c->guests->jobs : dp_pool_jobs(c->cpus, !whole);
	if (!rc)
		rc = run_pool(c, tasks, count, run->jobs, &making, &start, err);
	for (size_t i = 0; i < count && !rc; i++)
		rc = dp_bad_input_of(&tasks[i].end, err);
	memcpy(run->where, making.run.where, sizeof(run->where));
	memcpy(run->accel, making.run.accel, sizeof(run->accel));
	memcpy(run->kernel_spec, making.run.kernel_spec, sizeof(run->kernel_spec));
	memcpy(run->note, making.run.note, sizeof(run->note));
	memcpy(run->modules, making.run.modules, sizeof(run->modules));
	if (!rc)
		rc = dp_run_merge(run, &making.run, true);
	for (size_t i = 0; i < count && !rc; i++) {
		struct dp_collect *collect = dp_task_collect(&tasks[i]);

		rc = dp_collect_finish(collect, c->ask->policy);
		if (!rc)
			rc = dp_run_merge(run, &collect->run, whole);
	}
	dp_run_add_phase(run, "total", dp_now_ms() - start);
	return rc;
}
