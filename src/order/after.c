// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps of an order once it was forced; run.c says what they are. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"

/* What is busy with something that it should have finished. */
#define BUSY_LIMIT_MS 20000

/* ---- steps -------------------------------------------------------------------------------- */

static struct json_object *begin_step(struct dp_order_run *run, enum dp_step step)
{
	struct json_object *obj = dp_step_begin(run->fd, step);

	run->started = dp_now_ms();
	return obj;
}

static void end_step(struct dp_order_run *run, struct json_object *obj)
{
	dp_step_end(run->fd, obj, dp_now_ms() - run->started);
}

static void add_pins(struct dp_order_run *run, struct json_object *obj)
{
	struct dp_pins now;

	run->pins_known = run->pins_known && !dp_pins_read(&now);
	if (run->pins_known)
		dp_step_set_int(obj, DP_FIELD_PINS_HELD, dp_pins_held(&run->before, &now));
	else
		dp_step_leave_out(
			obj, DP_FIELD_PINS_HELD,
			"nr_foll_pin_acquired and nr_foll_pin_released could not be read");
}

enum dp_fate dp_order_await(struct dp_actor *actor, uint64_t limit_ms, struct dp_reply *reply)
{
	*reply = (struct dp_reply){ 0 };
	return dp_actor_wait(actor, limit_ms, reply);
}

enum dp_fate dp_order_command(struct dp_order_run *run, enum dp_registrar_command what,
			      struct dp_reply *reply)
{
	*reply = (struct dp_reply){ 0 };
	if (!dp_actor_tell(&run->registrar, (char)what))
		return DP_DIED;
	return dp_order_await(&run->registrar, DP_PART_LIMIT_MS, reply);
}

/* The event that a thread of the registrar carries out has no socket of its own. */
static enum dp_fate await_own_event(struct dp_order_run *run, struct dp_reply *reply)
{
	uint64_t end = dp_now_ms() + BUSY_LIMIT_MS;

	while (!atomic_load(&run->shared->event_done) && dp_now_ms() < end)
		usleep(10000);
	*reply = run->shared->event;
	return atomic_load(&run->shared->event_done) ? DP_DONE : DP_WAITS;
}

static bool has_splat(const struct dp_order_run *run)
{
	return dp_kernel_has_splat(run->options->taint);
}

static bool waits(const struct dp_order_run *run)
{
	return run->event_fate == DP_WAITS || run->event_fate == DP_RUNS;
}

/* ---- after the order ---------------------------------------------------------------------- */

static void take_answer(struct dp_order_run *run)
{
	struct json_object *obj = begin_step(run, DP_STEP_ANSWER);
	struct dp_reply reply;
	enum dp_fate fate = dp_order_await(&run->registrar, BUSY_LIMIT_MS, &reply);

	reply.rc = fate == DP_DONE ? -(int)reply.number : 0;
	snprintf(reply.text, sizeof(reply.text), "ibv_reg_mr()");
	dp_step_add_fate(obj, fate, run->registrar.pid, &reply);
	dp_step_set_flag(obj, DP_FIELD_ON_DEMAND, run->shared->on_demand);
	add_pins(run, obj);
	end_step(run, obj);
}

static void take_event(struct dp_order_run *run, enum dp_step step)
{
	struct json_object *obj = begin_step(run, step);
	struct dp_reply reply;

	if (dp_order_is_own(run->order))
		run->event_fate = await_own_event(run, &reply);
	else
		run->event_fate = dp_order_await(&run->event, BUSY_LIMIT_MS, &reply);
	run->event_rc = reply.rc;
	dp_step_add_fate(obj, run->event_fate, atomic_load(&run->shared->tasks[DP_EVENT_SIDE]),
			 &reply);
	add_pins(run, obj);
	end_step(run, obj);
}

static void take_release(struct dp_order_run *run)
{
	bool closes = run->order->event->takes_rdma;
	struct json_object *obj;
	struct dp_reply reply;
	enum dp_fate fate;

	if (!atomic_load(&run->shared->registered) && !closes) {
		dp_emit_left_out(run->fd, DP_STEP_RELEASE, "nothing is registered");
		return;
	}
	obj = begin_step(run, DP_STEP_RELEASE);
	fate = dp_order_command(run, closes ? DP_REGISTRAR_CLOSE : DP_REGISTRAR_RELEASE, &reply);
	dp_step_set_text(obj, DP_FIELD_HOW, closes ? "close" : "dereg");
	dp_step_add_fate(obj, fate, run->registrar.pid, &reply);
	end_step(run, obj);
}

static void take_pins(struct dp_order_run *run)
{
	struct json_object *obj = begin_step(run, DP_STEP_PINS);

	add_pins(run, obj);
	end_step(run, obj);
}

static void act_undo(int fd, void *arg)
{
	struct dp_order_run *run = arg;

	dp_event_carry_out(fd, run->order->event->undo, &run->shared->target);
}

/* To bind a region is to wait for others that do it: one that sleeps has all the time there is. */
static enum dp_fate await_undo(struct dp_actor *undo, struct dp_reply *reply)
{
	uint64_t end = dp_now_ms() + DP_PART_LIMIT_MS;
	enum dp_fate fate;

	do
		fate = dp_order_await(undo, DP_PART_LIMIT_MS, reply);
	while ((fate == DP_WAITS || fate == DP_RUNS) && dp_now_ms() < end);
	return fate;
}

static void take_come_back(struct dp_order_run *run)
{
	dp_cleanup(dp_actor_clear) struct dp_actor undo = DP_NO_ACTOR;
	struct json_object *obj;
	struct dp_reply reply = { 0 };
	enum dp_fate fate = DP_DIED;

	if (waits(run) || run->event_fate == DP_DIED) {
		dp_emit_left_out(run->fd, DP_STEP_COME_BACK, "the event has not completed");
		return;
	}
	obj = begin_step(run, DP_STEP_COME_BACK);
	/*
	 * A device that is bound anew initialises its cdev again, whoever still has it open
	 * (dev_dax_probe()); the last close then ends the new one.
	 */
	if (run->order->event->effect == DP_GONE && !run->order->event->file)
		dp_order_command(run, DP_REGISTRAR_LEAVE, &reply);
	if (!dp_actor_start(&undo, act_undo, run))
		fate = await_undo(&undo, &reply);
	dp_step_add_fate(obj, fate, undo.pid, &reply);
	if (fate == DP_DONE && !reply.rc) {
		fate = dp_order_command(run, DP_REGISTRAR_AGAIN, &reply);
		if (fate == DP_DONE && reply.rc)
			dp_step_set_text(obj, DP_FIELD_TEXT, reply.text);
		dp_step_set_text(obj, DP_FIELD_REGISTER,
				 fate != DP_DONE ? dp_fate_name(fate)
				 : reply.rc      ? "no mapping"
				 : reply.number  ? dp_errno_name((int)reply.number)
						 : "allowed");
	}
	end_step(run, obj);
}

void dp_order_take_steps(struct dp_order_run *run)
{
	take_answer(run);
	if (has_splat(run))
		return;
	take_event(run, DP_STEP_EVENT);
	if (has_splat(run))
		return;
	take_release(run);
	if (waits(run))
		take_event(run, DP_STEP_EVENT_END);
	else
		dp_emit_left_out(run->fd, DP_STEP_EVENT_END, "the event has not waited");
	if (has_splat(run))
		return;
	take_pins(run);
	take_come_back(run);
}
