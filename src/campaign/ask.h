/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a campaign against one kernel share. */
#ifndef DAXPIN_CAMPAIGN_ASK_H
#define DAXPIN_CAMPAIGN_ASK_H

#include "daxpin/campaign.h"

/* How long one operation of traffic may take: seconds, under emulation too. */
#define TRAFFIC_LIMIT_MS 20000

/* One kernel, and what it is asked. */
struct campaign {
	const struct dp_guests *guests;
	const struct dp_selection *selection;
	const struct dp_ask *ask;
	const char *kernel; /* as for dp_kernel_resolve() */
	unsigned int cpus;  /* of each guest */
	dp_progress_fn progress;
};

#define NO_BOOT                                                                                    \
	{                                                                                          \
		.memory = { -1, -1, -1, -1 }, .state = -1                                          \
	}

/* ---- prepare.c --------------------------------------------------------------------------- */

/**
 * dp_guest_prepare - have a kernel, its image and, unless @fresh, a saved guest ready
 * @c: which kernel
 * @fresh: guests are to be booted
 * @boot: receives what to boot or restore; release with dp_snapshot_close()
 * @collect: its run is told how that went
 * @err: context on failure
 *
 * Return: 0, also if the guest did not become ready (the run's ending tells); or a negative errno.
 */
int dp_guest_prepare(const struct campaign *c, bool fresh, struct dp_boot *boot,
		     struct dp_collect *collect, struct dp_error *err);

/* ---- tasks.c ----------------------------------------------------------------------------- */

/**
 * dp_task_begin - begin a task
 * @c: for whom
 * @command: what to do
 * @ids: how many will be added with dp_collect_add()
 * @task: receives it; release with dp_tasks_free() in any case
 * @err: the command is out of its limits (bad input)
 *
 * Return: 0 or a negative errno.
 */
int dp_task_begin(const struct campaign *c, const struct dp_command *command, size_t ids,
		  struct dp_task *task, struct dp_error *err);

/* A copy for a command, NULL of NULL. */
static inline char *dp_copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

/**
 * dp_tasks_run - carry tasks out, judge each, and put the answers together
 * @c: for whom
 * @tasks: what to do
 * @count: how many
 * @whole: how a guest ended is how the run ended; otherwise that is a matter of its results
 * @run: receives the answers and what is known of the guests
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_tasks_run(const struct campaign *c, struct dp_task *tasks, size_t count, bool whole,
		 struct dp_run_record *run, struct dp_error *err);

/* Releases tasks and the array that they are in. */
void dp_tasks_free(struct dp_task *tasks, size_t count);

/* What was asked for was found bad only in the guest. Return: 0 or a negative errno. */
int dp_bad_input_of(const struct dp_session_end *end, struct dp_error *err);

/* Where a task's observations go. */
static inline struct dp_collect *dp_task_collect(const struct dp_task *task)
{
	return task->sink.arg;
}

/* ---- checks.c, scenarios.c, traffic.c, twice.c -------------------------------------------- */

/*
 * Each asks one kind of question and adds the answers to a run.
 * Return: 0 or a negative errno.
 */
int dp_ask_checks(const struct campaign *c, struct dp_run_record *run, struct dp_error *err);
int dp_ask_teardowns(const struct campaign *c, struct dp_run_record *run, struct dp_error *err);
int dp_ask_races(const struct campaign *c, struct dp_run_record *run, struct dp_error *err);
int dp_ask_traffic(const struct campaign *c, struct dp_run_record *run, struct dp_error *err);
int dp_ask_twice(const struct campaign *c, struct dp_run_record *run, struct dp_error *err);

/* Whether a case must outlive the machine; dp_ask_twice() is for those, dp_ask_traffic() not. */
static inline bool dp_is_kept(const struct dp_case *tcase)
{
	return tcase->operation && tcase->operation->kept;
}

/* A task for some cases in a row. Return: 0 or a negative errno. */
int dp_task_of_cases(const struct campaign *c, const struct dp_case *list, size_t count,
		     struct dp_task *task, struct dp_error *err);

#endif
