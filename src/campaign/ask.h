/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a campaign against one kernel share. */
#ifndef DAXPIN_CAMPAIGN_ASK_H
#define DAXPIN_CAMPAIGN_ASK_H

#include <stdio.h>
#include <string.h>

#include "daxpin/campaign.h"
#include "daxpin/kernel.h"

/* A kernel's guest, made ready once for all that it is asked. */
struct dp_guest {
	struct dp_boot boot;      /* boots it */
	struct dp_boot saved;     /* restores it; boots it, too, where no guest was saved */
	struct dp_collect making; /* its run tells how that went */
	int held[2];              /* kernel and image, which may be booted again */
};

#define DP_NO_GUEST                                                                                \
	{                                                                                          \
		.saved = { .memory = { -1, -1, -1, -1 }, .state = -1 }, .held = { -1, -1 }         \
	}

/* One kernel, and what it is asked. */
struct campaign {
	const struct dp_guests *guests;
	const struct dp_selection *selection;
	const struct dp_ask *ask;
	const struct dp_kernel *kernel;
	struct dp_guest *guest;
	struct dp_gate *gate;               /* for guests of all kernels; NULL: one guest */
	unsigned int cpus;                  /* of each guest */
	bool witness;                       /* each guest has it armed */
	bool counts;                        /* QEMU counts the instructions of each guest */
	const struct dp_layout *layout;     /* of its machine, NULL for daxpin's own */
	const struct dp_carrier *carrier;   /* that the user chose, or NULL */
	const struct dp_pinner *pinner;     /* of teardowns: who pins, NULL for the adapter */
	const struct dp_progress *progress; /* of this kernel, or NULL */
};

/* ---- prepare.c --------------------------------------------------------------------------- */

/**
 * dp_kernel_ready - find or fetch one of the kernels
 * @guests: what the user wants of them
 * @i: which
 * @progress: may be NULL
 * @kernel: receives where it is; refers to @guests
 * @err: context on failure
 *
 * Return: as for dp_kernel_resolve().
 */
int dp_kernel_ready(const struct dp_guests *guests, size_t i, const struct dp_progress *progress,
		    struct dp_kernel *kernel, struct dp_error *err);

/**
 * dp_guest_prepare - have vmlinux, image, accelerator and perhaps a saved guest ready
 * @c: which kernel, and how many CPUs
 * @saved: guests are to be restored from a saved one rather than booted, unless their machine has a
 *         balloon (dp_layout_has_balloon())
 * @guest: DP_NO_GUEST; receives it, to be released with dp_guest_clear() in any case
 * @err: context on failure
 *
 * Return: 0, also if the guest did not become ready (the ending of making.run tells); or a negative
 * errno.
 */
int dp_guest_prepare(const struct campaign *c, bool saved, struct dp_guest *guest,
		     struct dp_error *err);

/* After -ESTALE: what was damaged has gone from the cache, and is made anew. As above. */
int dp_guest_renew(const struct campaign *c, struct dp_guest *guest, struct dp_error *err);

void dp_guest_clear(struct dp_guest *guest);

/* Notes in a run what carries the memory, if not daxpin's own machine does, and who pins. */
static inline void dp_campaign_note(const struct campaign *c, struct dp_run_record *run)
{
	if (c->pinner)
		snprintf(run->pinner, sizeof(run->pinner), "%s", c->pinner->name);
	if (!dp_carrier_layout(c->carrier))
		return;
	snprintf(run->carrier, sizeof(run->carrier), "%s", c->carrier->name);
	run->subject.carried = true;
}

/* ---- campaign.c --------------------------------------------------------------------------- */

/* Everything that is asked of one kernel, in one run. Return: 0 or a negative errno. */
int dp_ask_kernel(const struct campaign *c, struct dp_run_record *run, struct dp_error *err);

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

/* How often each id is asked. */
static inline size_t dp_rounds(const struct campaign *c)
{
	return c->ask->repeat > 1 ? c->ask->repeat : 1;
}

/* Says which round a task is of, from 0. */
void dp_task_set_round(const struct campaign *c, struct dp_task *task, size_t round);

/* A copy for a command, NULL of NULL. */
static inline char *dp_text_copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* Tasks that are carried out together. One is added by dp_list_add(), and begun. */
struct dp_batch {
	struct dp_task *tasks;
	size_t count;
};

void dp_batch_clear(struct dp_batch *batch);

/**
 * dp_guest_run - carry tasks out, each in a guest of its own
 * @c: for whom; its guest is ready, or making.run.ending tells why not: then the tasks end so, too
 * @tasks: what to do
 * @count: how many
 * @err: context on failure
 *
 * What could not be restored because it was damaged is made anew, once.
 *
 * Return: as for dp_pool_run().
 */
int dp_guest_run(const struct campaign *c, struct dp_task *tasks, size_t count,
		 struct dp_error *err);

/**
 * dp_tasks_run - carry tasks out, judge each, and put the answers together
 * @c: for whom
 * @tasks: what to do
 * @count: how many
 * @whole: how a guest ended is how the run ended; otherwise that is a matter of its results
 * @run: receives the answers
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

/* ---- one file for each kind of question, and twice.c ----------------------------------------- */

/*
 * Each adds what is asked of guests without the witness to a batch.
 * Return: 0 or a negative errno.
 */
int dp_plan_limits(const struct campaign *c, struct dp_batch *batch, struct dp_error *err);
int dp_plan_teardowns(const struct campaign *c, struct dp_batch *batch, struct dp_error *err);
int dp_plan_races(const struct campaign *c, struct dp_batch *batch, struct dp_error *err);
int dp_plan_orders(const struct campaign *c, struct dp_batch *batch, struct dp_error *err);
int dp_plan_traffic(const struct campaign *c, struct dp_batch *batch, struct dp_error *err);
int dp_plan_states(const struct campaign *c, struct dp_batch *batch, struct dp_error *err);

/*
 * Each asks one kind of question and adds the answers to a run.
 * Return: 0 or a negative errno.
 */
int dp_ask_benches(const struct campaign *c, struct dp_run_record *run, struct dp_error *err);
int dp_ask_twice(const struct campaign *c, struct dp_run_record *run, struct dp_error *err);

/*
 * Asks cell by cell: the checks, or those of pinners (DP_COMMAND_CHECK, DP_COMMAND_PINNER). As
 * above.
 */
int dp_ask_cells(const struct campaign *c, enum dp_command_kind kind, struct dp_run_record *run,
		 struct dp_error *err);

/*
 * Cases of traffic that were not answered because of what was asked before them have a guest of
 * their own now. @run: receives the answers in the place of the errors.
 * Return: 0 or a negative errno.
 */
int dp_ask_again(const struct campaign *c, struct dp_run_record *run, struct dp_error *err);

/* Whether a case must outlive the machine; dp_ask_twice() is for those, dp_ask_traffic() not. */
static inline bool dp_is_kept(const struct dp_case *tcase)
{
	return tcase->operation && tcase->operation->kept;
}

/* A task for some cases in a row, in a round from 0. Return: 0 or a negative errno. */
int dp_task_of_cases(const struct campaign *c, const struct dp_case *list, size_t count,
		     size_t round, struct dp_task *task, struct dp_error *err);

#endif
