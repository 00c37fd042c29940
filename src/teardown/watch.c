// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <unistd.h>

#include "scenario.h"

#include "daxpin/clock.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/pinner.h"
#include "daxpin/splat.h"

/* How long what is busy is waited for at a time, and at all once the kernel has printed a splat:
 * what it does then is no evidence any more. */
#define SLICE_MS 3000

/* How long a worker of the kernel's may take to give pages back, and how often to look. */
#define DEFERRED_LIMIT_MS 10000
#define DEFERRED_LOOK_US  20000

struct json_object *dp_teardown_begin(struct dp_teardown *t, enum dp_step step)
{
	struct json_object *obj = dp_step_begin(t->fd, step);

	t->step = step;
	t->started = dp_now_ms();
	return obj;
}

void dp_teardown_end(struct dp_teardown *t, struct json_object *obj)
{
	dp_step_end(t->fd, obj, dp_now_ms() - t->started);
	dp_teardown_tell_course(t);
}

bool dp_teardown_has_splat(const struct dp_teardown *t)
{
	return dp_kernel_has_splat(t->options->taint);
}

enum dp_fate dp_teardown_await(const struct dp_teardown *t, struct dp_actor *actor,
			       uint64_t limit_ms, struct dp_reply *reply)
{
	uint64_t end = dp_now_ms() + limit_ms;
	enum dp_fate fate;

	do
		fate = dp_actor_wait(actor, SLICE_MS, reply);
	while (fate == DP_RUNS && dp_now_ms() < end && !dp_teardown_has_splat(t));
	return fate;
}

enum dp_fate dp_teardown_command(struct dp_teardown *t, enum dp_owner_command command,
				 struct dp_reply *reply)
{
	*reply = (struct dp_reply){ 0 };
	if (!dp_actor_tell(&t->keeper, (char)command))
		return DP_DIED;
	return dp_teardown_await(t, &t->keeper, BUSY_LIMIT_MS, reply);
}

uint64_t dp_teardown_event_limit(const struct dp_teardown *t)
{
	uint64_t limit = t->scenario->event->limit_ms;

	return limit ? limit : BUSY_LIMIT_MS;
}

/* ---- the counters ------------------------------------------------------------------------- */

/*
 * Reading the counters has each CPU do something, and may itself never return after an oops: done
 * by somebody else, once for each byte that is sent.
 */
static void count_pins(int fd, void *arg)
{
	struct dp_pins before, now;
	char command;

	(void)arg;
	if (dp_pins_read(&before))
		return;
	do {
		struct dp_reply reply = { .rc = dp_pins_read(&now) };

		reply.number = dp_pins_held(&before, &now);
		if (write(fd, &reply, sizeof(reply)) < 0)
			return;
	} while (read(fd, &command, 1) == 1);
}

void dp_teardown_start_counting(struct dp_teardown *t)
{
	struct dp_reply reply;

	t->pins_known = !dp_actor_start(&t->counter, count_pins, NULL) &&
			dp_teardown_await(t, &t->counter, BUSY_LIMIT_MS, &reply) == DP_DONE &&
			!reply.rc;
}

/* The pages that are pinned now; 0 if nobody can tell. */
static int64_t pins_now(struct dp_teardown *t)
{
	struct dp_reply reply;

	t->pins_known = t->pins_known && dp_actor_tell(&t->counter, 'p') &&
			dp_teardown_await(t, &t->counter, BUSY_LIMIT_MS, &reply) == DP_DONE &&
			!reply.rc;
	return t->pins_known ? reply.number : 0;
}

void dp_teardown_await_pins(struct dp_teardown *t)
{
	const struct dp_pinner *pinner = t->options->pinner;
	uint64_t end = dp_now_ms() + DEFERRED_LIMIT_MS;

	if (!pinner || !pinner->means.deferred)
		return;
	while (pins_now(t) && !dp_teardown_has_splat(t) && dp_now_ms() < end)
		usleep(DEFERRED_LOOK_US);
}

void dp_teardown_add_pins(struct dp_teardown *t, struct json_object *obj)
{
	int64_t pins = pins_now(t);

	if (t->pins_known)
		dp_step_set_int(obj, DP_FIELD_PINS_HELD, pins);
	else
		dp_step_leave_out(
			obj, DP_FIELD_PINS_HELD,
			"nr_foll_pin_acquired and nr_foll_pin_released could not be read");
}

/* ---- what others do ----------------------------------------------------------------------- */

void dp_act_event(int fd, void *arg)
{
	struct dp_owner *owner = arg;

	if (owner->options.witness)
		dp_course_join(DP_COURSE_TEARDOWN);
	dp_event_carry_out(fd, owner->scenario.event->run, &owner->target);
}

void dp_act_undo(int fd, void *arg)
{
	struct dp_owner *owner = arg;

	dp_event_carry_out(fd, owner->scenario.event->undo, &owner->target);
}
