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

#include "run.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/rdma.h"
#include "daxpin/splat.h"

/* Some thirty waits of seconds each. */
#define PLAY_LIMIT_MS 900000

static void clear(struct dp_order_run *run)
{
	for (int i = 0; i < DP_ORDER_SIDES; i++)
		dp_actor_clear(&run->watchers[i]);
	dp_actor_clear(&run->event);
	dp_actor_clear(&run->registrar);
	if (run->shared)
		munmap(run->shared, sizeof(*run->shared));
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

/*
 * A processor that is held for 20 s, as it may be on a busy host, looks as if it had locked up
 * (watchdog_timer_fn()), and a grace period that waits for it as if it had stalled
 * (check_cpu_stall()). Neither is the kernel's doing. The grace period may still be going on when
 * the order is over: of those nothing is told any more in this guest, which has one order only.
 */
static void mute_watchdogs(bool muted)
{
	dp_write_attr(muted ? "0" : "1", "/proc/sys/kernel/soft_watchdog");
	if (muted)
		dp_write_attr("1", "/sys/module/rcupdate/parameters/rcu_cpu_stall_suppress");
}

static int share(struct dp_order_run *run)
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

static int open_file(struct dp_order_run *run, int fd)
{
	char path[64];

	if (!run->order->event->file)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)run->registrar.pid, fd);
	run->shared->target.file = open(path, O_RDWR | O_CLOEXEC);
	return run->shared->target.file < 0 ? -errno : 0;
}

static int map(struct dp_order_run *run, struct dp_error *err)
{
	struct dp_order_shared *s = run->shared;
	struct dp_reply reply;
	int rc = dp_registrar_start(&run->registrar, s);

	if (!rc && dp_order_command(run, DP_REGISTRAR_MAP, &reply) != DP_DONE)
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
static int start(struct dp_order_run *run, struct dp_error *err)
{
	struct dp_order_shared *s = run->shared;
	uint64_t end = dp_now_ms() + DP_PART_LIMIT_MS;
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

static int ask(struct dp_order_run *run, char *line, size_t size, struct dp_error *err)
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
	rc = dp_request_await(run->held, dp_now_ms() + PLAY_LIMIT_MS, line, size);
	mute_watchdogs(false);
	return rc ? dp_fail(err, rc, "whoever holds the guest does not answer") : 0;
}

/* What keeps an order from being one is no verdict: a skip, or what went wrong. */
static bool is_played(const struct dp_order_run *run, const char *line)
{
	const char *state = line + strlen(DP_ANSWER);
	const char *text = strchr(state, ':');

	if (!strncmp(state, "played", 6) || !strncmp(state, "not reached", 11))
		return true;
	dp_emit_id(run->fd, !strncmp(state, "not passed", 10) ? "skip" : "died", run->order->id,
		   text ? text + 2 : state);
	return false;
}

int dp_order_run(const struct dp_order *order, const struct dp_teardown_options *options, int held,
		 int fd, struct dp_error *err)
{
	dp_cleanup(clear) struct dp_order_run run = { .order = order,
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
	mute_watchdogs(true);
	rc = map(&run, &cause);
	run.pins_known = !rc && !dp_pins_read(&run.before);
	if (!rc)
		rc = ask(&run, line, sizeof(line), &cause);
	if (rc) {
		dp_emit_id(fd, rc == DP_SKIP ? "skip" : "died", order->id, cause.what);
		return 0;
	}
	if (!is_played(&run, line))
		return 0;
	dp_order_take_steps(&run);
	dp_emit(fd, dp_step_taint(options->taint));
	dp_mark_step(DP_CLEANUP);
	dp_emit_id(fd, "end", order->id, NULL);
	return 0;
}
