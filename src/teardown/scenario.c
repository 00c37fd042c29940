// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One scenario, step by step. Each step is marked in the kernel's log before it is taken, and
 * written to the stream after it, before the next one:
 *
 *   rehearsal                the event and its undoing with nothing registered (kmem-offline only)
 *   kill-while-registering   owners are killed in the middle of registering (owner-killed only)
 *   register                 the owner registers
 *   unmap                    the owner gives its mapping up, if nothing was registered
 *   event                    the device is taken away: completed, failed, waits or runs; and where
 *   cpu-access               what the owner's mapping gives now
 *   register-again           what a new registration over it gives
 *   async-events             what the adapter has told the owner
 *   give-up                  nobody ends the pin: can the event be given up?
 *   release                  or it is ended, in the scenario's way
 *   release-again            so is the second one, if that registration succeeded
 *   owner-end                the owner is killed if it is still there
 *   event-end                the event that waited: when does it complete?
 *   event-again              the event that was refused: does it succeed now?
 *   pins                     the counters, against those at the beginning
 *   come-back                the device is brought back and registered again
 *   taint                    the kernel's taint flags, before the first step and now
 *
 * What each step says is in src/observe/steps.c; which of them a scenario owes,
 * dp_scenario_owes(). One that is owed and not taken is left out with its reason; after a splat of
 * the kernel, that is the reason.
 *
 * Whatever the kernel might never return from is done by another process (actor.h). This one only
 * watches.
 */
#include <sys/mman.h>

#include "scenario.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"
#include "daxpin/pinner.h"
#include "daxpin/splat.h"

dp_steps dp_scenario_owes(const struct dp_event *event, enum dp_release release)
{
	dp_steps owed = DP_STEP_BIT(DP_STEP_REGISTER) | DP_STEP_BIT(DP_STEP_EVENT) |
			DP_STEP_BIT(DP_STEP_PINS) | DP_STEP_BIT(DP_STEP_COME_BACK) |
			DP_STEP_BIT(DP_STEP_TAINT);

	if (event->rehearsed)
		owed |= DP_STEP_BIT(DP_STEP_REHEARSAL);
	if (event->kills)
		owed |= DP_STEP_BIT(DP_STEP_KILL_WHILE_REGISTERING);
	if (event->unmapped)
		owed |= DP_STEP_BIT(DP_STEP_UNMAP);
	if (event->ends_owner)
		return owed;
	owed |= DP_STEP_BIT(DP_STEP_CPU_ACCESS) | DP_STEP_BIT(DP_STEP_REGISTER_AGAIN) |
		DP_STEP_BIT(DP_STEP_ASYNC_EVENTS) | DP_STEP_BIT(DP_STEP_OWNER_END) |
		DP_STEP_BIT(DP_STEP_EVENT_END) | DP_STEP_BIT(DP_STEP_EVENT_AGAIN);
	owed |= DP_STEP_BIT(release == DP_NONE ? DP_STEP_GIVE_UP : DP_STEP_RELEASE);
	if (release == DP_DEREG)
		owed |= DP_STEP_BIT(DP_STEP_RELEASE_AGAIN);
	return owed;
}

static void clear(struct dp_teardown *t)
{
	dp_teardown_disarm(t);
	dp_actor_clear(&t->counter);
	dp_actor_clear(&t->event);
	dp_actor_clear(&t->release);
	dp_actor_clear(&t->keeper);
	if (t->owner && !t->pool)
		munmap(t->owner, sizeof(*t->owner));
}

static void leave_out(const struct dp_teardown *t, enum dp_step step, const char *why)
{
	if (dp_scenario_owes(t->scenario->event, t->scenario->release) & DP_STEP_BIT(step))
		dp_emit_left_out(t->fd, step, why);
}

/* ---- after the event has begun ------------------------------------------------------------ */

static void look_around(struct dp_teardown *t)
{
	if (t->unmapped) {
		leave_out(t, DP_STEP_CPU_ACCESS, "the owner has given its mapping up");
		leave_out(t, DP_STEP_REGISTER_AGAIN, "the owner has given its mapping up");
	} else {
		dp_take_answer(t, DP_STEP_CPU_ACCESS, DP_OWNER_TOUCH, DP_FIELD_RESULT);
		dp_take_register_again(t);
	}
	dp_take_answer(t, DP_STEP_ASYNC_EVENTS, DP_OWNER_EVENTS, DP_FIELD_EVENTS);
}

static void let_go(struct dp_teardown *t)
{
	if (t->scenario->release == DP_NONE && dp_teardown_still_on(t))
		dp_take_give_up(t);
	else
		leave_out(t, DP_STEP_GIVE_UP, "the event is not waiting");
	if (t->scenario->release != DP_NONE && t->registered)
		dp_take_release(t);
	else
		leave_out(t, DP_STEP_RELEASE, "nothing was registered");
	if (t->scenario->release != DP_DEREG)
		return;
	if (t->again && t->keeper.pid)
		dp_take_release_again(t);
	else
		leave_out(t, DP_STEP_RELEASE_AGAIN,
			  t->again ? "the owner is no more" : "there is no second registration");
}

/* Nobody releases: where pins are held, that is how it stays, and all that is to be seen. */
static bool ends_with_pins(const struct dp_teardown *t)
{
	return t->scenario->release == DP_NONE && t->registered && !t->scenario->event->ends_owner;
}

static void leave_out_the_rest(const struct dp_teardown *t)
{
	for (int step = DP_STEP_OWNER_END; step <= DP_STEP_COME_BACK; step++)
		leave_out(t, (enum dp_step)step, "nobody releases the pins");
}

/* With nothing pinned, an event that waited must complete, and one that was refused succeed. */
static void end_event(struct dp_teardown *t)
{
	bool refused = t->event_fate == DP_DONE && t->event_rc;

	if (dp_teardown_still_on(t)) {
		leave_out(t, DP_STEP_EVENT_AGAIN, "the event was not refused");
		dp_take_event(t, DP_STEP_EVENT_END, BUSY_LIMIT_MS, false);
		return;
	}
	leave_out(t, DP_STEP_EVENT_END, "the event had ended before");
	if (!refused)
		leave_out(t, DP_STEP_EVENT_AGAIN, "the event was not refused");
	else if (!dp_teardown_has_splat(t))
		dp_take_event(t, DP_STEP_EVENT_AGAIN, BUSY_LIMIT_MS, true);
}

static void after_event(struct dp_teardown *t)
{
	if (!t->scenario->event->ends_owner) {
		look_around(t);
		let_go(t);
		if (ends_with_pins(t)) {
			leave_out_the_rest(t);
			return;
		}
		if (dp_teardown_has_splat(t))
			return;
		dp_take_owner_end(t);
		end_event(t);
	}
	dp_take_pins(t);
	if (dp_teardown_still_on(t))
		leave_out(t, DP_STEP_COME_BACK, "the event has not completed");
	else if (t->scenario->event->final)
		leave_out(t, DP_STEP_COME_BACK, "what this event takes away is not brought back");
	else if (!dp_teardown_has_splat(t))
		dp_take_come_back(t);
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* What has no link cannot lose it. */
static int check_pinner(const struct dp_teardown *t, struct dp_error *err)
{
	const struct dp_pinner *pinner = t->options->pinner;

	if (!pinner || pinner->provider ||
	    (!t->scenario->event->takes_rdma && t->scenario->release != DP_LINK_DELETE))
		return 0;
	return dp_skip(err, "what %s pins is not held by an RDMA link", pinner->name);
}

static int carry_out_scenario(struct dp_teardown *t, struct dp_error *err)
{
	const struct dp_event *event = t->scenario->event;
	int rc = check_pinner(t, err);

	if (!rc)
		rc = dp_teardown_share(t, err);

	if (rc)
		return rc;
	dp_teardown_arm(t);
	dp_teardown_start_counting(t);
	rc = dp_teardown_start_owner(t, err);
	if (!rc && event->prepare)
		rc = event->prepare(&t->owner->target, err);
	if (!rc && event->rehearsed)
		rc = dp_take_rehearsal(t, err);
	if (rc)
		return rc;
	/* Who else has the adapter open would be a part of what is asked. */
	dp_worker_pool_dismiss(t->pool);
	if (event->kills)
		dp_take_kill_while_registering(t);
	rc = dp_take_register(t, err);
	if (rc)
		return rc;
	if (event->unmapped && !t->registered)
		dp_take_unmap(t);
	else
		leave_out(t, DP_STEP_UNMAP, "something is registered over the mapping");
	if (event->ends_owner)
		dp_take_owner_event(t);
	else
		dp_take_event(t, DP_STEP_EVENT, dp_teardown_event_limit(t), true);
	after_event(t);
	dp_emit(t->fd, dp_step_taint(t->options->taint));
	return 0;
}

int dp_teardown_run(const struct dp_scenario *scenario, const struct dp_teardown_options *options,
		    int fd, struct dp_error *err)
{
	dp_cleanup(clear) struct dp_teardown t = { .scenario = scenario,
						   .options = options,
						   .pool = options->pool,
						   .fd = fd,
						   .keeper = DP_NO_ACTOR,
						   .event = DP_NO_ACTOR,
						   .counter = DP_NO_ACTOR,
						   .release = DP_NO_ACTOR };
	struct dp_error cause = { 0 };
	int rc;

	dp_emit_text(fd, "begin", "id", scenario->id);
	rc = carry_out_scenario(&t, &cause);
	dp_mark_step(DP_CLEANUP);
	if (rc < 0 && cause.input) {
		*err = cause;
		return rc;
	}
	if (rc)
		dp_emit_id(fd, rc == DP_SKIP ? "skip" : "died", scenario->id, cause.what);
	else
		dp_emit_id(fd, "end", scenario->id, NULL);
	return 0;
}
