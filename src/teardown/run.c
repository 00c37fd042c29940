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
 *   release                  the pin is ended, in the scenario's way
 *   release-again            so is the second one, if that registration succeeded
 *   give-up                  or nobody ends it: can the event be given up?
 *   owner-end                the owner is killed if it is still there
 *   event-end                the event that waited: when does it complete?
 *   event-again              the event that was refused: does it succeed now?
 *   pins                     the counters, against those at the beginning
 *   come-back                the device is brought back and registered again
 *
 * Whatever the kernel might never return from is done by another process (actor.h). This one only
 * watches.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "daxpin/actor.h"
#include "owner.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/rdma.h"
#include "daxpin/splat.h"

/* How long something may be busy before it counts as running on, ms. What sleeps is told sooner. */
#define BUSY_LIMIT_MS 20000
/* The same once the kernel has splatted: what it does then is no evidence any more. */
#define ILL_LIMIT_MS  3000
#define FIRST_WAIT_MS 60000
/* Owners killed in the middle of registering, and how long each may register, us. */
#define KILLS         4
#define KILL_AFTER_US 3000
/* Size of a region that takes long to register; and where one page-table entry maps even more. */
#define LONG_REGION   (16ULL << 20)
#define LONGER_REGION (64ULL << 20)

struct run {
	const struct dp_scenario *scenario;
	const struct dp_teardown_options *options;
	int fd;
	struct dp_owner *owner;      /* shared with the owner */
	struct dp_worker_pool *pool; /* of which the first owner may be; NULL without one */
	struct dp_actor keeper;      /* the owner */
	struct dp_actor event, release, counter;
	bool pins_known, registered, again, unmapped;
	enum dp_fate event_fate;
	int event_rc; /* of an event that has completed */
	uint64_t started;
};

static void clear(struct run *run)
{
	dp_actor_clear(&run->counter);
	dp_actor_clear(&run->event);
	dp_actor_clear(&run->release);
	dp_actor_clear(&run->keeper);
	if (run->owner && !run->pool)
		munmap(run->owner, sizeof(*run->owner));
}

static struct json_object *begin_step(struct run *run, const char *name)
{
	struct json_object *obj = json_object_new_object();

	dp_mark_step(name);
	dp_emit_text(run->fd, "doing", "step", name);
	/* A serial port has a buffer that would die with the kernel; a pipe refuses and needs none.
	 */
	tcdrain(run->fd);
	dp_json_add_text(obj, "kind", "step");
	dp_json_add_text(obj, "step", name);
	run->started = dp_now_ms();
	return obj;
}

static void end_step(struct run *run, struct json_object *obj)
{
	dp_json_add_int(obj, "ms", (int64_t)(dp_now_ms() - run->started));
	dp_emit(run->fd, obj);
	tcdrain(run->fd);
}

static bool has_splat(const struct run *run)
{
	return dp_kernel_has_splat(run->options->taint);
}

/* Waits for somebody who may be busy for so long, less if the kernel has splatted. */
static enum dp_fate await(const struct run *run, struct dp_actor *actor, uint64_t limit_ms,
			  struct dp_reply *reply)
{
	uint64_t end = dp_now_ms() + limit_ms;
	enum dp_fate fate;

	do
		fate = dp_actor_wait(actor, ILL_LIMIT_MS, reply);
	while (fate == DP_RUNS && dp_now_ms() < end && !has_splat(run));
	return fate;
}

static void add_errno(struct json_object *obj, int64_t code)
{
	dp_json_add_text(obj, "errno", code ? dp_errno_name((int)code) : NULL);
}

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

/* Before anything is pinned. */
static void start_counting(struct run *run)
{
	struct dp_reply reply;

	run->pins_known = !dp_actor_start(&run->counter, count_pins, NULL) &&
			  await(run, &run->counter, BUSY_LIMIT_MS, &reply) == DP_DONE && !reply.rc;
}

/* Pages pinned since the beginning and not released; negative if nobody can tell. */
static int64_t pins_held(struct run *run)
{
	struct dp_reply reply;

	run->pins_known = run->pins_known && dp_actor_tell(&run->counter, 'p') &&
			  await(run, &run->counter, BUSY_LIMIT_MS, &reply) == DP_DONE && !reply.rc;
	return run->pins_known ? reply.number : -1;
}

static void add_pins(struct run *run, struct json_object *obj)
{
	int64_t held = pins_held(run);

	if (held >= 0)
		dp_json_add_int(obj, "pins_held", held);
}

static void add_where(struct json_object *obj, const struct dp_actor *actor)
{
	char text[640];

	dp_actor_where(actor->pid, text, sizeof(text));
	dp_json_add_text(obj, "where", text);
}

/* What became of somebody who was asked to do something. */
static void add_fate(struct json_object *obj, enum dp_fate fate, const struct dp_actor *actor,
		     const struct dp_reply *reply)
{
	dp_json_add_text(obj, "state",
			 fate == DP_DONE && reply->rc ? "failed" : dp_fate_name(fate));
	if (fate == DP_DONE)
		add_errno(obj, reply->rc);
	if (fate == DP_DONE && reply->rc)
		dp_json_add_text(obj, "text", reply->text);
	if (fate == DP_WAITS || fate == DP_RUNS)
		add_where(obj, actor);
}

/* A command to the owner, and what becomes of it. */
static enum dp_fate command(struct run *run, enum dp_owner_command command, struct dp_reply *reply)
{
	*reply = (struct dp_reply){ 0 };
	if (!dp_actor_tell(&run->keeper, (char)command))
		return DP_DIED;
	return await(run, &run->keeper, BUSY_LIMIT_MS, reply);
}

/* ---- what others do ---------------------------------------------------------------------- */

static void act_event(int fd, void *arg)
{
	struct dp_owner *owner = arg;

	dp_event_carry_out(fd, owner->scenario.event->run, &owner->target);
}

static void act_undo(int fd, void *arg)
{
	struct dp_owner *owner = arg;

	dp_event_carry_out(fd, owner->scenario.event->undo, &owner->target);
}

static int delete_link(const struct dp_target *target, struct dp_error *err)
{
	return dp_rxe_delete(target->rdma, err);
}

static void act_link_delete(int fd, void *arg)
{
	struct dp_owner *owner = arg;

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

static uint64_t event_limit(const struct run *run)
{
	uint64_t limit = run->scenario->event->limit_ms;

	return limit ? limit : BUSY_LIMIT_MS;
}

/* ---- before the event -------------------------------------------------------------------- */

static int share_owner(struct run *run, struct dp_error *err)
{
	_Static_assert(sizeof(*run->owner) <= DP_WORKER_POOL_MEMORY, "the owner needs more memory");
	run->owner = run->pool ? run->pool->memory
			       : mmap(NULL, sizeof(*run->owner), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run->owner == MAP_FAILED) {
		run->owner = NULL;
		return dp_fail(err, -errno, "cannot share memory with a child");
	}
	run->owner->scenario = *run->scenario;
	run->owner->options = *run->options;
	run->owner->size = run->options->env.size;
	return 0;
}

static void emit_rdma(const struct run *run)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "rdma");
	dp_json_add_text(obj, "device", run->owner->target.rdma);
	dp_json_add_text(obj, "provider", run->owner->provider);
	json_object_object_add(obj, "odp", json_object_new_boolean(run->owner->odp));
	dp_emit(run->fd, obj);
}

static int start_owner(struct run *run, struct dp_error *err)
{
	const struct dp_event *event = run->scenario->event;
	struct dp_reply reply;
	char path[64];
	int rc = dp_owner_start(&run->keeper, run->pool, run->owner);

	if (rc)
		return dp_fail(err, rc, "cannot start the owner of the region");
	if (dp_actor_wait(&run->keeper, FIRST_WAIT_MS, &reply) != DP_DONE)
		return dp_fail(err, -EIO, "the owner of the region cannot begin");
	if (reply.rc) {
		*err = run->owner->error;
		return reply.rc;
	}
	emit_rdma(run);
	if (!event->file)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)run->keeper.pid, (int)reply.number);
	run->owner->target.file = open(path, O_RDWR | O_CLOEXEC);
	return run->owner->target.file < 0 ? dp_fail(err, -errno, "cannot open the mapped file")
					   : 0;
}

/* One half of the rehearsal; a reason if it does not work out. */
static int rehearse(struct run *run, void (*act)(int fd, void *arg), struct dp_error *err)
{
	struct dp_actor actor = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	enum dp_fate fate = DP_DIED;

	if (!dp_actor_start(&actor, act, run->owner))
		fate = await(run, &actor, BUSY_LIMIT_MS, &reply);
	dp_actor_clear(&actor);
	if (fate == DP_DONE && !reply.rc)
		return 0;
	return dp_skip(err, "nothing is registered, and still it does not work: %s",
		       fate == DP_DONE ? reply.text : dp_fate_name(fate));
}

/* The owner's memory would be in the way, so another one begins afterwards. */
static int step_rehearsal(struct run *run, struct dp_error *err)
{
	struct json_object *obj = begin_step(run, "rehearsal");
	int rc;

	dp_actor_clear(&run->keeper);
	rc = rehearse(run, act_event, err);
	if (!rc)
		rc = rehearse(run, act_undo, err);
	dp_json_add_text(obj, "state", rc ? "failed" : "completed");
	if (rc)
		dp_json_add_text(obj, "text", err->what);
	end_step(run, obj);
	return rc ? rc : start_owner(run, err);
}

static void step_kill_while_registering(struct run *run)
{
	struct json_object *obj = begin_step(run, "kill-while-registering");
	uint64_t size = run->owner->size, pages = run->owner->pages;
	int died = 0;

	run->owner->size =
		run->scenario->mapping->granule > LONG_REGION ? LONGER_REGION : LONG_REGION;
	for (int i = 0; i < KILLS; i++) {
		struct dp_actor actor = DP_NO_ACTOR;
		struct dp_reply reply;

		if (dp_owner_churn(&actor, run->owner) ||
		    dp_actor_wait(&actor, FIRST_WAIT_MS, &reply) != DP_DONE || reply.rc) {
			dp_actor_clear(&actor);
			break;
		}
		usleep((useconds_t)(KILL_AFTER_US * (i + 1)));
		kill(actor.pid, SIGKILL);
		if (dp_actor_wait_end(&actor, BUSY_LIMIT_MS) == DP_DIED)
			died++;
		else
			add_where(obj, &actor);
		dp_actor_clear(&actor);
	}
	/* Those have written what they had into it. */
	run->owner->size = size;
	run->owner->pages = pages;
	dp_json_add_int(obj, "killed", KILLS);
	dp_json_add_int(obj, "gone", died);
	add_pins(run, obj);
	end_step(run, obj);
}

/* 0 if the scenario goes on; DP_SKIP if it cannot be asked here. */
static int step_register(struct run *run, struct dp_error *err)
{
	struct json_object *obj = begin_step(run, "register");
	const struct dp_owner *owner = run->owner;
	bool on_demand = dp_is_fsdax(run->scenario->mapping) && owner->odp;
	struct dp_reply reply;
	enum dp_fate fate = command(run, DP_OWNER_REGISTER, &reply);

	dp_json_add_text(obj, "state", dp_fate_name(fate));
	run->registered = fate == DP_DONE && !reply.number;
	if (fate == DP_DONE)
		add_errno(obj, reply.number);
	dp_json_add_int(obj, "pages", (int64_t)owner->pages);
	add_pins(run, obj);
	json_object_object_add(obj, "on_demand", json_object_new_boolean(on_demand));
	json_object_object_add(obj, "on_device", json_object_new_boolean(owner->on_device));
	dp_json_add_text(obj, "device", owner->target.device);
	if (owner->zone_before[0]) {
		dp_json_add_text(obj, "zone_before", owner->zone_before);
		dp_json_add_text(obj, "zone_after", owner->zone_after);
	}
	end_step(run, obj);
	if (fate != DP_DONE)
		return 0;
	if (!run->registered && run->scenario->release != DP_NONE)
		return dp_skip(err,
			       "nothing to release: this kernel rejects the registration (%s), "
			       "and the adapter pages nothing on demand",
			       dp_errno_name((int)reply.number));
	return 0;
}

static void step_unmap(struct run *run)
{
	struct json_object *obj = begin_step(run, "unmap");
	struct dp_reply reply;
	enum dp_fate fate = command(run, DP_OWNER_UNMAP, &reply);

	run->unmapped = true;
	add_fate(obj, fate, &run->keeper, &reply);
	end_step(run, obj);
}

/* ---- the event --------------------------------------------------------------------------- */

static void tell_event(struct run *run, const char *step, uint64_t limit_ms, bool start)
{
	struct json_object *obj = begin_step(run, step);
	struct dp_reply reply = { 0 };

	run->event_fate = DP_DIED;
	if (start)
		dp_actor_clear(&run->event);
	if (!start || !dp_actor_start(&run->event, act_event, run->owner))
		run->event_fate = await(run, &run->event, limit_ms, &reply);
	run->event_rc = reply.rc;
	add_fate(obj, run->event_fate, &run->event, &reply);
	add_pins(run, obj);
	end_step(run, obj);
}

/* The owner ends, and with it all that it holds; the event and the release are one. */
static void step_owner_event(struct run *run)
{
	struct json_object *obj = begin_step(run, "event");
	enum dp_fate fate;

	if (run->scenario->event->kills)
		kill(run->keeper.pid, SIGKILL);
	else
		dp_actor_tell(&run->keeper, DP_OWNER_EXIT);
	fate = dp_actor_wait_end(&run->keeper, BUSY_LIMIT_MS);
	run->event_fate = fate == DP_DIED ? DP_DONE : fate;
	dp_json_add_text(obj, "state", dp_fate_name(run->event_fate));
	if (fate == DP_DIED)
		add_errno(obj, 0);
	else
		add_where(obj, &run->keeper);
	add_pins(run, obj);
	end_step(run, obj);
}

/* ---- after the event has begun ----------------------------------------------------------- */

/* A command whose answer is a word. */
static void step_ask(struct run *run, const char *step, enum dp_owner_command what, const char *key)
{
	struct json_object *obj = begin_step(run, step);
	struct dp_reply reply;
	enum dp_fate fate = command(run, what, &reply);

	dp_json_add_text(obj, "state", dp_fate_name(fate));
	dp_json_add_text(obj, key, fate == DP_DONE ? reply.text : "no answer");
	end_step(run, obj);
}

static void step_register_again(struct run *run)
{
	struct json_object *obj = begin_step(run, "register-again");
	struct dp_reply reply;
	enum dp_fate fate = command(run, DP_OWNER_AGAIN, &reply);

	run->again = fate == DP_DONE && !reply.number;
	dp_json_add_text(obj, "state", dp_fate_name(fate));
	if (fate == DP_DONE)
		add_errno(obj, reply.number);
	else
		add_where(obj, &run->keeper);
	end_step(run, obj);
}

static enum dp_fate release_by(struct run *run, enum dp_release how, struct dp_reply *reply,
			       struct dp_actor **who)
{
	enum dp_fate fate;

	*who = &run->keeper;
	*reply = (struct dp_reply){ 0 };
	switch (how) {
	case DP_DEREG:
		return command(run, DP_OWNER_DEREG, reply);
	case DP_CLOSE:
		return command(run, DP_OWNER_CLOSE, reply);
	case DP_KILL:
		kill(run->keeper.pid, SIGKILL);
		fate = dp_actor_wait_end(&run->keeper, BUSY_LIMIT_MS);
		return fate == DP_DIED ? DP_DONE : fate;
	default:
		*who = &run->release;
		if (dp_actor_start(&run->release, act_link_delete, run->owner))
			return DP_DIED;
		return await(run, &run->release, BUSY_LIMIT_MS, reply);
	}
}

static void step_release(struct run *run)
{
	enum dp_release how = run->scenario->release;
	struct json_object *obj = begin_step(run, "release");
	struct dp_reply reply;
	struct dp_actor *who;
	enum dp_fate fate = release_by(run, how, &reply, &who);

	dp_json_add_text(obj, "how", dp_release_name(how));
	if (how == DP_DEREG && fate == DP_DONE)
		reply.rc = -(int)reply.number;
	add_fate(obj, fate, who, &reply);
	if (fate == DP_DIED && WIFSIGNALED(who->status))
		dp_json_add_text(obj, "signal", strsignal(WTERMSIG(who->status)));
	end_step(run, obj);
}

/* A registration that succeeded on the dying mapping must hold the event, too. */
static void step_release_again(struct run *run)
{
	struct json_object *obj = begin_step(run, "release-again");
	struct dp_reply reply;
	enum dp_fate fate;

	if (run->event_fate == DP_WAITS && run->scenario->event->effect == DP_GONE)
		run->event_fate = await(run, &run->event, event_limit(run), &reply);
	dp_json_add_text(obj, "event_state", dp_fate_name(run->event_fate));
	add_pins(run, obj);
	fate = command(run, DP_OWNER_DEREG_AGAIN, &reply);
	reply.rc = -(int)reply.number;
	add_fate(obj, fate, &run->keeper, &reply);
	end_step(run, obj);
}

static void step_give_up(struct run *run)
{
	struct json_object *obj = begin_step(run, "give-up");
	enum dp_fate fate;

	kill(run->event.pid, SIGKILL);
	fate = dp_actor_wait_end(&run->event, event_limit(run));
	dp_json_add_text(obj, "state", fate == DP_DIED ? "given up" : "goes on waiting");
	if (fate != DP_DIED)
		add_where(obj, &run->event);
	add_pins(run, obj);
	end_step(run, obj);
}

static void step_owner_end(struct run *run)
{
	struct json_object *obj = begin_step(run, "owner-end");
	enum dp_fate fate = DP_DIED;

	if (run->keeper.pid) {
		kill(run->keeper.pid, SIGKILL);
		fate = dp_actor_wait_end(&run->keeper, BUSY_LIMIT_MS);
	}
	dp_json_add_text(obj, "state", fate == DP_DIED ? "gone" : dp_fate_name(fate));
	if (fate != DP_DIED)
		add_where(obj, &run->keeper);
	end_step(run, obj);
}

static void step_pins(struct run *run)
{
	struct json_object *obj = begin_step(run, "pins");

	add_pins(run, obj);
	end_step(run, obj);
}

/* Another owner tries what the first one did. */
static void register_anew(struct run *run, struct json_object *obj)
{
	struct dp_actor owner = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	enum dp_fate fate;

	run->owner->error = (struct dp_error){ 0 };
	dp_owner_start(&owner, NULL, run->owner);
	fate = await(run, &owner, BUSY_LIMIT_MS, &reply);
	if (fate == DP_DONE && !reply.rc && dp_actor_tell(&owner, DP_OWNER_REGISTER)) {
		fate = await(run, &owner, BUSY_LIMIT_MS, &reply);
		dp_json_add_text(obj, "register",
				 fate != DP_DONE ? dp_fate_name(fate)
				 : reply.number  ? dp_errno_name((int)reply.number)
						 : "allowed");
	} else {
		dp_json_add_text(obj, "register", "no mapping");
		dp_json_add_text(obj, "text", run->owner->error.what);
	}
	dp_actor_clear(&owner);
}

/* What was taken away, and the link if that is how the pin was released. */
static void step_come_back(struct run *run)
{
	struct json_object *obj = begin_step(run, "come-back");
	struct dp_actor undo = DP_NO_ACTOR, link = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	enum dp_fate fate = DP_DIED;

	if (!dp_actor_start(&undo, act_undo, run->owner))
		fate = await(run, &undo, BUSY_LIMIT_MS, &reply);
	if (fate == DP_DONE && !reply.rc && run->scenario->release == DP_LINK_DELETE &&
	    !dp_actor_start(&link, act_link_add, run->owner))
		fate = await(run, &link, BUSY_LIMIT_MS, &reply);
	add_fate(obj, fate, link.pid ? &link : &undo, &reply);
	if (fate == DP_DONE && !reply.rc)
		register_anew(run, obj);
	end_step(run, obj);
	dp_actor_clear(&undo);
	dp_actor_clear(&link);
}

/* ---- the whole --------------------------------------------------------------------------- */

static bool still_on(const struct run *run)
{
	return run->event_fate == DP_WAITS || run->event_fate == DP_RUNS;
}

static void let_go(struct run *run)
{
	if (run->scenario->release == DP_NONE && still_on(run)) {
		step_give_up(run);
		return;
	}
	if (run->registered && run->scenario->release != DP_NONE)
		step_release(run);
	if (run->again && run->keeper.pid && run->scenario->release == DP_DEREG)
		step_release_again(run);
}

static void look_around(struct run *run)
{
	if (!run->unmapped)
		step_ask(run, "cpu-access", DP_OWNER_TOUCH, "result");
	if (!run->unmapped)
		step_register_again(run);
	step_ask(run, "async-events", DP_OWNER_EVENTS, "events");
}

/* Nobody releases: where pins are held, that is how it stays, and all that is to be seen. */
static bool ends_with_pins(struct run *run)
{
	return run->scenario->release == DP_NONE && run->registered &&
	       !run->scenario->event->ends_owner;
}

static void after_event(struct run *run)
{
	if (!run->scenario->event->ends_owner) {
		look_around(run);
		let_go(run);
		if (ends_with_pins(run) || has_splat(run))
			return;
		step_owner_end(run);
		if (still_on(run))
			tell_event(run, "event-end", BUSY_LIMIT_MS, false);
		else if (run->event_fate == DP_DONE && run->event_rc && !has_splat(run))
			tell_event(run, "event-again", BUSY_LIMIT_MS, true);
	}
	step_pins(run);
	if (!still_on(run) && !has_splat(run))
		step_come_back(run);
}

static int carry_out_scenario(struct run *run, struct dp_error *err)
{
	const struct dp_event *event = run->scenario->event;
	int rc = share_owner(run, err);

	if (rc)
		return rc;
	start_counting(run);
	rc = start_owner(run, err);
	if (!rc && event->prepare)
		rc = event->prepare(&run->owner->target, err);
	if (!rc && event->rehearsed)
		rc = step_rehearsal(run, err);
	if (rc)
		return rc;
	/* Who else has the adapter open would be a part of what is asked. */
	dp_worker_pool_dismiss(run->pool);
	if (event->kills)
		step_kill_while_registering(run);
	rc = step_register(run, err);
	if (rc)
		return rc;
	if (event->unmapped && !run->registered)
		step_unmap(run);
	if (event->ends_owner)
		step_owner_event(run);
	else
		tell_event(run, "event", event_limit(run), true);
	after_event(run);
	return 0;
}

static void emit_end(int fd, const char *kind, const char *id, const char *text)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "id", id);
	if (text)
		dp_json_add_text(obj, "text", text);
	dp_emit(fd, obj);
}

int dp_teardown_run(const struct dp_scenario *scenario, const struct dp_teardown_options *options,
		    int fd, struct dp_error *err)
{
	dp_cleanup(clear) struct run run = { .scenario = scenario,
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
	rc = carry_out_scenario(&run, &cause);
	dp_mark_step(DP_CLEANUP);
	if (rc < 0 && cause.input) {
		*err = cause;
		return rc;
	}
	if (rc)
		emit_end(fd, rc == DP_SKIP ? "skip" : "died", scenario->id, cause.what);
	else
		emit_end(fd, "end", scenario->id, NULL);
	return 0;
}
