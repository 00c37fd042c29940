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
#include <sys/vfs.h>
#include <unistd.h>

#include "leg.h"
#include "pattern.h"
#include "talk.h"

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/splat.h"
#include "daxpin/teardown.h"

/* How long requests are posted around the event and beside the canary, and when the event begins,
 * after the first request, ms. */
#define STREAM_MS 1500
#define AFTER_MS  500
#define BEGIN_MS  200
/* Size of a request, bytes. */
#define REQUEST 4096
/* How long an event, or bringing back what it took, may be busy, ms. */
#define BUSY_LIMIT_MS 20000
/* Mapping and filling what was freed takes a second or two under emulation. */
#define CANARY_LIMIT_MS 60000
#define CANARY_SEED     0xca9a71
/* A disk is filled and compared in pieces of this size, bytes. */
#define CHUNK (1 << 20)
/* Room that is left to the file system, bytes. */
#define RESERVE (4ULL << 20)

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
	struct dp_actor actor, canary;
	enum dp_fate fate; /* of the event, or of bringing back what it took */
	bool connected;    /* the queue pair still takes requests */
};

static void clear(struct flight *f)
{
	dp_actor_clear(&f->actor);
	dp_actor_clear(&f->canary);
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

static void emit_fate(struct flight *f, const char *step, const struct dp_reply *reply)
{
	struct json_object *obj = json_object_new_object();
	const char *zone = f->drive->tcase->mapping->zone;
	bool failed = f->fate == DP_DONE && reply->rc;

	dp_json_add_text(obj, "state", failed ? "failed" : dp_fate_name(f->fate));
	dp_json_add_text(obj, "text", failed ? reply->text : NULL);
	if (f->fate == DP_WAITS) {
		char where[256];

		dp_actor_where(f->actor.pid, where, sizeof(where));
		dp_json_add_text(obj, "where", where);
	}
	dp_json_add_bool(obj, "movable", zone && !strcmp(zone, "Movable"));
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

static void copy_members(struct json_object *from, struct json_object *to)
{
	static const char *const names[] = { "operations", "status", "status_text",
					     "state",      "us",     "text" };
	struct json_object *value;

	for (size_t i = 0; from && i < DP_ARRAY_SIZE(names); i++)
		if (json_object_object_get_ex(from, names[i], &value))
			json_object_object_add(to, names[i], json_object_get(value));
}

/* Requests are posted before the event begins and while it happens. */
static void fly(struct flight *f)
{
	dp_autojson struct json_object *reply = NULL;
	struct json_object *obj = json_object_new_object();
	struct dp_reply outcome = { 0 };

	dp_mark_step("in-flight");
	if (dp_actor_start(&f->actor, carry_out, &f->deed))
		return;
	reply = stream(f, STREAM_MS);
	copy_members(reply, obj);
	dp_json_add_int(obj, "lost", f->drive->lost);
	dp_leg_emit(&f->leg, "in-flight", obj);
	f->fate = dp_actor_wait(&f->actor, BUSY_LIMIT_MS, &outcome);
	emit_fate(f, "event", &outcome);
	f->connected = reply && dp_json_text(reply, "state") &&
		       !strcmp(dp_json_text(reply, "state"), "RTS");
	/* An event that failed has taken nothing away. */
	if (f->fate == DP_DONE && outcome.rc)
		f->fate = DP_DIED;
}

/* An event that waits for the pins must go on without them. */
static void release(struct flight *f)
{
	struct dp_reply outcome = { 0 };
	struct json_object *obj = json_object_new_object();
	int rc;

	dp_mark_step("release");
	rc = dp_drive_ask(f->drive, DP_REMOTE, dp_talk_command("deregister"), NULL);

	dp_json_add_text(obj, "errno", rc ? dp_errno_name(rc) : NULL);
	dp_leg_emit(&f->leg, "release", obj);
	f->fate = dp_actor_wait(&f->actor, BUSY_LIMIT_MS, &outcome);
	emit_fate(f, "event-end", &outcome);
}

/* ---- the canary -------------------------------------------------------------------------- */

static int open_disk(const char *disk, struct dp_area *area, struct dp_error *err)
{
	char path[80];
	off_t length;

	snprintf(path, sizeof(path), "/dev/%s", disk);
	area->fd = open(path, O_RDWR | O_DIRECT | O_EXCL | O_CLOEXEC);
	length = area->fd < 0 ? -1 : lseek(area->fd, 0, SEEK_END);
	if (length < 0)
		return dp_fail(err, -errno, "cannot open %s", path);
	area->len = (uint64_t)length / CHUNK * CHUNK;
	return 0;
}

/* All that is free on the file system of the file, so that the freed blocks are among it. */
static uint64_t canary_size(const struct flight *f)
{
	struct statfs st;
	uint64_t room;

	if (!f->deed.target.dir[0] || statfs(f->deed.target.dir, &st))
		return f->drive->options->env.size;
	room = st.f_bavail * (uint64_t)st.f_bsize;
	return room > 2 * RESERVE ? (room - RESERVE) & ~(2 * RESERVE - 1)
				  : f->drive->options->env.size;
}

/*
 * A file system whose disk is gone stays mounted as long as its files are open, and the disk cannot
 * be mounted again before. Then the disk itself is handed on.
 */
static bool hands_on_disk(const struct flight *f)
{
	return f->drive->tcase->mapping->fs && !f->event->file;
}

static int map_canary(const struct flight *f, struct dp_area *area, struct dp_error *err)
{
	struct dp_env env = f->drive->options->env;

	env.size = canary_size(f);
	*area = (struct dp_area){ .fd = -1 };
	if (!hands_on_disk(f))
		return dp_area_open(f->drive->tcase->mapping, &env, area, err);
	return open_disk(f->deed.target.disk, area, err);
}

/* Writes or compares a whole disk, past the page cache. */
static int sweep_disk(const struct dp_area *area, struct dp_damage *damage)
{
	const struct dp_ledger ledger = { .seed = CANARY_SEED };
	void *buffer = NULL;
	int rc = posix_memalign(&buffer, 4096, CHUNK) ? -ENOMEM : 0;

	for (uint64_t at = 0; at < area->len && !rc; at += CHUNK) {
		if (!damage)
			dp_pattern_fill(buffer, CHUNK, CANARY_SEED, at);
		if ((damage ? pread(area->fd, buffer, CHUNK, (off_t)at)
			    : pwrite(area->fd, buffer, CHUNK, (off_t)at)) != CHUNK)
			rc = -EIO;
		else if (damage)
			dp_ledger_check(&ledger, buffer, at, CHUNK, damage);
	}
	free(buffer);
	return rc;
}

/* Fills the canary; with @damage, compares it. */
static int sweep_canary(const struct dp_area *area, struct dp_damage *damage)
{
	const struct dp_ledger ledger = { .seed = CANARY_SEED };

	if (!area->addr)
		return sweep_disk(area, damage);
	if (damage)
		dp_ledger_check(&ledger, area->addr, 0, area->len, damage);
	else
		dp_pattern_fill(area->addr, area->len, CANARY_SEED, 0);
	return 0;
}

/* The process that uses what was taken away: fills it, and compares it when told to. */
static void keep_canary(int fd, void *arg)
{
	const struct flight *f = arg;
	struct dp_damage damage = { 0 };
	struct dp_reply reply = { 0 };
	struct dp_error err = { 0 };
	struct dp_area area;
	char command;

	reply.rc = map_canary(f, &area, &err);
	if (!reply.rc)
		reply.rc = sweep_canary(&area, NULL);
	reply.number = reply.rc ? 0 : (int64_t)area.len;
	snprintf(reply.text, sizeof(reply.text), "%.300s", err.what);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	if (reply.rc || recv(fd, &command, 1, 0) != 1)
		return;
	if (sweep_canary(&area, &damage))
		return;
	reply.number = (int64_t)damage.wrong;
	snprintf(reply.text, sizeof(reply.text), "%llu", (unsigned long long)damage.first);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

static bool start_canary(struct flight *f, struct json_object *obj)
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
	dp_autojson struct json_object *traffic = NULL;
	struct dp_reply reply;

	dp_mark_step("canary");
	if (start_canary(f, obj)) {
		if (f->connected)
			traffic = stream(f, AFTER_MS);
		copy_members(traffic, obj);
		if (dp_actor_tell(&f->canary, 'c') &&
		    dp_actor_hear(&f->canary, CANARY_LIMIT_MS, &reply) == DP_DONE) {
			dp_json_add_int(obj, "wrong", reply.number);
			dp_json_add_int(obj, "first", strtoll(reply.text, NULL, 10));
		}
	}
	dp_leg_emit(&f->leg, "canary", obj);
}

static bool undo(struct flight *f)
{
	struct dp_reply outcome = { 0 };

	dp_mark_step("undo");
	dp_actor_clear(&f->actor);
	f->deed.act = hands_on_disk(f) ? dp_target_restore : f->event->undo;
	f->deed.delay_ms = 0;
	if (!f->deed.act)
		return true;
	if (dp_actor_start(&f->actor, carry_out, &f->deed))
		return false;
	f->fate = dp_actor_wait(&f->actor, BUSY_LIMIT_MS, &outcome);
	emit_fate(f, "undo", &outcome);
	return f->fate == DP_DONE && !outcome.rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

/* Memory that was taken away is handed on; where only the adapter is gone, there is none. */
static bool hands_on(const struct flight *f)
{
	return f->fate == DP_DONE && f->event->effect != DP_KEEPS &&
	       !dp_kernel_has_splat(f->drive->local.taint);
}

static int open_leg(struct flight *f, struct dp_error *why)
{
	int rc;

	dp_leg_emit_begin(&f->leg);
	rc = dp_leg_open(&f->leg, why);
	if (rc == DP_SKIP)
		dp_leg_emit_left_out(&f->leg, "leg", why->what);
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

/* Removes what else would be in the way of the event. */
static int prepare_event(struct flight *f)
{
	dp_autojson struct json_object *reason = json_object_new_object();
	struct dp_error err = { 0 };
	int rc = f->event->prepare ? f->event->prepare(&f->deed.target, &err) : 0;

	if (!rc)
		return 0;
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
		.canary = DP_NO_ACTOR,
	};
	int rc = prepare(&f, why);

	if (!rc)
		rc = dp_leg_connect(&f.leg, false);
	if (rc)
		return rc;
	find_target(&f);
	rc = prepare_event(&f);
	if (rc)
		return rc;
	fly(&f);
	if (f.fate == DP_WAITS && !f.event->takes_rdma)
		release(&f);
	if (hands_on(&f) && undo(&f))
		watch_canary(&f);
	return 0;
}
