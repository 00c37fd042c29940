// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "watch.h"

#include "daxpin/clock.h"
#include "daxpin/machine.h"
#include "daxpin/signals.h"

/* Granularity of limits, ms. */
#define TICK_MS 250
/* How long to let bytes gather, us. */
#define BATCH_US 5000
/* Reads from one source before the others have their turn. */
#define READS 64

enum source {
	CHANNEL,
	STREAM,
	CONSOLE,
	QMP,
	GDB,
	LOG,
	SIGNALS,
	SOURCES,
};

int dp_watch_start(struct dp_watch *watch, const struct dp_boot *boot, struct dp_error *err)
{
	return dp_machine_start(boot, &watch->machine, err);
}

void dp_watch_begin(struct dp_watch *watch, const struct dp_boot *boot)
{
	watch->heard = dp_now_ms();
	dp_monitor_begin(&watch->monitor, watch->machine.qmp, boot);
}

/* What the guest says, on whichever way. */
static void hear(struct dp_watch *w, struct dp_lines *lines, const char *data, size_t len)
{
	w->heard = dp_now_ms();
	if (w->line)
		dp_lines_feed(lines, data, len, w->line, w->arg);
}

/* The first line tells: what follows are registers, or more of the same. */
static void take_log(struct dp_watch *w, const char *data, size_t len)
{
	const char *newline = memchr(data, '\n', len);
	size_t used = strlen(w->log);

	if (w->log_ended)
		return;
	w->log_ended = newline;
	snprintf(w->log + used, sizeof(w->log) - used, "%.*s",
		 (int)(newline ? newline - data : (ptrdiff_t)len), data);
}

static void take(struct dp_watch *w, enum source from, const char *data, size_t len)
{
	switch (from) {
	case CHANNEL:
		hear(w, &w->channel, data, len);
		break;
	case STREAM:
		hear(w, &w->stream, data, len);
		break;
	case CONSOLE:
		dp_console_feed(&w->console, data, len);
		break;
	case QMP:
		dp_qmp_feed(&w->monitor.qmp, data, len);
		break;
	case GDB:
		dp_gdb_feed(&w->gdb, w->machine.gdb, data, len);
		break;
	default:
		take_log(w, data, len);
	}
}

static void read_from(struct dp_watch *w, enum source from, int *fd)
{
	char buf[16384];

	/* So often at most: a guest that floods must not keep the clock from being looked at. */
	for (int i = 0; i < READS; i++) {
		ssize_t n = read(*fd, buf, sizeof(buf));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			w->gone |= from == CHANNEL;
			close(*fd);
			*fd = -1;
			return;
		}
		take(w, from, buf, (size_t)n);
	}
}

void dp_watch_tick(struct dp_watch *watch)
{
	dp_watch_tick_for(watch, TICK_MS);
}

bool dp_watch_await_monitor(struct dp_watch *watch)
{
	while (watch->monitor.busy && !watch->monitor.qmp.trouble[0] && !watch->gone &&
	       !dp_interrupted())
		dp_watch_tick(watch);
	return !watch->monitor.busy;
}

void dp_watch_tick_for(struct dp_watch *watch, int ms)
{
	struct dp_machine *m = &watch->machine;
	int *fds[] = { &m->channel, &m->stream, &m->console, &m->qmp, &m->gdb, &m->log };
	struct pollfd p[SOURCES];

	for (int i = 0; i < SIGNALS; i++)
		p[i] = (struct pollfd){ .fd = *fds[i], .events = POLLIN };
	p[SIGNALS] = (struct pollfd){ .fd = dp_signals_fd(), .events = POLLIN };
	if (poll(p, SOURCES, ms) > 0) {
		/* QEMU writes a serial port's bytes one by one: do not wake up for each. */
		if (p[CHANNEL].revents || p[CONSOLE].revents)
			usleep(BATCH_US);
		/* The channel last: when it closes, what the others still held has been read. */
		for (int i = LOG; i >= CHANNEL; i--)
			if (p[i].revents && *fds[i] >= 0)
				read_from(watch, (enum source)i, fds[i]);
	}
	dp_qmp_check(&watch->monitor.qmp, dp_now_ms());
}

void dp_watch_clear(struct dp_watch *watch)
{
	dp_machine_stop(&watch->machine);
	dp_monitor_clear(&watch->monitor);
	dp_console_clear(&watch->console);
	dp_lines_clear(&watch->channel);
	dp_lines_clear(&watch->stream);
}
