// SPDX-License-Identifier: GPL-2.0-or-later
/* An executor on this machine, and somebody who listens to it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/proc.h"
#include "daxpin/rdma.h"
#include "daxpin/signals.h"
#include "daxpin/splat.h"
#include "daxpin/text.h"

/* An executor says something every few seconds, and each of its steps has a limit below this. */
#define SILENCE_MS 180000
/* How often it is told that time passes, ms. */
#define TICK_MS 500
/* What the kernel says of a thing comes to its log a little later, ms. */
#define LOG_MS 300
/* How long an executor that was killed may take to go, ms. */
#define GRACE_MS 2000

struct listener {
	const struct dp_sink *sink;
	struct dp_host_end *end;
	struct dp_lines lines;
	struct dp_recogniser log;
	int pipe, kmsg, pid_fd;
	pid_t pid;
	uint64_t heard, until;
};

static void clear(struct listener *l)
{
	if (l->pid > 0) {
		kill(l->pid, SIGKILL);
		dp_reap(l->pid, GRACE_MS, NULL);
	}
	dp_closep(&l->pipe);
	dp_closep(&l->pid_fd);
	dp_closep(&l->kmsg);
	dp_lines_clear(&l->lines);
	dp_recognise_end(&l->log);
}

/* A process of its own, as a kernel may kill it. Sends observations to the pipe. */
static int start(struct listener *l, void (*body)(int fd, void *arg), void *arg,
		 struct dp_error *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return dp_fail(err, -errno, "cannot make a pipe");
	l->pipe = fds[0];
	fflush(NULL);
	l->pid = fork();
	if (l->pid == 0) {
		close(fds[0]);
		body(fds[1], arg);
		_exit(0);
	}
	close(fds[1]);
	if (l->pid < 0)
		return dp_fail(err, -errno, "cannot fork");
	/* Its end is told by its process: what hangs in the kernel may hold the pipe for ever. */
	l->pid_fd = (int)syscall(SYS_pidfd_open, l->pid, 0);
	if (l->pid_fd < 0)
		return dp_fail(err, -errno, "cannot watch a process");
	return fcntl(l->pipe, F_SETFL, O_NONBLOCK) ? dp_fail(err, -errno, "fcntl") : 0;
}

static int take_line(void *arg, const char *line, size_t len)
{
	struct listener *l = arg;
	struct dp_control control;

	if (!dp_control_parse(line, len, &control))
		return l->sink->line ? l->sink->line(l->sink->arg, line, len) : 0;
	if (control.kind == DP_CONTROL_DONE)
		l->end->done = true;
	else if (control.kind == DP_CONTROL_FAILED)
		l->end->failed = control.failure;
	return 0;
}

static void hear(struct listener *l)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(l->pipe, buf, sizeof(buf))) > 0) {
		l->heard = dp_now_ms();
		dp_lines_feed(&l->lines, buf, (size_t)n, take_line, l);
	}
	if (l->kmsg >= 0)
		dp_kmsg_read(l->kmsg, &l->log);
}

/* Until something is to be done that nobody says, ms. */
static int time_left(const struct listener *l)
{
	uint64_t now = dp_now_ms();

	if (!l->until || l->until >= now + TICK_MS)
		return TICK_MS;
	return l->until > now ? (int)(l->until - now) : 0;
}

static int listen_to(struct listener *l, const struct dp_progress *progress, struct dp_error *err)
{
	l->heard = dp_now_ms();
	for (;;) {
		struct pollfd p[] = { { .fd = l->pipe, .events = POLLIN },
				      { .fd = l->kmsg, .events = POLLIN },
				      { .fd = l->pid_fd, .events = POLLIN },
				      { .fd = dp_signals_fd(), .events = POLLIN } };

		if (poll(p, 4, time_left(l)) < 0 && errno != EINTR)
			return dp_fail(err, -errno, "poll");
		if (p[3].revents)
			return dp_report(err, -EINTR, "interrupted");
		hear(l);
		if (p[2].revents)
			return 0;
		if (l->until && dp_now_ms() >= l->until) {
			l->end->late = true;
			return 0;
		}
		if (dp_now_ms() - l->heard >= SILENCE_MS)
			return dp_report(err, -ETIMEDOUT, "nothing was heard for %d s",
					 SILENCE_MS / 1000);
		dp_progress_tick(progress);
	}
}

int dp_host_run(void (*body)(int fd, void *arg), void *arg, bool log, uint64_t until,
		const struct dp_sink *sink, const struct dp_progress *progress,
		struct dp_host_end *end, struct dp_error *err)
{
	dp_cleanup(clear) struct listener l = { .sink = sink,
						.end = end,
						.log = { .take = sink->splat, .arg = sink->arg },
						.pipe = -1,
						.kmsg = log ? dp_kmsg_open() : -1,
						.pid_fd = -1,
						.until = until };
	int rc = start(&l, body, arg, err);

	*end = (struct dp_host_end){ 0 };
	if (!rc)
		rc = listen_to(&l, progress, err);
	if (!rc && log) {
		poll(NULL, 0, LOG_MS);
		hear(&l);
	}
	return rc;
}

static void describe(struct dp_run_record *run)
{
	struct utsname uts;

	uname(&uts);
	snprintf(run->where, sizeof(run->where), "host");
	snprintf(run->subject.kernel, sizeof(run->subject.kernel), "%s", uts.release);
	run->subject.host = true;
	if (dp_read_attr(run->bios, sizeof(run->bios), "/sys/class/dmi/id/bios_version"))
		run->bios[0] = '\0';
	dp_printable(run->bios);
}

int dp_host_begin(const struct dp_ask *ask, bool all, struct dp_collect *collect,
		  struct dp_error *err)
{
	int rc = ask->begin ? ask->begin(ask->arg, err) : 0;

	describe(&collect->run);
	dp_collect_listen(collect, ask->policy, ask->tell, ask->arg);
	collect->round = ask->round;
	collect->progress = ask->progress;
	/* Of several rounds, those that come are announced with the first. */
	if (!rc && all && ask->round <= 1)
		dp_collect_announce(collect, ask->repeat);
	return rc;
}

int dp_host_finish(const struct dp_ask *ask, struct dp_collect *collect, struct dp_run_record *run)
{
	int rc = dp_collect_finish(collect, ask->policy);

	*run = collect->run;
	collect->run = (struct dp_run_record){ 0 };
	return rc;
}

static int add_round(struct dp_run_record *run, struct dp_run_record *part, bool first)
{
	if (!first) {
		memcpy(run->note, part->note, sizeof(run->note));
		return dp_run_merge(run, part, true);
	}
	*run = *part;
	*part = (struct dp_run_record){ 0 };
	return 0;
}

int dp_host_rounds(host_ask_fn once, const struct host_job *job, const struct dp_ask *ask,
		   struct dp_run_record *run, struct dp_error *err)
{
	unsigned long taint = 0;
	int rc = 0;

	if (ask->repeat <= 1)
		return once(job, ask, run, err);
	dp_kernel_taint(&taint);
	for (unsigned int i = 0; i < ask->repeat && !rc && !dp_kernel_has_splat(taint); i++) {
		dp_cleanup(dp_run_clear) struct dp_run_record part = { 0 };
		struct dp_ask now = *ask;

		now.round = i + 1;
		now.begin = i ? NULL : ask->begin;
		rc = once(job, &now, &part, err);
		if (!rc)
			rc = add_round(run, &part, !i);
	}
	run->repeat = ask->repeat;
	return rc ? rc : dp_run_fold(run);
}

int dp_host_failed(const struct dp_host_end *end, struct dp_collect *collect, struct dp_error *err)
{
	char *ending = collect->run.ending;
	size_t size = sizeof(collect->run.ending);

	if (end->failed.code && !collect->answered) {
		*err = end->failed;
		return err->code;
	}
	if (end->late)
		snprintf(ending, size, "the time that it may take was over");
	else if (end->failed.code)
		snprintf(ending, size, "%.500s", end->failed.what);
	else if (!end->done)
		snprintf(ending, size, "the process that carried it out was lost");
	return 0;
}

int dp_host_answer(const struct dp_ask *ask, void (*body)(int fd, void *arg), void *arg, bool log,
		   struct dp_collect *collect, struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_sink sink = dp_collect_sink(collect);
	struct dp_host_end end = { 0 };
	int rc = dp_host_begin(ask, true, collect, err);

	if (!rc)
		rc = dp_host_run(body, arg, log, ask->until, &sink, ask->progress, &end, err);
	if (!rc)
		rc = dp_host_failed(&end, collect, err);
	return rc ? rc : dp_host_finish(ask, collect, run);
}

int dp_host_rdma(const char *name, struct dp_error *err)
{
	struct dp_rdma rdma;
	int rc = dp_rdma_open(name, &rdma, err);

	if (!rc)
		dp_rdma_close(&rdma);
	return rc;
}

uint64_t dp_host_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

int dp_dirs_read(const struct dp_host *host, struct dp_dirs *dirs)
{
	size_t nmounts = 0;

	dp_mounts_read(&dirs->mounts, &nmounts);
	dirs->list = calloc(host->ndirs + nmounts + 1, sizeof(*dirs->list));
	if (!dirs->list)
		return -ENOMEM;
	for (size_t i = 0; i < host->ndirs; i++)
		dirs->list[dirs->count++] = host->dirs[i];
	for (size_t i = 0; i < nmounts; i++)
		dirs->list[dirs->count++] = dirs->mounts[i].dir;
	return 0;
}

void dp_dirs_clear(struct dp_dirs *dirs)
{
	free(dirs->list);
	free(dirs->mounts);
	*dirs = (struct dp_dirs){ 0 };
}
