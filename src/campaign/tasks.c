// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#include "daxpin/gate.h"

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
	dp_collect_listen(collect, c->ask->policy, c->ask->tell, c->ask->arg);
	collect->heard.recorder = c->ask->recorder;
	collect->progress = c->progress;
	task->sink = dp_collect_sink(collect);
	task->ended = end_task;
	return rc;
}

void dp_task_set_round(const struct campaign *c, struct dp_task *task, size_t round)
{
	dp_task_collect(task)->round = dp_rounds(c) > 1 ? (unsigned int)round + 1 : 0;
}

/* What is known of the guest before it is asked. */
static void begin_run(const struct campaign *c, const struct dp_task *task)
{
	const struct dp_run_record *making = &c->guest->making.run;
	struct dp_run_record *run = &dp_task_collect(task)->run;

	run->subject = making->subject;
	memcpy(run->kernel_spec, making->kernel_spec, sizeof(run->kernel_spec));
	memcpy(run->carrier, making->carrier, sizeof(run->carrier));
	memcpy(run->pinner, making->pinner, sizeof(run->pinner));
}

static int end_run(const struct campaign *c, const struct dp_task *task)
{
	const struct dp_run_record *making = &c->guest->making.run;
	struct dp_collect *collect = dp_task_collect(task);

	if (making->ending[0])
		memcpy(collect->run.ending, making->ending, sizeof(making->ending));
	return dp_collect_finish(collect, c->ask->policy);
}

void dp_batch_clear(struct dp_batch *batch)
{
	dp_tasks_free(batch->tasks, batch->count);
	*batch = (struct dp_batch){ 0 };
}

int dp_guest_run(const struct campaign *c, struct dp_task *tasks, size_t count,
		 struct dp_error *err)
{
	unsigned int jobs = c->gate ? c->gate->most : 1;

	for (bool again = false;; again = true) {
		int rc = again ? dp_guest_renew(c, c->guest, err) : 0;

		if (rc || c->guest->making.run.ending[0])
			return rc;
		rc = dp_pool_run(&c->guest->saved, tasks, count, jobs, &c->guests->limits,
				 c->progress, err);
		if (rc != -ESTALE || again)
			return rc;
	}
}

int dp_tasks_run(const struct campaign *c, struct dp_task *tasks, size_t count, bool whole,
		 struct dp_run_record *run, struct dp_error *err)
{
	int rc;

	for (size_t i = 0; i < count; i++)
		begin_run(c, &tasks[i]);
	rc = dp_guest_run(c, tasks, count, err);
	run->jobs = c->gate->peak;
	for (size_t i = 0; i < count && !rc; i++)
		rc = dp_bad_input_of(&tasks[i].end, err);
	for (size_t i = 0; i < count && !rc; i++) {
		rc = end_run(c, &tasks[i]);
		if (!rc)
			rc = dp_run_merge(run, &dp_task_collect(&tasks[i])->run, whole);
	}
	return rc;
}
