// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "scenario.h"

#include "daxpin/clock.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/splat.h"

/* How long what is busy is waited for at a time, and at all once the kernel has printed a splat:
 * what it does then is no evidence any more. */
#define SLICE_MS 3000

struct json_object *dp_step_begin(struct dp_teardown *t, enum dp_step step)
{
	dp_mark_step(dp_step_name(step));
	dp_emit_text(t->fd, "doing", "step", dp_step_name(step));
	/* A serial port has a buffer that would die with the kernel; a pipe refuses and needs none.
	 */
	tcdrain(t->fd);
	t->step = step;
	t->started = dp_now_ms();
	return dp_step_new(step);
}

void dp_step_end(struct dp_teardown *t, struct json_object *obj)
{
	dp_step_set_int(obj, DP_FIELD_MS, (int64_t)(dp_now_ms() - t->started));
	dp_emit(t->fd, obj);
	dp_teardown_tell_course(t);
	tcdrain(t->fd);
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

		reply.number =
			(int64_t)(now.acquired - now.released - before.acquired + before.released);
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

void dp_teardown_add_pins(struct dp_teardown *t, struct json_object *obj)
{
	struct dp_reply reply;

	t->pins_known = t->pins_known && dp_actor_tell(&t->counter, 'p') &&
			dp_teardown_await(t, &t->counter, BUSY_LIMIT_MS, &reply) == DP_DONE &&
			!reply.rc;
	if (t->pins_known)
		dp_step_set_int(obj, DP_FIELD_PINS_HELD, reply.number);
	else
		dp_step_leave_out(
			obj, DP_FIELD_PINS_HELD,
			"nr_foll_pin_acquired and nr_foll_pin_released could not be read");
}

/* ---- what became of somebody -------------------------------------------------------------- */

void dp_teardown_add_where(struct json_object *obj, const struct dp_actor *actor)
{
	char text[640];

	dp_actor_where(actor->pid, text, sizeof(text));
	dp_step_set_text(obj, DP_FIELD_WHERE, text);
}

void dp_teardown_add_errno(struct json_object *obj, int64_t code)
{
	dp_step_set_text(obj, DP_FIELD_ERRNO, code ? dp_errno_name((int)code) : NULL);
}

void dp_teardown_add_fate(struct json_object *obj, enum dp_fate fate, const struct dp_actor *actor,
			  const struct dp_reply *reply)
{
	bool failed = fate == DP_DONE && reply->rc;

	dp_step_set_text(obj, DP_FIELD_STATE, failed ? "failed" : dp_fate_name(fate));
	if (fate == DP_DONE)
		dp_teardown_add_errno(obj, reply->rc);
	if (failed)
		dp_step_set_text(obj, DP_FIELD_TEXT, reply->text);
	if (fate == DP_WAITS || fate == DP_RUNS)
		dp_teardown_add_where(obj, actor);
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
