// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run of a guest, from its start until it has done what it was started for, or until it is
 * clear that it will not. Control lines and the monitor move it on; all other lines go to the sink.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "requests.h"
#include "verify.h"
#include "watch.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/command.h"
#include "daxpin/control.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/gate.h"
#include "daxpin/kernel.h"
#include "daxpin/machine.h"
#include "daxpin/session.h"
#include "daxpin/signals.h"
#include "daxpin/sink.h"

/* A call trace takes a tenth of a second; of some splats no line is known to be the last. */
#define SPLAT_MS 500
/* A guest that has splatted and is silent for so long has locked up: it told each two seconds. */
#define DEAD_MS 20000

enum stage {
	ARRIVING, /* boots, or is restored */
	SAVING,
	ASKED, /* has been sent its command */
	DONE,
};

struct session {
	struct dp_watch watch;
	const struct dp_boot *boot;
	const char *command; /* NULL: the guest is to be saved */
	const struct dp_session_limits *limits;
	const struct dp_sink *sink;
	const struct dp_progress *progress;
	struct dp_session_end *end;
	enum stage stage;
	uint64_t start, since; /* of the session, of the phase */
	bool again;            /* a boot without a sign of life may be tried again */
	bool stillborn;        /* this was one */
	struct dp_requests requests;
	int place; /* at the gate */
};

static void clear(struct session *s)
{
	dp_watch_clear(&s->watch);
	dp_requests_clear(&s->requests);
}

__attribute__((format(printf, 2, 3))) static void end(struct session *s, const char *fmt, ...)
{
	char *ending = s->end->ending;
	va_list ap;

	if (ending[0])
		return;
	va_start(ap, fmt);
	vsnprintf(ending, sizeof(s->end->ending), fmt, ap);
	va_end(ap);
}

/* What lies between two milestones is a phase. */
static void end_phase(struct session *s, const char *name)
{
	uint64_t now = dp_now_ms();

	if (s->sink->phase)
		s->sink->phase(s->sink->arg, name, now - s->since);
	s->since = now;
}

static void send_command(struct session *s)
{
	char line[DP_COMMAND_LIMIT];
	/* The first byte that reaches a restored serial port can be lost: an empty line. */
	int n = snprintf(line, sizeof(line), "\n%s\n", s->command);

	s->stage = ASKED;
	if (n < 0 || (size_t)n >= sizeof(line) ||
	    dp_write_all(s->watch.machine.channel, line, (size_t)n))
		end(s, "the command could not be sent to the guest");
}

/* The guest takes commands. */
static void go_on(struct session *s)
{
	if (s->stage != ARRIVING)
		return;
	if (s->command) {
		send_command(s);
		return;
	}
	s->stage = SAVING;
	dp_monitor_save(&s->watch.monitor, s->watch.machine.pid, s->boot);
}

static void take_hello(struct session *s, const struct dp_control *hello)
{
	snprintf(s->end->kernel, sizeof(s->end->kernel), "%.*s", (int)sizeof(s->end->kernel) - 1,
		 hello->text);
	end_phase(s, "boot");
}

static void take_ready(struct session *s)
{
	end_phase(s, "devices");
	go_on(s);
}

static void take_failure(struct session *s, const struct dp_error *failure)
{
	if (!s->end->failed.code)
		s->end->failed = *failure;
	end(s, "%s", failure->what[0] ? failure->what : "the guest does not say what failed");
}

static void take_done(struct session *s)
{
	if (s->stage != ASKED)
		return;
	s->stage = DONE;
	end_phase(s, "run");
}

static void take_control(struct session *s, const struct dp_control *control, const char *line,
			 size_t len)
{
	switch (control->kind) {
	case DP_CONTROL_HELLO:
		take_hello(s, control);
		break;
	case DP_CONTROL_MODULES:
		end_phase(s, "modules");
		break;
	case DP_CONTROL_READY:
		take_ready(s);
		break;
	case DP_CONTROL_TAKEN:
		/* A restored guest is back when it has taken its command. */
		end_phase(s, "restore");
		break;
	case DP_CONTROL_REQUEST:
		dp_requests_take(&s->requests, control, line, len);
		break;
	case DP_CONTROL_FAILED:
		take_failure(s, &control->failure);
		break;
	case DP_CONTROL_DONE:
		take_done(s);
		break;
	case DP_CONTROL_ALIVE:
		break;
	}
}

static int take_line(void *arg, const char *line, size_t len)
{
	struct session *s = arg;
	struct dp_control control;
	bool known = dp_control_parse(line, len, &control);

	if (known && s->stage != DONE)
		take_control(s, &control, line, len);
	/* Which kernel it is, is an observation, too. */
	if (s->sink->line && (!known || control.kind == DP_CONTROL_HELLO))
		s->sink->line(s->sink->arg, line, len);
	return 0;
}

static void take_splat(void *arg, const struct dp_splat *splat)
{
	struct session *s = arg;

	if (s->sink->splat)
		s->sink->splat(s->sink->arg, splat);
}

static void show_progress(const struct session *s)
{
	if (s->stage == SAVING)
		dp_progress_phase(s->progress, "saving the guest", -1);
	else if (s->stage == ARRIVING)
		dp_progress_phase(s->progress, "booting the guest", -1);
	else
		dp_progress_phase_end(s->progress);
	dp_progress_tick(s->progress);
}

static void explain_death(struct session *s)
{
	struct dp_console *console = &s->watch.console;
	const char *log = s->watch.log;

	/* What it said last may have been cut off by its death. */
	dp_recognise_end(&console->recogniser);
	if (console->recogniser.panicked)
		end(s, "the guest's kernel panicked: %s", console->splat);
	else if (console->splat[0])
		end(s, "the guest died: %s", console->splat);
	else if (log[0])
		end(s, "QEMU ended: %s", log);
	else
		end(s, "the guest powered off, or QEMU was killed");
}

static void check_limits(struct session *s)
{
	const struct dp_session_limits *limits = s->limits;
	uint64_t now = dp_now_ms(), silence = limits->silence_ms;

	silence = s->watch.console.splat[0] && silence > DEAD_MS ? DEAD_MS : silence;
	if (s->again && !s->end->kernel[0] && now - s->start > DP_LIFE_MS)
		s->stillborn = true;
	else if (s->stage != ASKED && now - s->start > limits->boot_ms)
		end(s, "the guest was not ready within %llu s",
		    (unsigned long long)limits->boot_ms / 1000);
	else if (s->stage == ASKED && now - s->watch.heard > silence)
		end(s, "the guest has been silent for %llu s", (unsigned long long)silence / 1000);
	else if (now - s->start > limits->total_ms)
		end(s, "the run took longer than %llu s",
		    (unsigned long long)limits->total_ms / 1000);
}

static void check_monitor(struct session *s)
{
	const struct dp_monitor *monitor = &s->watch.monitor;
	const char *log = s->watch.log;

	if (monitor->qmp.trouble[0])
		end(s, "%s%s%s", monitor->qmp.trouble, log[0] ? ": " : "", log);
	if (monitor->state == DP_VM_STOPPED)
		end(s, "QEMU has stopped the guest: %s",
		    log[0] ? log : "the accelerator cannot run it");
}

/* What follows from what has been heard. */
static void consider(struct session *s)
{
	enum dp_vm_state vm = s->watch.monitor.state;

	/* A restored guest goes on where it was saved: waiting for a command. */
	if (s->boot->restore && vm == DP_VM_RUNS)
		go_on(s);
	if (s->stage == SAVING && vm == DP_VM_SAVED)
		s->stage = DONE;
	if (s->stage == DONE)
		return;
	if (s->watch.gone)
		explain_death(s);
	else
		check_monitor(s);
	if (!s->end->ending[0])
		check_limits(s);
}

/* A kernel that is in the middle of a splat may finish it; the console is the slower way. */
static void hear_out(struct session *s)
{
	uint64_t until = dp_now_ms() + SPLAT_MS;

	while (s->watch.console.recogniser.now.kind && s->watch.machine.console >= 0 &&
	       dp_now_ms() < until)
		dp_watch_tick(&s->watch);
}

static int converse(struct session *s, struct dp_error *err)
{
	while (s->stage != DONE && !s->end->ending[0] && !s->stillborn) {
		show_progress(s);
		dp_watch_tick(&s->watch);
		if (dp_interrupted())
			return dp_report(err, -EINTR, "interrupted; the guest was ended");
		consider(s);
		if (!s->end->ending[0] &&
		    dp_requests_answer(&s->requests, s->start + s->limits->total_ms))
			end(s, "the guest could not be told that its request was carried out");
	}
	hear_out(s);
	return 0;
}

static void conclude(struct session *s)
{
	struct dp_session_end *e = s->end;
	char **lines = NULL;
	size_t count = dp_console_take(&s->watch.console, &lines);

	snprintf(e->splat, sizeof(e->splat), "%s", s->watch.console.splat);
	if (!e->ending[0] && !e->splat[0]) {
		dp_strings_free(lines, count);
		return;
	}
	e->console = lines;
	e->nconsole = count;
}

/*
 * What a guest has for itself. A restored one: the saved state, which it reads from its beginning:
 * a position of its own wants a file of its own. One with anonymous memory: a file for the NVDIMM
 * whose labels are looked at.
 */
static int take_own(struct dp_boot *boot, int *labelled, struct dp_error *err)
{
	char path[32];

	if (!boot->restore && boot->memory[DP_LABELLED] < 0 &&
	    dp_memory_size(boot->layout, DP_LABELLED)) {
		*labelled = dp_memory_make(boot->layout, DP_LABELLED, err);
		if (*labelled < 0)
			return *labelled;
		boot->memory[DP_LABELLED] = *labelled;
	}
	if (!boot->restore)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", boot->state);
	boot->state = open(path, O_RDONLY | O_CLOEXEC);
	return boot->state < 0 ? dp_fail(err, -errno, "cannot open a guest's saved state") : 0;
}

static int run_once(struct session *s, struct dp_error *err)
{
	int rc = dp_watch_start(&s->watch, s->boot, err);

	if (rc)
		return rc;
	dp_gate_is(s->boot->gate, s->place, s->watch.machine.pid);
	/* QEMU waits for the word to restore it: until then nothing of it is used. */
	if (!dp_verified(s->boot->verification))
		return dp_report(err, -ESTALE, "the saved guest is damaged");
	/* One thread for all processors is slow, and does not lose them. */
	s->again &= !s->boot->restore && !s->boot->counts;
	s->start = s->since = dp_now_ms();
	dp_watch_begin(&s->watch, s->boot);
	rc = converse(s, err);
	s->end->boots += !s->boot->restore;
	memcpy(s->end->qemu, s->watch.monitor.qmp.version, sizeof(s->end->qemu));
	if (!s->stillborn)
		conclude(s);
	return rc;
}

int dp_session_run(const struct dp_boot *boot, const char *command,
		   const struct dp_session_limits *limits, const struct dp_sink *sink,
		   const struct dp_progress *progress, struct dp_session_end *end,
		   struct dp_error *err)
{
	struct dp_boot own = *boot;
	dp_autofd int labelled = -1;
	bool stillborn = false;
	int place = dp_gate_enter(boot->gate, err), rc;

	*end = (struct dp_session_end){ 0 };
	if (place < 0)
		return place;
	rc = take_own(&own, &labelled, err);
	while (!rc) {
		dp_cleanup(clear) struct session s = {
			.boot = &own,
			.command = command,
			.limits = limits,
			.sink = sink,
			.progress = progress,
			.end = end,
			.again = !stillborn,
			.place = place,
			.requests = { .boot = &own, .sink = sink, .logger = DP_NO_LOGGER },
		};

		s.requests.watch = &s.watch;
		s.watch.line = take_line;
		s.watch.console.take = take_splat;
		s.watch.arg = s.watch.console.arg = &s;
		rc = run_once(&s, err);
		stillborn = s.stillborn;
		if (!stillborn)
			break;
	}
	dp_gate_leave(boot->gate, place);
	if (own.restore)
		dp_closep(&own.state);
	dp_progress_phase_end(progress);
	return rc;
}

void dp_session_end_clear(struct dp_session_end *end)
{
	dp_strings_free(end->console, end->nconsole);
	*end = (struct dp_session_end){ 0 };
}
