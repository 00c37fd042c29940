// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A leg with traffic in flight while something is taken away. Its steps, in their order:
 *
 *   in-flight   how many requests completed, and how the last one ended
 *   event       which began a little after the requests: completed, failed, waits, runs, died
 *   release     the region is deregistered, if the event waits
 *   event-end   how the event ended after that
 *   undo        what was taken away is brought back
 *   canary      another process uses it now, and requests go on with the old key: bytes it finds
 *               changed
 *
 * Whatever may never return from the kernel is done by another process (actor.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "canary.h"
#include "leg.h"
#include "talk.h"

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/splat.h"
#include "daxpin/teardown.h"

/*
 * How long requests are posted around the event, at most (queue.c: LINGER_US), and beside the
 * canary; and how long after the first request the event begins, ms.
 */
#define STREAM_MS 1500
#define AFTER_MS  500
#define BEGIN_MS  200
/* Size of a request, bytes. */
#define REQUEST 4096
/* How long an event, or bringing back what it took, may be busy, ms. */
#define BUSY_LIMIT_MS 20000

/* What another process does. */
struct deed {
	int (*act)(const struct dp_target *target, struct dp_error *err); /* NULL: nothing */
	struct dp_target target;
	unsigned int delay_ms;
	pid_t victim; /* a process to kill instead, 0 for none */
	int end;      /* a socket to an end that is to exit instead, -1 for none */
};

struct flight {
	struct dp_leg leg;
	struct dp_drive *drive;
	const struct dp_event *event;
	struct deed deed;
	struct dp_actor actor;
	struct dp_canary canary;
	enum dp_fate fate; /* of the event, or of bringing back what it took */
	bool connected;    /* the queue pair still takes requests */
};

static void clear(struct flight *f)
{
	dp_actor_clear(&f->actor);
	dp_actor_clear(&f->canary.actor);
	dp_closep(&f->deed.target.file);
	dp_leg_close(&f->leg);
	dp_leg_emit_end(&f->leg);
}

/* ---- the event --------------------------------------------------------------------------- */

static void carry_out(int fd, void *arg)
{
	const struct deed *deed = arg;
	struct dp_reply reply = { 0 };

	usleep(deed->delay_ms * 1000);
	if (!deed->victim && deed->end < 0) {
		dp_event_carry_out(fd, deed->act, &deed->target);
		return;
	}
	if (deed->victim)
		reply.rc = kill(deed->victim, SIGKILL) ? -errno : 0;
	else
		reply.rc = dp_talk_say(deed->end, dp_talk_command("exit"));
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

/* Has another process carry out the deed. Return: false if there is none, which is emitted. */
static bool start_deed(struct flight *f, const char *what)
{
	if (!dp_actor_start(&f->actor, carry_out, &f->deed))
		return true;
	dp_leg_emit_trouble(&f->leg, what, NULL);
	f->fate = DP_DIED;
	return false;
}

static void emit_fate(struct flight *f, enum dp_step step, const struct dp_reply *reply)
{
	struct json_object *obj = json_object_new_object();
	const char *zone = f->leg.regions[DP_REMOTE].zone;
	bool failed = f->fate == DP_DONE && reply->rc;

	dp_step_set_text(obj, DP_FIELD_STATE, failed ? "failed" : dp_fate_name(f->fate));
	dp_step_set_text(obj, DP_FIELD_TEXT, failed ? reply->text : NULL);
	if (f->fate == DP_WAITS || f->fate == DP_RUNS) {
		char where[256];

		dp_actor_look(f->actor.pid, where, sizeof(where));
		dp_step_set_text(obj, DP_FIELD_WHERE, where);
	}
	if (zone[0] || !f->drive->tcase->mapping->zone)
		dp_step_set_flag(obj, DP_FIELD_MOVABLE, !strcmp(zone, "Movable"));
	else
		dp_step_leave_out(obj, DP_FIELD_MOVABLE, "the zone of the pages is not known");
	dp_leg_emit(&f->leg, step, obj);
}

/* Finds out what is to be taken away, by the names that the kernel has for it. */
static void find_target(struct flight *f)
{
	const struct dp_region *r = &f->leg.regions[DP_REMOTE];
	struct dp_target *target = &f->deed.target;
	struct dp_area area = { .len = r->length };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)r->pid, r->file);
	snprintf(area.resource, sizeof(area.resource), "%s", r->resource);
	area.fd = r->file < 0 ? -1 : open(path, O_CLOEXEC | (f->event->file ? O_RDWR : O_PATH));
	dp_target_find(f->drive->tcase->mapping, &area, target);
	/* Another open descriptor would be in the way of other events. */
	if (f->event->file)
		target->file = dp_take_fd(&area.fd);
	dp_closep(&area.fd);
	target->channel = f->drive->fd;
	snprintf(target->rdma, sizeof(target->rdma), "%s", f->drive->local.port->device);
	dp_read_attr(target->netdev, sizeof(target->netdev), "/sys/class/infiniband/%s/parent",
		     target->rdma);
	f->deed.act = f->event->run;
	f->deed.victim = f->event->kills ? r->pid : 0;
	f->deed.end = f->event->ends_owner && !f->event->kills ? f->drive->route->fd : -1;
	f->deed.delay_ms = BEGIN_MS;
}

/* ---- the traffic ------------------------------------------------------------------------- */

static struct json_object *stream(struct flight *f, uint64_t ms)
{
	const struct dp_region *r = &f->leg.regions[DP_REMOTE];
	struct json_object *command = dp_talk_command("stream"), *reply = NULL;

	dp_json_add_text(command, "operation", "write");
	dp_json_add_text(command, "key", "whole");
	dp_json_add_int(command, "size", REQUEST);
	dp_json_add_int(command, "remote", (int64_t)r->address);
	dp_json_add_int(command, "rkey", r->rkey);
	dp_json_add_int(command, "ms", (int64_t)ms);
	dp_drive_ask(f->drive, DP_LOCAL, command, &reply);
	return reply;
}

static void add_number(struct json_object *obj, enum dp_field field, struct json_object *reply)
{
	int64_t value;

	if (dp_json_int(reply, dp_field_name(field), &value))
		dp_step_leave_out(obj, field, "the end that posts the requests does not tell it");
	else
		dp_step_set_int(obj, field, value);
}

/* How a stream of requests ended. One that fails has no completion. */
static void add_stream(struct json_object *obj, struct json_object *reply)
{
	if (dp_json_int_or(reply, "rc", 0))
		dp_step_set_int(obj, DP_FIELD_STATUS, -1);
	else
		add_number(obj, DP_FIELD_STATUS, reply);
	add_number(obj, DP_FIELD_OPERATIONS, reply);
	add_number(obj, DP_FIELD_US, reply);
	dp_step_set_text(obj, DP_FIELD_STATUS_TEXT, dp_json_text(reply, "status_text"));
	dp_step_set_text(obj, DP_FIELD_QP_STATE, dp_json_text(reply, "state"));
	dp_step_set_text(obj, DP_FIELD_TEXT, dp_json_text(reply, "text"));
}

static void await_event(struct flight *f, enum dp_step step)
{
	struct dp_reply outcome = { 0 };

	f->fate = dp_actor_wait(&f->actor, BUSY_LIMIT_MS, &outcome);
	emit_fate(f, step, &outcome);
	/* An event that failed has taken nothing away. */
	if (f->fate == DP_DONE && outcome.rc)
		f->fate = DP_DIED;
}

/* Requests are posted before the event begins and while it happens. */
static void fly(struct flight *f)
{
	dp_autojson struct json_object *reply = NULL;
	struct json_object *obj = json_object_new_object();

	dp_mark_step("in-flight");
	if (!start_deed(f, "event")) {
		json_object_put(obj);
		return;
	}
	f->drive->local.event = &f->actor.fd;
	reply = stream(f, STREAM_MS);
	f->drive->local.event = NULL;
	add_stream(obj, reply);
	dp_step_set_int(obj, DP_FIELD_LOST, f->drive->lost);
	dp_leg_emit(&f->leg, DP_STEP_IN_FLIGHT, obj);
	await_event(f, DP_STEP_EVENT);
	f->connected = dp_json_text(reply, "state") && !strcmp(dp_json_text(reply, "state"), "RTS");
}

/* An event that waits for the pins must go on without them. */
static void release(struct flight *f)
{
	struct json_object *obj = json_object_new_object();
	int rc;

	dp_mark_step("release");
	rc = dp_drive_ask(f->drive, DP_REMOTE, dp_talk_command("deregister"), NULL);

	dp_step_set_text(obj, DP_FIELD_ERRNO, rc ? dp_errno_name(rc) : NULL);
	dp_leg_emit(&f->leg, DP_STEP_RELEASE, obj);
	await_event(f, DP_STEP_EVENT_END);
}

/* ---- what follows ------------------------------------------------------------------------ */

/*
 * A file system whose disk is gone stays mounted as long as its files are open, and the disk cannot
 * be mounted again before. Then the disk itself is handed on.
 */
static bool hands_on_disk(const struct flight *f)
{
	return f->drive->tcase->mapping->fs && !f->event->file;
}

static void watch_canary(struct flight *f)
{
	struct json_object *obj = json_object_new_object();
	dp_autojson struct json_object *traffic = NULL;
	struct dp_reply reply;

	dp_mark_step("canary");
	f->canary.mapping = f->drive->tcase->mapping;
	f->canary.env = f->drive->options->env;
	f->canary.dir = f->deed.target.dir;
	f->canary.disk = hands_on_disk(f) ? f->deed.target.disk : NULL;
	if (dp_canary_start(&f->canary, &reply)) {
		dp_step_set_int(obj, DP_FIELD_BYTES, reply.number);
		if (f->connected) {
			traffic = stream(f, AFTER_MS);
			add_stream(obj, traffic);
		} else {
			dp_step_set_int(obj, DP_FIELD_OPERATIONS, 0);
			dp_step_set_int(obj, DP_FIELD_STATUS, -1);
		}
	} else {
		dp_step_leave_out(obj, DP_FIELD_BYTES, reply.text);
	}
	if (!reply.rc && dp_canary_compare(&f->canary, &reply)) {
		dp_step_set_int(obj, DP_FIELD_WRONG, reply.number);
		dp_step_set_int(obj, DP_FIELD_FIRST_WRONG, strtoll(reply.text, NULL, 10));
	} else {
		dp_step_leave_out(obj, DP_FIELD_WRONG, reply.text);
	}
	dp_leg_emit(&f->leg, DP_STEP_CANARY, obj);
}

static void leave_out(struct flight *f, enum dp_step step, const char *why)
{
	dp_leg_leave_out(&f->leg, step, f->event->name, why);
}

/* Brings back what was taken away; false if that failed. */
static bool undo(struct flight *f)
{
	struct dp_reply outcome = { 0 };

	dp_mark_step("undo");
	dp_actor_clear(&f->actor);
	f->deed.act = hands_on_disk(f) ? dp_target_restore : f->event->undo;
	f->deed.delay_ms = 0;
	if (!f->deed.act) {
		leave_out(f, DP_STEP_UNDO, "there is nothing to bring back");
		return true;
	}
	if (!start_deed(f, "undo"))
		return false;
	f->fate = dp_actor_wait(&f->actor, BUSY_LIMIT_MS, &outcome);
	emit_fate(f, DP_STEP_UNDO, &outcome);
	return f->fate == DP_DONE && !outcome.rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

/* What waits for the pins is given them. */
static void let_go(struct flight *f)
{
	const char *why = f->event->takes_rdma ? "the event takes the adapter away, not the memory"
					       : "the event does not wait";

	if ((f->fate == DP_WAITS || f->fate == DP_RUNS) && !f->event->takes_rdma) {
		release(f);
		return;
	}
	leave_out(f, DP_STEP_RELEASE, why);
	leave_out(f, DP_STEP_EVENT_END, why);
}

/* Memory that was taken away is handed on; where only the adapter is gone, there is none. */
static void hand_on(struct flight *f)
{
	bool taken = f->fate == DP_DONE && f->event->effect != DP_KEEPS;

	if (dp_kernel_has_splat(f->drive->local.taint))
		return;
	if (!taken)
		leave_out(f, DP_STEP_UNDO, "the event has taken no memory away");
	if (taken && undo(f))
		watch_canary(f);
	else
		leave_out(f, DP_STEP_CANARY,
			  taken ? "what was taken away does not come back"
				: "the event has taken no memory away");
}

static int open_leg(struct flight *f, struct dp_error *why)
{
	int rc;

	dp_leg_emit_begin(&f->leg);
	rc = dp_leg_open(&f->leg, why);
	if (rc == DP_SKIP)
		dp_leg_leave_out(&f->leg, DP_STEP_IN_FLIGHT, "leg", why->what);
	return rc;
}

/* What cannot be pinned is registered on demand, where the adapter has it. */
static int prepare(struct flight *f, struct dp_error *why)
{
	int rc = open_leg(f, why);

	if (rc != -EOPNOTSUPP || !dp_leg_pages_on_demand(f->drive, f->leg.operation))
		return rc;
	dp_leg_close(&f->leg);
	dp_leg_emit_end(&f->leg);
	f->leg.on_demand = true;
	return open_leg(f, why);
}

/* Removes what else would be in the way of the event. @why: that there is no such event here */
static int prepare_event(struct flight *f, struct dp_error *why)
{
	dp_autojson struct json_object *reason = json_object_new_object();
	struct dp_error err = { 0 };
	int rc = f->event->prepare ? f->event->prepare(&f->deed.target, &err) : 0;

	if (!rc)
		return 0;
	if (rc == DP_SKIP) {
		*why = err;
		dp_leg_leave_out(&f->leg, DP_STEP_IN_FLIGHT, "leg", why->what);
		return rc;
	}
	dp_json_add_text(reason, "text", err.what);
	dp_leg_emit_trouble(&f->leg, "prepare", reason);
	return rc;
}

int dp_leg_run_in_flight(struct dp_drive *d, struct dp_error *why)
{
	dp_cleanup(clear) struct flight f = {
		.leg = { .drive = d, .operation = dp_operation_find("write"), .tested = DP_REMOTE },
		.drive = d,
		.event = d->tcase->event,
		.deed = { .target = { .file = -1 }, .end = -1 },
		.actor = DP_NO_ACTOR,
		.canary = { .actor = DP_NO_ACTOR },
	};
	int rc = prepare(&f, why);

	if (!rc)
		rc = dp_leg_connect(&f.leg, false);
	if (rc)
		return rc;
	find_target(&f);
	rc = prepare_event(&f, why);
	if (rc)
		return rc;
	fly(&f);
	let_go(&f);
	hand_on(&f);
	return 0;
}
