/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A teardown that is being carried out: what its steps share. before.c has the steps up to the
 * registration, after.c the event and those after it; scenario.c says which are taken.
 */
#ifndef DAXPIN_TEARDOWN_SCENARIO_H
#define DAXPIN_TEARDOWN_SCENARIO_H

#include "owner.h"

#include "daxpin/actor.h"
#include "daxpin/course.h"
#include "daxpin/steps.h"

/* How long something may be busy before it counts as running on, ms. What sleeps is told sooner. */
#define BUSY_LIMIT_MS 20000
/* To make a mapping of many pages takes longer than that under emulation, ms. */
#define FIRST_WAIT_MS 60000

struct dp_teardown {
	const struct dp_scenario *scenario;
	const struct dp_teardown_options *options;
	int fd;
	struct dp_owner *owner;      /* shared with the owner */
	struct dp_worker_pool *pool; /* of which the first owner may be; NULL without one */
	struct dp_actor keeper;      /* the owner */
	struct dp_actor event, release, counter;
	bool pins_known, registered, again, unmapped;
	enum dp_fate event_fate;
	int event_rc;      /* of an event that has completed */
	enum dp_step step; /* that is being taken */
	uint64_t started;
	struct dp_course *course; /* of the witness, NULL without one */
	bool witnessed;           /* it is recorded */
	struct dp_cast cast;      /* of it: also of those that are no more */
};

/* ---- watch.c: what all steps need --------------------------------------------------------- */

/* Says that a step begins, in the kernel's log and to the stream. Return: its observation. */
struct json_object *dp_teardown_begin(struct dp_teardown *t, enum dp_step step);

/* Writes the observation to the stream. It is released. */
void dp_teardown_end(struct dp_teardown *t, struct json_object *obj);

/* Whether the kernel has printed a splat since the scenario began. */
bool dp_teardown_has_splat(const struct dp_teardown *t);

/* Waits for somebody who may be busy for so long, less if the kernel has printed a splat. */
enum dp_fate dp_teardown_await(const struct dp_teardown *t, struct dp_actor *actor,
			       uint64_t limit_ms, struct dp_reply *reply);

/* A command to the owner, and what becomes of it. */
enum dp_fate dp_teardown_command(struct dp_teardown *t, enum dp_owner_command command,
				 struct dp_reply *reply);

/* How long the scenario's event may be busy, ms. */
uint64_t dp_teardown_event_limit(const struct dp_teardown *t);

/* Begins to count pins, before anything is pinned. */
void dp_teardown_start_counting(struct dp_teardown *t);

/* Adds the pages that are pinned now, or why nobody can tell. */
void dp_teardown_add_pins(struct dp_teardown *t, struct json_object *obj);

/* Where a worker of the kernel's gives pages back: until it has, or for long enough. */
void dp_teardown_await_pins(struct dp_teardown *t);

/* The event and its undoing, in processes of their own (dp_actor_start()); @arg: the owner. */
void dp_act_event(int fd, void *arg);
void dp_act_undo(int fd, void *arg);

/* ---- witness.c: with options->witness; otherwise nothing is done --------------------------- */

/* Sets the probes. What stands against it is emitted. */
void dp_teardown_arm(struct dp_teardown *t);
void dp_teardown_disarm(struct dp_teardown *t);

/* From the beginning of the event to the last look at the pins, what happens is recorded. */
void dp_teardown_begin_course(struct dp_teardown *t);
void dp_teardown_end_course(struct dp_teardown *t);

/* Emits what has happened since the last time. */
void dp_teardown_tell_course(struct dp_teardown *t);

/* ---- before.c ----------------------------------------------------------------------------- */

/*
 * Each returns 0 if the scenario goes on, DP_SKIP if it cannot be asked here (@err says why), or a
 * negative errno.
 */
int dp_teardown_share(struct dp_teardown *t, struct dp_error *err);
int dp_teardown_start_owner(struct dp_teardown *t, struct dp_error *err);
int dp_take_rehearsal(struct dp_teardown *t, struct dp_error *err);
int dp_take_register(struct dp_teardown *t, struct dp_error *err);

void dp_take_kill_while_registering(struct dp_teardown *t);
void dp_take_unmap(struct dp_teardown *t);

/* ---- after.c ------------------------------------------------------------------------------ */

/* The event, or the same one later: @start begins it anew, otherwise it is waited for. */
void dp_take_event(struct dp_teardown *t, enum dp_step step, uint64_t limit_ms, bool start);

/* The owner ends, and with it all that it holds; the event and the release are one. */
void dp_take_owner_event(struct dp_teardown *t);

/* A command whose answer is a word, which becomes @field. */
void dp_take_answer(struct dp_teardown *t, enum dp_step step, enum dp_owner_command command,
		    enum dp_field field);

void dp_take_register_again(struct dp_teardown *t);
void dp_take_release(struct dp_teardown *t);
void dp_take_release_again(struct dp_teardown *t);
void dp_take_give_up(struct dp_teardown *t);
void dp_take_owner_end(struct dp_teardown *t);
void dp_take_pins(struct dp_teardown *t);
void dp_take_come_back(struct dp_teardown *t);

/* Whether the event is still on. */
bool dp_teardown_still_on(const struct dp_teardown *t);

#endif
