// SPDX-License-Identifier: GPL-2.0-or-later
/* The event of a teardown, and the steps after it. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "scenario.h"

#include "daxpin/json.h"
#include "daxpin/rdma.h"

/* ---- what others do ----------------------------------------------------------------------- */

static int delete_link(const struct dp_target *target, struct dp_error *err)
{
	return dp_rxe_delete(target->rdma, err);
}

static void act_link_delete(int fd, void *arg)
{
	struct dp_owner *owner = arg;

	if (owner->options.witness)
		dp_course_join(DP_COURSE_RELEASE);
	dp_event_carry_out(fd, delete_link, &owner->target);
}

static int add_link(const struct dp_target *target, struct dp_error *err)
{
	return dp_rxe_add(target->rdma, target->netdev, err);
}

static void act_link_add(int fd, void *arg)
{
	struct dp_owner *owner = arg;

	dp_event_carry_out(fd, add_link, &owner->target);
}

/* ---- the event ---------------------------------------------------------------------------- */

bool dp_teardown_still_on(const struct dp_teardown *t)
{
	return t->event_fate == DP_WAITS || t->event_fate == DP_RUNS;
}

static int start_event(struct dp_teardown *t)
{
	int rc = dp_actor_start(&t->event, dp_act_event, t->owner);

	t->cast.teardown = t->event.pid;
	return rc;
}

void dp_take_event(struct dp_teardown *t, enum dp_step step, uint64_t limit_ms, bool start)
{
	struct json_object *obj = dp_teardown_begin(t, step);
	struct dp_reply reply = { 0 };

	t->event_fate = DP_DIED;
	dp_teardown_begin_course(t);
	if (start)
		dp_actor_clear(&t->event);
	if (!start || !start_event(t))
		t->event_fate = dp_teardown_await(t, &t->event, limit_ms, &reply);
	t->event_rc = reply.rc;
	dp_step_add_fate(obj, t->event_fate, t->event.pid, &reply);
	dp_teardown_add_pins(t, obj);
	dp_teardown_end(t, obj);
}

void dp_take_owner_event(struct dp_teardown *t)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_EVENT);
	enum dp_fate fate;

	dp_teardown_begin_course(t);
	if (t->scenario->event->kills)
		kill(t->keeper.pid, SIGKILL);
	else
		dp_actor_tell(&t->keeper, DP_OWNER_EXIT);
	fate = dp_actor_wait_end(&t->keeper, BUSY_LIMIT_MS);
	t->event_fate = fate == DP_DIED ? DP_DONE : fate;
	dp_step_set_text(obj, DP_FIELD_STATE, dp_fate_name(t->event_fate));
	if (fate == DP_DIED)
		dp_step_add_errno(obj, 0);
	else
		dp_step_add_where(obj, t->keeper.pid);
	dp_teardown_add_pins(t, obj);
	dp_teardown_end(t, obj);
}

/* ---- what it looks like then -------------------------------------------------------------- */

void dp_take_answer(struct dp_teardown *t, enum dp_step step, enum dp_owner_command command,
		    enum dp_field field)
{
	struct json_object *obj = dp_teardown_begin(t, step);
	struct dp_reply reply;
	enum dp_fate fate = dp_teardown_command(t, command, &reply);

	dp_step_set_text(obj, DP_FIELD_STATE, dp_fate_name(fate));
	dp_step_set_text(obj, field, fate == DP_DONE ? reply.text : "no answer");
	dp_teardown_end(t, obj);
}

void dp_take_register_again(struct dp_teardown *t)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_REGISTER_AGAIN);
	struct dp_reply reply;
	enum dp_fate fate = dp_teardown_command(t, DP_OWNER_AGAIN, &reply);

	t->again = fate == DP_DONE && !reply.number;
	dp_step_set_text(obj, DP_FIELD_STATE, dp_fate_name(fate));
	if (fate == DP_DONE)
		dp_step_add_errno(obj, reply.number);
	else
		dp_step_add_where(obj, t->keeper.pid);
	dp_teardown_end(t, obj);
}

/* ---- the release -------------------------------------------------------------------------- */

static enum dp_fate release_by(struct dp_teardown *t, enum dp_release how, struct dp_reply *reply,
			       struct dp_actor **who)
{
	enum dp_fate fate;

	*who = &t->keeper;
	*reply = (struct dp_reply){ 0 };
	switch (how) {
	case DP_DEREG:
		return dp_teardown_command(t, DP_OWNER_DEREG, reply);
	case DP_CLOSE:
		return dp_teardown_command(t, DP_OWNER_CLOSE, reply);
	case DP_KILL:
		kill(t->keeper.pid, SIGKILL);
		fate = dp_actor_wait_end(&t->keeper, BUSY_LIMIT_MS);
		return fate == DP_DIED ? DP_DONE : fate;
	default:
		*who = &t->release;
		if (dp_actor_start(&t->release, act_link_delete, t->owner))
			return DP_DIED;
		t->cast.release = t->release.pid;
		return dp_teardown_await(t, &t->release, BUSY_LIMIT_MS, reply);
	}
}

void dp_take_release(struct dp_teardown *t)
{
	enum dp_release how = t->scenario->release;
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_RELEASE);
	struct dp_reply reply;
	struct dp_actor *who;
	enum dp_fate fate = release_by(t, how, &reply, &who);

	dp_step_set_text(obj, DP_FIELD_HOW, dp_release_name(how));
	if (how == DP_DEREG && fate == DP_DONE)
		reply.rc = -(int)reply.number;
	dp_step_add_fate(obj, fate, who->pid, &reply);
	if (fate == DP_DIED && WIFSIGNALED(who->status))
		dp_step_set_text(obj, DP_FIELD_SIGNAL, strsignal(WTERMSIG(who->status)));
	dp_teardown_end(t, obj);
}

/* An event that was refused has completed nothing. */
static const char *event_state(const struct dp_teardown *t)
{
	return t->event_fate == DP_DONE && t->event_rc ? "failed" : dp_fate_name(t->event_fate);
}

/* A registration that succeeded on the dying mapping must hold the event, too. */
void dp_take_release_again(struct dp_teardown *t)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_RELEASE_AGAIN);
	struct dp_reply reply;
	enum dp_fate fate;

	if (t->event_fate == DP_WAITS && t->scenario->event->effect == DP_GONE) {
		t->event_fate = dp_teardown_await(t, &t->event, dp_teardown_event_limit(t), &reply);
		t->event_rc = reply.rc;
	}
	dp_step_set_text(obj, DP_FIELD_EVENT_STATE, event_state(t));
	dp_teardown_add_pins(t, obj);
	fate = dp_teardown_command(t, DP_OWNER_DEREG_AGAIN, &reply);
	reply.rc = -(int)reply.number;
	dp_step_add_fate(obj, fate, t->keeper.pid, &reply);
	dp_teardown_end(t, obj);
}

void dp_take_give_up(struct dp_teardown *t)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_GIVE_UP);
	enum dp_fate fate;

	kill(t->event.pid, SIGKILL);
	fate = dp_actor_wait_end(&t->event, dp_teardown_event_limit(t));
	dp_step_set_text(obj, DP_FIELD_STATE, fate == DP_DIED ? "given up" : "goes on waiting");
	if (fate != DP_DIED)
		dp_step_add_where(obj, t->event.pid);
	dp_teardown_add_pins(t, obj);
	dp_teardown_end(t, obj);
}

/* ---- the end ------------------------------------------------------------------------------ */

void dp_take_owner_end(struct dp_teardown *t)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_OWNER_END);
	enum dp_fate fate = DP_DIED;

	if (t->keeper.pid) {
		kill(t->keeper.pid, SIGKILL);
		fate = dp_actor_wait_end(&t->keeper, BUSY_LIMIT_MS);
	}
	dp_step_set_text(obj, DP_FIELD_STATE, fate == DP_DIED ? "gone" : dp_fate_name(fate));
	if (fate != DP_DIED)
		dp_step_add_where(obj, t->keeper.pid);
	dp_teardown_end(t, obj);
}

void dp_take_pins(struct dp_teardown *t)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_PINS);

	dp_teardown_await_pins(t);
	dp_teardown_add_pins(t, obj);
	dp_teardown_end(t, obj);
	dp_teardown_end_course(t);
}

/* Another owner tries what the first one did. */
static void register_anew(struct dp_teardown *t, struct json_object *obj)
{
	struct dp_actor owner = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	enum dp_fate fate;

	t->owner->error = (struct dp_error){ 0 };
	dp_owner_start(&owner, NULL, t->owner);
	fate = dp_teardown_await(t, &owner, BUSY_LIMIT_MS, &reply);
	if (fate == DP_DONE && reply.rc) {
		dp_step_set_text(obj, DP_FIELD_REGISTER, "no mapping");
		dp_step_set_text(obj, DP_FIELD_TEXT, t->owner->error.what);
		dp_actor_clear(&owner);
		return;
	}
	if (fate == DP_DONE && dp_actor_tell(&owner, DP_OWNER_REGISTER))
		fate = dp_teardown_await(t, &owner, BUSY_LIMIT_MS, &reply);
	else if (fate == DP_DONE)
		fate = DP_DIED;
	dp_step_set_text(obj, DP_FIELD_REGISTER,
			 fate != DP_DONE ? dp_fate_name(fate)
			 : reply.number  ? dp_errno_name((int)reply.number)
					 : "allowed");
	dp_actor_clear(&owner);
}

/* What was taken away, and the link if that is how the pin was released. */
void dp_take_come_back(struct dp_teardown *t)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_COME_BACK);
	struct dp_actor undo = DP_NO_ACTOR, link = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	enum dp_fate fate = DP_DIED;

	if (!dp_actor_start(&undo, dp_act_undo, t->owner))
		fate = dp_teardown_await(t, &undo, BUSY_LIMIT_MS, &reply);
	if (fate == DP_DONE && !reply.rc && t->scenario->release == DP_LINK_DELETE &&
	    !dp_actor_start(&link, act_link_add, t->owner))
		fate = dp_teardown_await(t, &link, BUSY_LIMIT_MS, &reply);
	dp_step_add_fate(obj, fate, link.pid ? link.pid : undo.pid, &reply);
	if (fate == DP_DONE && !reply.rc)
		register_anew(t, obj);
	dp_teardown_end(t, obj);
	dp_actor_clear(&undo);
	dp_actor_clear(&link);
}
