// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic that is in flight while something is taken away. The steps:
 *
 *   event       begins a little after the traffic has: completed, failed, waits, runs, died
 *   in-flight   how many requests completed, and how the last one ended
 *   release     if the event waits: the region is deregistered
 *   event-end   then it must complete
 *   undo        what was taken away is brought back
 *   canary      somebody else has it now, and traffic goes on by the old key: is a byte changed?
 *
 * Whatever the kernel might never return from is done by another process (actor.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "drive.h"

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/complaint.h"
#include "daxpin/file.h"
#include "daxpin/teardown.h"

/* How long requests are posted around the event and after it, and when the event begins, ms. */
#define STREAM_MS 1500
#define AFTER_MS  500
#define BEGIN_MS  200
/* Size of a request, bytes. */
#define REQUEST 4096
/* How long an event or its undoing may be busy, ms. */
#define BUSY_LIMIT_MS 20000
/* To map and fill what has become free takes a second or two under emulation. */
#define CANARY_LIMIT_MS 60000
#define CANARY_SEED     0xca9a71
/* Room that a file system keeps for itself, bytes. */
#define RESERVE (4ULL << 20)

/* What happens, and to what. */
struct deed {
	int (*act)(const struct dp_target *target, struct dp_error *err);
	struct dp_target target;
	unsigned int delay_ms;
	pid_t victim; /* is killed, if not 0 */
};

struct flight {
	struct leg leg;
	struct drive *drive;
	const struct dp_event *event;
	struct deed deed;
	struct dp_actor actor, canary;
	enum dp_fate fate;
	bool connected;
};

static void clear(struct flight *f)
{
	dp_actor_clear(&f->actor);
	dp_actor_clear(&f->canary);
	dp_closep(&f->deed.target.file);
	close_leg(&f->leg);
}

/* ---- the event --------------------------------------------------------------------------- */

static void carry_out(int fd, void *arg)
{
	const struct deed *deed = arg;
	struct dp_reply reply = { 0 };

	usleep(deed->delay_ms * 1000);
	if (!deed->victim) {
		dp_event_carry_out(fd, deed->act, &deed->target);
		return;
	}
	reply.rc = kill(deed->victim, SIGKILL) ? -errno : 0;
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

static void emit_fate(struct flight *f, const char *step, const struct dp_reply *reply)
{
	struct json_object *obj = json_object_new_object();
	bool failed = f->fate == DP_DONE && reply->rc;

	dp_json_add_text(obj, "state", failed ? "failed" : dp_fate_name(f->fate));
	dp_json_add_text(obj, "text", failed ? reply->text : NULL);
	if (f->fate == DP_WAITS) {
		char where[256];

		dp_actor_where(f->actor.pid, where, sizeof(where));
		dp_json_add_text(obj, "where", where);
	}
	emit_step(&f->leg, step, obj);
}

/* What is to be taken away, by the names that the kernel has for it. */
static void find_target(struct flight *f)
{
	const struct region *r = &f->leg.regions[OTHER];
	struct dp_target *target = &f->deed.target;
	char path[64];

	*target = (struct dp_target){ .file = -1 };
	if (r->resource[0])
		dp_target_of_device(r->resource, false, target);
	target->mapping = f->drive->errand->mapping;
	target->len = r->length;
	snprintf(target->rdma, sizeof(target->rdma), "%s", f->drive->own.port->device);
	dp_read_attr(target->netdev, sizeof(target->netdev), "/sys/class/infiniband/%s/parent",
		     target->rdma);
	if (f->event->file) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)r->pid, r->file);
		target->file = open(path, O_RDWR | O_CLOEXEC);
	}
	f->deed.act = f->event->run;
	f->deed.victim = f->event->kills ? r->pid : 0;
	f->deed.delay_ms = BEGIN_MS;
}

/* ---- the traffic ------------------------------------------------------------------------- */

static struct json_object *stream(struct flight *f, uint64_t ms)
{
	const struct region *r = &f->leg.regions[OTHER];
	struct json_object *order = order_of("stream"), *reply = NULL;

	dp_json_add_text(order, "operation", "write");
	dp_json_add_text(order, "key", "whole");
	dp_json_add_int(order, "size", REQUEST);
	dp_json_add_int(order, "remote", (int64_t)r->address);
	dp_json_add_int(order, "rkey", r->rkey);
	dp_json_add_int(order, "ms", (int64_t)ms);
	ask(f->drive, OWN, order, &reply);
	return reply;
}

static void copy_members(struct json_object *from, struct json_object *to)
{
	static const char *const names[] = { "operations", "status", "status_text",
					     "state",      "us",     "text" };
	struct json_object *value;

	for (size_t i = 0; from && i < DP_ARRAY_SIZE(names); i++)
		if (json_object_object_get_ex(from, names[i], &value))
			json_object_object_add(to, names[i], json_object_get(value));
}

/* Traffic is on its way before the event begins, and goes on after it has. */
static void fly(struct flight *f)
{
	dp_cleanup(put_object) struct json_object *reply = NULL;
	struct json_object *obj = json_object_new_object();
	struct dp_reply outcome = { 0 };

	dp_mark_step("in-flight");
	if (dp_actor_start(&f->actor, carry_out, &f->deed))
		return;
	reply = stream(f, STREAM_MS);
	copy_members(reply, obj);
	dp_json_add_int(obj, "lost", f->drive->lost);
	emit_step(&f->leg, "in-flight", obj);
	f->fate = dp_actor_wait(&f->actor, BUSY_LIMIT_MS, &outcome);
	emit_fate(f, "event", &outcome);
	f->connected = reply && dp_json_text(reply, "state") &&
		       !strcmp(dp_json_text(reply, "state"), "RTS");
	/* One that was refused has taken nothing away. */
	if (f->fate == DP_DONE && outcome.rc)
		f->fate = DP_DIED;
}

/* What waits for the pins must go on without them. */
static void release(struct flight *f)
{
	struct dp_reply outcome = { 0 };
	struct json_object *obj = json_object_new_object();
	int rc;

	dp_mark_step("release");
	rc = ask(f->drive, OTHER, order_of("deregister"), NULL);

	dp_json_add_text(obj, "errno", rc ? dp_errno_name(rc) : NULL);
	emit_step(&f->leg, "release", obj);
	f->fate = dp_actor_wait(&f->actor, BUSY_LIMIT_MS, &outcome);
	emit_fate(f, "event-end", &outcome);
}

/* ---- the canary -------------------------------------------------------------------------- */

/* As much as has become free: on a file system all of that, so that freed blocks are among it. */
static uint64_t canary_size(const struct flight *f)
{
	const struct dp_env *env = &f->drive->options->env;
	struct statfs st;

	for (size_t i = 0; i < env->ndirs && f->event->file; i++)
		if (strstr(env->dirs[i], f->drive->errand->mapping->fs) &&
		    strstr(env->dirs[i], "/dax") && !statfs(env->dirs[i], &st) &&
		    st.f_bavail * (uint64_t)st.f_bsize > 2 * RESERVE)
			return (st.f_bavail * (uint64_t)st.f_bsize - RESERVE) & ~(2 * RESERVE - 1);
	return env->size;
}

/* Maps what somebody else had, fills it, and looks at it again when told to. */
static void keep_canary(int fd, void *arg)
{
	const struct flight *f = arg;
	struct dp_env env = f->drive->options->env;
	struct dp_ledger ledger = { .seed = CANARY_SEED };
	struct dp_damage damage = { 0 };
	struct dp_reply reply = { 0 };
	struct dp_error err = { 0 };
	struct dp_area area;
	char order;

	env.size = canary_size(f);
	reply.rc = dp_area_open(f->drive->errand->mapping, &env, &area, &err);
	if (!reply.rc)
		dp_pattern_fill(area.addr, area.len, CANARY_SEED, 0);
	reply.number = reply.rc ? 0 : (int64_t)area.len;
	snprintf(reply.text, sizeof(reply.text), "%.300s", err.what);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	if (reply.rc || recv(fd, &order, 1, 0) != 1)
		return;
	dp_ledger_check(&ledger, area.addr, 0, area.len, &damage);
	reply.number = (int64_t)damage.wrong;
	snprintf(reply.text, sizeof(reply.text), "%llu", (unsigned long long)damage.first);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

static bool has_canary(struct flight *f, struct json_object *obj)
{
	struct dp_reply reply;

	if (dp_actor_start(&f->canary, keep_canary, f) ||
	    dp_actor_hear(&f->canary, CANARY_LIMIT_MS, &reply) != DP_DONE || reply.rc) {
		dp_json_add_text(obj, "text", "what was taken away could not be handed on");
		return false;
	}
	dp_json_add_int(obj, "bytes", reply.number);
	return true;
}

static void watch_canary(struct flight *f)
{
	struct json_object *obj = json_object_new_object();
	dp_cleanup(put_object) struct json_object *traffic = NULL;
	struct dp_reply reply;

	dp_mark_step("canary");
	if (has_canary(f, obj)) {
		if (f->connected)
			traffic = stream(f, AFTER_MS);
		copy_members(traffic, obj);
		if (dp_actor_tell(&f->canary, 'c') &&
		    dp_actor_hear(&f->canary, CANARY_LIMIT_MS, &reply) == DP_DONE) {
			dp_json_add_int(obj, "wrong", reply.number);
			dp_json_add_int(obj, "first", strtoll(reply.text, NULL, 10));
		}
	}
	emit_step(&f->leg, "canary", obj);
}

static bool undo(struct flight *f)
{
	struct dp_reply outcome = { 0 };

	dp_mark_step("undo");
	dp_actor_clear(&f->actor);
	f->deed.act = f->event->undo;
	f->deed.delay_ms = 0;
	if (!f->event->undo)
		return true;
	if (dp_actor_start(&f->actor, carry_out, &f->deed))
		return false;
	f->fate = dp_actor_wait(&f->actor, BUSY_LIMIT_MS, &outcome);
	emit_fate(f, "undo", &outcome);
	return f->fate == DP_DONE && !outcome.rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

/* Memory is handed on if it was taken away; an adapter that has gone has nothing to hand on. */
static bool hands_on(const struct flight *f)
{
	return f->fate == DP_DONE && f->event->effect != DP_KEEPS &&
	       !dp_kernel_has_complained(f->drive->own.taint);
}

static int prepare(struct flight *f, struct dp_error *why)
{
	int rc = prepare_leg(&f->leg, why);

	if (rc != -EOPNOTSUPP || !pages_on_demand(f->drive, f->leg.operation))
		return rc;
	close_leg(&f->leg);
	f->leg.on_demand = true;
	return prepare_leg(&f->leg, why);
}

int run_in_flight(struct drive *d, struct dp_error *why)
{
	dp_cleanup(clear) struct flight f = {
		.leg = { .drive = d, .operation = dp_operation_find("write"), .tested = OTHER },
		.drive = d,
		.event = d->errand->event,
		.deed = { .target = { .file = -1 } },
		.actor = DP_NO_ACTOR,
		.canary = DP_NO_ACTOR,
	};
	int rc = prepare(&f, why);

	if (!rc)
		rc = connect_ends(&f.leg, false);
	if (rc)
		return rc;
	find_target(&f);
	fly(&f);
	if (f.fate == DP_WAITS && !f.event->takes_rdma)
		release(&f);
	if (hands_on(&f) && undo(&f))
		watch_canary(&f);
	return 0;
}
