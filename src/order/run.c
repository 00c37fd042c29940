// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An order, as the guest sees it:
 *
 *   order       whoever holds the guest forces it (play.c); what is seen there is this step
 *   answer      the registration's
 *   event       whether it has completed by now, with the region still registered
 *   release     the region is deregistered, if there is one
 *   event-end   an event that has waited so far
 *   pins        nothing may be pinned now
 *   come-back   the device is brought back and registered again
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "sides.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/rdma.h"
#include "daxpin/splat.h"

/* To make a mapping, and to come back, ms. */
#define PART_LIMIT_MS 60000
/* What is busy with something that it should have finished. */
#define BUSY_LIMIT_MS 20000
/* Some thirty waits of seconds each. */
#define PLAY_LIMIT_MS 900000

struct run {
	const struct dp_order *order;
	const struct dp_teardown_options *options;
	struct dp_order_shared *shared;
	struct dp_actor registrar, event, watchers[DP_ORDER_SIDES];
	struct dp_pins before;
	bool pins_known;
	enum dp_fate event_fate;
	int event_rc;
	uint64_t started;
	int held, fd;
};

static void clear(struct run *run)
{
	for (int i = 0; i < DP_ORDER_SIDES; i++)
		dp_actor_clear(&run->watchers[i]);
	dp_actor_clear(&run->event);
	dp_actor_clear(&run->registrar);
	if (run->shared)
		munmap(run->shared, sizeof(*run->shared));
}

static void emit(const struct run *run, const char *kind, const char *text)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "id", run->order->id);
	if (text)
		dp_json_add_text(obj, "text", text);
	dp_emit(run->fd, obj);
}

/* ---- steps -------------------------------------------------------------------------------- */

static struct json_object *begin_step(struct run *run, enum dp_step step)
{
	dp_mark_step(dp_step_name(step));
	dp_emit_text(run->fd, "doing", "step", dp_step_name(step));
	tcdrain(run->fd);
	run->started = dp_now_ms();
	return dp_step_new(step);
}

static void end_step(struct run *run, struct json_object *obj)
{
	dp_step_set_int(obj, DP_FIELD_MS, (int64_t)(dp_now_ms() - run->started));
	dp_emit(run->fd, obj);
	tcdrain(run->fd);
}

static void add_fate(struct json_object *obj, enum dp_fate fate, pid_t task,
		     const struct dp_reply *reply)
{
	bool failed = fate == DP_DONE && reply->rc;
	char where[640];

	dp_step_set_text(obj, DP_FIELD_STATE, failed ? "failed" : dp_fate_name(fate));
	if (fate == DP_DONE)
		dp_step_set_text(obj, DP_FIELD_ERRNO, reply->rc ? dp_errno_name(reply->rc) : NULL);
	if (failed)
		dp_step_set_text(obj, DP_FIELD_TEXT, reply->text);
	if (fate != DP_WAITS && fate != DP_RUNS)
		return;
	dp_actor_where(task, where, sizeof(where));
	dp_step_set_text(obj, DP_FIELD_WHERE, where);
}

static void add_pins(struct run *run, struct json_object *obj)
{
	struct dp_pins now;

	run->pins_known = run->pins_known && !dp_pins_read(&now);
	if (run->pins_known)
		dp_step_set_int(obj, DP_FIELD_PINS_HELD,
				(int64_t)(now.acquired - now.released - run->before.acquired +
					  run->before.released));
	else
		dp_step_leave_out(
			obj, DP_FIELD_PINS_HELD,
			"nr_foll_pin_acquired and nr_foll_pin_released could not be read");
}

static enum dp_fate await(struct dp_actor *actor, uint64_t limit_ms, struct dp_reply *reply)
{
	*reply = (struct dp_reply){ 0 };
	return dp_actor_wait(actor, limit_ms, reply);
}

static enum dp_fate command(struct run *run, enum dp_registrar_command what, struct dp_reply *reply)
{
	*reply = (struct dp_reply){ 0 };
	if (!dp_actor_tell(&run->registrar, (char)what))
		return DP_DIED;
	return await(&run->registrar, PART_LIMIT_MS, reply);
}

/* The event that a thread of the registrar carries out has no socket of its own. */
static enum dp_fate await_own_event(struct run *run, struct dp_reply *reply)
{
	uint64_t end = dp_now_ms() + BUSY_LIMIT_MS;

	while (!atomic_load(&run->shared->event_done) && dp_now_ms() < end)
		usleep(10000);
	*reply = run->shared->event;
	return atomic_load(&run->shared->event_done) ? DP_DONE : DP_WAITS;
}

static bool has_splat(const struct run *run)
{
	return dp_kernel_has_splat(run->options->taint);
}

static bool waits(const struct run *run)
{
	return run->event_fate == DP_WAITS || run->event_fate == DP_RUNS;
}

/* ---- after the order ---------------------------------------------------------------------- */

static void take_answer(struct run *run)
{
	struct json_object *obj = begin_step(run, DP_STEP_ANSWER);
	struct dp_reply reply;
	enum dp_fate fate = await(&run->registrar, BUSY_LIMIT_MS, &reply);

	reply.rc = fate == DP_DONE ? -(int)reply.number : 0;
	snprintf(reply.text, sizeof(reply.text), "ibv_reg_mr()");
	add_fate(obj, fate, run->registrar.pid, &reply);
	dp_step_set_flag(obj, DP_FIELD_ON_DEMAND, run->shared->on_demand);
	add_pins(run, obj);
	end_step(run, obj);
}

static void take_event(struct run *run, enum dp_step step)
{
	struct json_object *obj = begin_step(run, step);
	struct dp_reply reply;

	if (dp_order_is_own(run->order))
		run->event_fate = await_own_event(run, &reply);
	else
		run->event_fate = await(&run->event, BUSY_LIMIT_MS, &reply);
	run->event_rc = reply.rc;
	add_fate(obj, run->event_fate, atomic_load(&run->shared->tasks[DP_EVENT_SIDE]), &reply);
	add_pins(run, obj);
	end_step(run, obj);
}

static void take_release(struct run *run)
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
	fate = command(run, closes ? DP_REGISTRAR_CLOSE : DP_REGISTRAR_RELEASE, &reply);
	dp_step_set_text(obj, DP_FIELD_HOW, closes ? "close" : "dereg");
	add_fate(obj, fate, run->registrar.pid, &reply);
	end_step(run, obj);
}

static void take_pins(struct run *run)
{
	struct json_object *obj = begin_step(run, DP_STEP_PINS);

	add_pins(run, obj);
	end_step(run, obj);
}

static void act_undo(int fd, void *arg)
{
	struct run *run = arg;

	dp_event_carry_out(fd, run->order->event->undo, &run->shared->target);
}

/* To bind a region is to wait for others that do it: one that sleeps has all the time there is. */
static enum dp_fate await_undo(struct dp_actor *undo, struct dp_reply *reply)
{
	uint64_t end = dp_now_ms() + PART_LIMIT_MS;
	enum dp_fate fate;

	do
		fate = await(undo, PART_LIMIT_MS, reply);
	while ((fate == DP_WAITS || fate == DP_RUNS) && dp_now_ms() < end);
	return fate;
}

static void take_come_back(struct run *run)
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
		command(run, DP_REGISTRAR_LEAVE, &reply);
	if (!dp_actor_start(&undo, act_undo, run))
		fate = await_undo(&undo, &reply);
	add_fate(obj, fate, undo.pid, &reply);
	if (fate == DP_DONE && !reply.rc) {
		fate = command(run, DP_REGISTRAR_AGAIN, &reply);
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

static void take_steps(struct run *run)
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

/* ---- the order ---------------------------------------------------------------------------- */

/*
 * A task that is held in the kernel keeps others from its processor, where the kernel is not
 * preemptible: among them those that a grace period needs. They go to the other one; those of one
 * processor cannot.
 */
static void clear_processor(const struct dp_order *order)
{
	int to = order->station->kind == DP_HOLD_REGISTRAR ? DP_EVENT_SIDE : DP_REGISTRAR;
	dp_autodir DIR *dir = opendir("/proc");
	struct dirent *entry;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(to, &set);
	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0)
			sched_setaffinity(atoi(entry->d_name), sizeof(set), &set);
}

static int share(struct run *run)
{
	run->shared = mmap(NULL, sizeof(*run->shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
	if (run->shared == MAP_FAILED) {
		run->shared = NULL;
		return -errno;
	}
	run->shared->order = run->order;
	run->shared->options = run->options;
	for (int i = 0; i < DP_ORDER_SIDES; i++)
		run->shared->magic[i] =
			0x6461787069006f00ULL + (uint64_t)getpid() * 0x10000 + (uint64_t)i + 1;
	return 0;
}

static int open_file(struct run *run, int fd)
{
	char path[64];

	if (!run->order->event->file)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)run->registrar.pid, fd);
	run->shared->target.file = open(path, O_RDWR | O_CLOEXEC);
	return run->shared->target.file < 0 ? -errno : 0;
}

static int map(struct run *run, struct dp_error *err)
{
	struct dp_order_shared *s = run->shared;
	struct dp_reply reply;
	int rc = dp_registrar_start(&run->registrar, s);

	if (!rc && command(run, DP_REGISTRAR_MAP, &reply) != DP_DONE)
		rc = dp_fail(err, -EIO, "the registrar cannot begin");
	if (rc)
		return rc;
	if (reply.rc) {
		*err = s->error;
		return reply.rc;
	}
	dp_rdma_emit(run->fd, s->target.rdma, s->provider, s->odp);
	if (s->on_demand && !s->odp)
		return dp_skip(err, "the adapter has no on-demand paging");
	rc = open_file(run, (int)reply.number);
	if (rc)
		return dp_fail(err, rc, "the mapped file cannot be opened a second time");
	return run->order->event->prepare ? run->order->event->prepare(&s->target, err) : 0;
}

/* Both turn in their loops, and are watched. */
static int start(struct run *run, struct dp_error *err)
{
	struct dp_order_shared *s = run->shared;
	uint64_t end = dp_now_ms() + PART_LIMIT_MS;
	int rc = 0;

	if (!dp_actor_tell(&run->registrar, DP_REGISTRAR_PLAY))
		return dp_fail(err, -EIO, "the registrar has ended");
	if (!dp_order_is_own(run->order))
		rc = dp_order_event_start(&run->event, s);
	while (!rc && !(atomic_load(&s->turning[0]) && atomic_load(&s->turning[1]))) {
		if (dp_now_ms() > end)
			return dp_fail(err, -ETIME, "the registrar or the event does not begin");
		usleep(1000);
	}
	for (int i = 0; i < DP_ORDER_SIDES && !rc; i++)
		rc = dp_order_watcher_start(&run->watchers[i], s, (enum dp_order_side)i);
	return rc ? dp_fail(err, rc, "cannot start a process") : 0;
}

/* "ordered 1 STATE": what became of the request; the text after it is why. */
static int await_ordered(int fd, char *line, size_t size)
{
	uint64_t end = dp_now_ms() + PLAY_LIMIT_MS;

	for (;;) {
		int rc = dp_control_hear(fd, end, line, size);

		if (rc || !strncmp(line, DP_CONTROL_ORDERED " 1 ", 10))
			return rc;
	}
}

static int ask(struct run *run, char *line, size_t size, struct dp_error *err)
{
	dp_autofree struct dp_request *request = calloc(1, sizeof(*request));
	int rc = request ? 0 : -ENOMEM;

	if (rc)
		return rc;
	request->station = run->order->station;
	rc = dp_passages_find(run->order, &request->passages, err);
	if (!rc)
		rc = start(run, err);
	if (rc)
		return rc;
	dp_sides_describe(run->shared, request);
	dp_mark_step(dp_step_name(DP_STEP_ORDER));
	dp_emit_text(run->fd, "doing", "step", dp_step_name(DP_STEP_ORDER));
	dp_emit(run->fd, dp_request_to_json(request, 1));
	tcdrain(run->fd);
	rc = await_ordered(run->held, line, size);
	return rc ? dp_fail(err, rc, "whoever holds the guest does not answer") : 0;
}

/* What keeps an order from being one is no verdict: a skip, or what went wrong. */
static bool is_played(const struct run *run, const char *line)
{
	const char *state = line + strlen(DP_CONTROL_ORDERED " 1 ");
	const char *text = strchr(state, ':');

	if (!strncmp(state, "played", 6) || !strncmp(state, "not reached", 11))
		return true;
	emit(run, !strncmp(state, "not passed", 10) ? "skip" : "died", text ? text + 2 : state);
	return false;
}

int dp_order_run(const struct dp_order *order, const struct dp_teardown_options *options, int held,
		 int fd, struct dp_error *err)
{
	dp_cleanup(clear) struct run run = { .order = order,
					     .options = options,
					     .registrar = DP_NO_ACTOR,
					     .event = DP_NO_ACTOR,
					     .watchers = { DP_NO_ACTOR, DP_NO_ACTOR },
					     .held = held,
					     .fd = fd };
	struct dp_error cause = { 0 };
	char line[400];
	int rc = share(&run);

	if (rc)
		return dp_fail(err, rc, "cannot share memory with a child");
	dp_emit_text(fd, "begin", "id", order->id);
	clear_processor(order);
	rc = map(&run, &cause);
	run.pins_known = !rc && !dp_pins_read(&run.before);
	if (!rc)
		rc = ask(&run, line, sizeof(line), &cause);
	if (rc) {
		emit(&run, rc == DP_SKIP ? "skip" : "died", cause.what);
		return 0;
	}
	if (!is_played(&run, line))
		return 0;
	take_steps(&run);
	dp_emit(fd, dp_step_taint(options->taint));
	dp_mark_step(DP_CLEANUP);
	emit(&run, "end", NULL);
	return 0;
}
