// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run of a guest: watch its console, its channel, the monitor and the clock at the same time,
 * until it is done or until it is clear that it will not be.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/collect.h"
#include "daxpin/command.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"
#include "daxpin/machine.h"
#include "daxpin/observe.h"
#include "daxpin/session.h"
#include "daxpin/signals.h"

/* Granularity of the limits, ms. */
#define TICK_MS 250
/* How long to let bytes gather, us. */
#define BATCH_US 5000
/* Reads from one source before the others have their turn. */
#define READS 64
/*
 * A guest says hello after 2 to 4 s, 10 times that on a busy host. Under emulation with two CPUs,
 * about one boot in a hundred on a loaded host never does: both CPUs spin. Such a boot is given up
 * after so long, ms, and another one made, which has all the time that the limits allow. The report
 * tells ("boots").
 */
#define LIFE_MS 40000
/* A call trace takes a tenth of a second; of some splats no line is known to be the last. */
#define COMPLAINT_MS 500

enum source {
	CHANNEL,
	STREAM,
	CONSOLE,
	QMP,
	LOG,
	SIGNALS,
	SOURCES,
};

struct session {
	struct dp_machine machine;
	struct dp_console console;
	struct dp_lines channel_lines, stream_lines, qmp_lines;
	struct dp_collect *collect; /* NULL for a bare guest */
	const char *command;
	const struct dp_session_limits *limits;
	dp_progress_fn progress;
	uint64_t start, heard;
	char log[512];   /* the end of what QEMU printed */
	bool sent, gone; /* the command was sent; QEMU has closed its end */
	bool stopped;    /* QEMU has stopped the virtual CPUs */
	bool saving;     /* and that is because the guest is being saved */
	bool saved;
	bool restoring; /* what is sent before the guest is back would be lost */
	bool again;     /* a boot without a sign of life may be tried again */
	bool stillborn; /* this was one */
	enum { NVME_OUT, NVME_IN, NVME_LEAVING } nvme;
	char ending[512];
};

static void clear(struct session *s)
{
	dp_machine_stop(&s->machine);
	dp_console_clear(&s->console);
	dp_lines_clear(&s->channel_lines);
	dp_lines_clear(&s->stream_lines);
	dp_lines_clear(&s->qmp_lines);
}

__attribute__((format(printf, 2, 3))) static void end(struct session *s, const char *fmt, ...)
{
	va_list ap;

	if (s->ending[0])
		return;
	va_start(ap, fmt);
	vsnprintf(s->ending, sizeof(s->ending), fmt, ap);
	va_end(ap);
}

static void monitor(struct session *s, const char *command)
{
	if (dp_write_all(s->machine.qmp, command, strlen(command)))
		end(s, "QEMU's monitor does not take a command");
}

/*
 * Memory that lies in files stays there; only the devices' state travels (x-ignore-shared). QEMU
 * wants the capability on both sides.
 */
static void begin_talk(struct session *s, const struct dp_boot *boot)
{
	char line[128];

	monitor(s, "{\"execute\":\"qmp_capabilities\"}\n");
	if (boot->state < 0)
		return;
	monitor(s, "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":["
		   "{\"capability\":\"x-ignore-shared\",\"state\":true},"
		   "{\"capability\":\"events\",\"state\":true}]}}\n");
	if (!boot->restore)
		return;
	snprintf(line, sizeof(line),
		 "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"fd:%d\"}}\n",
		 boot->state);
	monitor(s, line);
}

static void begin_saving(struct session *s, const struct dp_boot *boot)
{
	char line[128];

	s->saving = true;
	/* "fd:" takes a descriptor that was inherited for reading only, and a shell gets none. */
	snprintf(line, sizeof(line),
		 "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"exec:cat >/proc/%d/fd/%d\"}}\n",
		 (int)s->machine.pid, boot->state);
	monitor(s, line);
}

#define PLUG_NVME                                                                                  \
	"{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"nvme\",\"id\":\"nvme0\","         \
	"\"bus\":\"port0\",\"serial\":\"daxpin\",\"drive\":\"nvme-disk\",\"cmb_size_mb\":16}}\n"
#define UNPLUG_NVME "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"nvme0\"}}\n"

/*
 * What the guest may want of the machine around it. To the guest a device has gone when its slot
 * is off; QEMU lets go of the disk behind it an RCU grace period later, and tells
 * (DEVICE_DELETED). Until then a request to plug it in again waits.
 */
static void serve_request(struct session *s)
{
	bool plug = !strcmp(s->collect->request, "plug-nvme");
	bool unplug = !strcmp(s->collect->request, "unplug-nvme");

	if (plug && s->nvme == NVME_LEAVING)
		return;
	if (plug && s->nvme == NVME_OUT) {
		monitor(s, PLUG_NVME);
		s->nvme = NVME_IN;
	} else if (unplug && s->nvme == NVME_IN) {
		monitor(s, UNPLUG_NVME);
		s->nvme = NVME_LEAVING;
	}
	s->collect->request[0] = '\0';
}

static void take_deletion(struct session *s, struct json_object *event)
{
	const char *device = dp_json_text(json_object_object_get(event, "data"), "device");

	if (device && !strcmp(device, "nvme0"))
		s->nvme = NVME_OUT;
}

static void take_migration(struct session *s, struct json_object *event)
{
	const char *status = dp_json_text(json_object_object_get(event, "data"), "status");

	if (status && !strcmp(status, "completed"))
		s->saved = s->saving;
	else if (status && !strcmp(status, "failed"))
		end(s,
		    s->saving ? "QEMU could not save the guest: %s"
			      : "QEMU could not restore the guest: %s",
		    s->log[0] ? s->log : "it does not say why");
}

/* A restored guest goes on where it was saved: waiting for a command. */
static void take_running(struct session *s, bool running)
{
	s->stopped = !running && !s->saving;
	if (running && s->restoring && s->collect)
		s->collect->ready = true;
}

/* Refusals, and what QEMU does on its own: KVM that cannot go on stops the guest and says so. */
static int take_qmp(void *arg, const char *line, size_t len)
{
	struct session *s = arg;
	struct json_object *obj = json_tokener_parse(line), *error;
	const char *event = obj ? dp_json_text(obj, "event") : NULL;

	(void)len;
	if (event && !strcmp(event, "MIGRATION"))
		take_migration(s, obj);
	else if (event && !strcmp(event, "DEVICE_DELETED"))
		take_deletion(s, obj);
	else if (event && (!strcmp(event, "STOP") || !strcmp(event, "RESUME")))
		take_running(s, event[0] == 'R');
	else if (json_object_object_get_ex(obj, "error", &error))
		end(s, "QEMU refuses: %s",
		    dp_json_text(error, "desc") ? dp_json_text(error, "desc") : line);
	json_object_put(obj);
	return 0;
}

static void take_log(struct session *s, const char *data, size_t len)
{
	size_t used = strlen(s->log);

	snprintf(s->log + used, sizeof(s->log) - used, "%.*s", (int)len, data);
}

/* What the guest says, on whichever way. */
static void hear(struct session *s, struct dp_lines *lines, const char *data, size_t len)
{
	s->heard = dp_now_ms();
	if (s->collect)
		dp_lines_feed(lines, data, len, dp_collect_line, s->collect);
}

static void take(struct session *s, enum source from, const char *data, size_t len)
{
	switch (from) {
	case CHANNEL:
		hear(s, &s->channel_lines, data, len);
		break;
	case STREAM:
		hear(s, &s->stream_lines, data, len);
		break;
	case CONSOLE:
		dp_console_feed(&s->console, data, len);
		break;
	case QMP:
		dp_lines_feed(&s->qmp_lines, data, len, take_qmp, s);
		break;
	default:
		take_log(s, data, len);
	}
}

static void read_from(struct session *s, enum source from, int *fd)
{
	char buf[16384];

	/* So often at most: a guest that floods must not keep the clock from being looked at. */
	for (int i = 0; i < READS; i++) {
		ssize_t n = recv(*fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			s->gone |= from == CHANNEL;
			close(*fd);
			*fd = -1;
			return;
		}
		take(s, from, buf, (size_t)n);
	}
}

static void wait_a_tick(struct session *s)
{
	int *fds[] = { &s->machine.channel, &s->machine.stream, &s->machine.console,
		       &s->machine.qmp, &s->machine.log };
	struct pollfd p[SOURCES];

	for (int i = 0; i < SIGNALS; i++)
		p[i] = (struct pollfd){ .fd = *fds[i], .events = POLLIN };
	p[SIGNALS] = (struct pollfd){ .fd = dp_signals_fd(), .events = POLLIN };
	if (poll(p, SOURCES, TICK_MS) <= 0)
		return;
	/* QEMU writes a serial port's bytes one by one: do not wake up for each of them. */
	if (p[CHANNEL].revents || p[CONSOLE].revents)
		usleep(BATCH_US);
	/* The channel last: when it closes, what the others still held has been read. */
	for (int i = LOG; i >= CHANNEL; i--)
		if (p[i].revents && *fds[i] >= 0)
			read_from(s, (enum source)i, fds[i]);
}

static void send_command(struct session *s)
{
	char line[DP_COMMAND_LIMIT];
	/* The first byte that reaches a restored serial port can be lost: let it be an empty line.
	 */
	int n = snprintf(line, sizeof(line), "\n%s\n", s->command);

	s->sent = true;
	if (n < 0 || (size_t)n >= sizeof(line) || dp_write_all(s->machine.channel, line, (size_t)n))
		end(s, "the command could not be sent to the guest");
}

static void show_progress(struct session *s)
{
	if (!s->progress)
		return;
	if (s->saving)
		s->progress("saving the guest", 0);
	else if (!s->sent)
		s->progress("booting the guest", 0);
	else
		s->progress("asking", (int)(100 * s->collect->answered /
					    (s->collect->count ? s->collect->count : 1)));
}

static void explain_death(struct session *s)
{
	/* What it said last may have been cut off by its death. */
	dp_recognise_end(&s->console.recogniser);
	if (s->console.recogniser.panicked)
		end(s, "the guest's kernel panicked: %s", s->console.splat);
	else if (s->console.splat[0])
		end(s, "the guest died: %s", s->console.splat);
	else if (s->log[0])
		end(s, "QEMU ended: %.*s", (int)strcspn(s->log, "\n"), s->log);
	else
		end(s, "the guest powered off, or QEMU was killed");
}

static void check_limits(struct session *s)
{
	uint64_t now = dp_now_ms();

	if (s->again && !s->collect->run.subject.kernel[0] && now - s->start > LIFE_MS)
		s->stillborn = true;
	else if (!s->sent && now - s->start > s->limits->boot_ms)
		end(s, "the guest was not ready within %llu s",
		    (unsigned long long)s->limits->boot_ms / 1000);
	else if (s->sent && now - s->heard > s->limits->silence_ms)
		end(s, "the guest has been silent for %llu s",
		    (unsigned long long)s->limits->silence_ms / 1000);
	else if (now - s->start > s->limits->total_ms)
		end(s, "the run took longer than %llu s",
		    (unsigned long long)s->limits->total_ms / 1000);
	if (s->stopped)
		end(s, "QEMU has stopped the guest: %s",
		    s->log[0] ? s->log : "the accelerator cannot run it");
}

/* Whether the guest has done what it was started for. */
static bool finished(const struct session *s)
{
	return s->command ? s->collect->done : s->saved;
}

static void go_on(struct session *s, const struct dp_boot *boot)
{
	if (s->collect->ready && s->command && !s->sent)
		send_command(s);
	else if (s->collect->ready && !s->command && !s->saving)
		begin_saving(s, boot);
	if (s->collect->request[0])
		serve_request(s);
	if (s->collect->failed.code)
		end(s, "%s", s->collect->failed.what);
	else if (s->gone && !finished(s))
		explain_death(s);
	else
		check_limits(s);
}

/* A kernel that is in the middle of a splat may finish it; the console is the slower way. */
static void hear_out(struct session *s)
{
	uint64_t end = dp_now_ms() + COMPLAINT_MS;

	while (s->console.recogniser.now.kind && s->machine.console >= 0 && dp_now_ms() < end)
		wait_a_tick(s);
}

static int converse(struct session *s, const struct dp_boot *boot, struct dp_error *err)
{
	while (!finished(s) && !s->ending[0] && !s->stillborn) {
		go_on(s, boot);
		show_progress(s);
		wait_a_tick(s);
		if (dp_interrupted())
			return dp_report(err, -EINTR, "interrupted; the guest was ended");
	}
	hear_out(s);
	return 0;
}

static void conclude(struct session *s, struct dp_run_record *run)
{
	char **lines = NULL;
	size_t count = dp_console_take(&s->console, &lines);

	snprintf(run->ending, sizeof(run->ending), "%s", s->ending);
	snprintf(run->splat, sizeof(run->splat), "%s", s->console.splat);
	if (run->ending[0] || run->splat[0]) {
		run->console = lines;
		run->nconsole = count;
		return;
	}
	dp_strings_free(lines, count);
}

/*
 * What a restored guest has for itself: the RAM, which it changes, and the saved state, which
 * it reads from its beginning: a position of its own wants a file of its own.
 */
static int take_own(struct dp_boot *boot, struct dp_copy *copy, struct dp_error *err)
{
	char path[32];
	int rc;

	copy->to = -1;
	if (!boot->restore)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", boot->state);
	boot->state = open(path, O_RDONLY | O_CLOEXEC);
	if (boot->state < 0)
		return dp_fail(err, -errno, "cannot open a guest's saved state");
	rc = dp_copy_begin(boot, copy, err);
	boot->memory[DP_RAM] = copy->to;
	return rc;
}

static int run_once(const struct dp_boot *boot, struct dp_copy *copy, struct session *s,
		    struct dp_error *err)
{
	struct dp_run_record *run = &s->collect->run;
	int rc = dp_machine_start(boot, &s->machine, err);

	if (rc)
		return rc;
	/* QEMU waits for the word to restore it: until then nothing of it is used. */
	if (!dp_snapshot_verified(boot))
		return dp_report(err, -ESTALE, "the saved guest is damaged");
	rc = dp_copy_end(copy, err);
	if (rc)
		return rc;
	s->start = s->heard = s->collect->since = dp_now_ms();
	s->restoring = boot->restore;
	s->again &= !boot->restore;
	s->console.take = dp_collect_splat;
	s->console.arg = s->collect;
	begin_talk(s, boot);
	rc = converse(s, boot, err);
	run->boots += !boot->restore;
	if (!s->stillborn)
		conclude(s, run);
	return rc;
}

int dp_session_run(const struct dp_boot *boot, const char *command,
		   const struct dp_session_limits *limits, struct dp_collect *collect,
		   dp_progress_fn progress, struct dp_error *err)
{
	struct dp_boot own = *boot;
	dp_cleanup(dp_copy_clear) struct dp_copy copy = { 0 };
	bool stillborn = false;
	int rc = take_own(&own, &copy, err);

	while (!rc) {
		dp_cleanup(clear) struct session s = { .collect = collect,
						       .command = command,
						       .limits = limits,
						       .progress = progress,
						       .again = !stillborn };

		rc = run_once(&own, &copy, &s, err);
		stillborn = s.stillborn;
		if (!stillborn)
			break;
	}
	if (own.restore && own.state >= 0)
		close(own.state);
	if (progress)
		progress("", -1);
	return rc;
}

static int bare_once(const struct dp_boot *boot, uint64_t limit_ms, uint64_t *ms,
		     struct dp_error *err)
{
	dp_cleanup(clear) struct session s = { .start = dp_now_ms() };
	int rc = dp_machine_start(boot, &s.machine, err);

	if (!rc)
		begin_talk(&s, boot);
	while (!rc && !s.gone && !s.stopped && dp_now_ms() - s.start < limit_ms) {
		wait_a_tick(&s);
		if (dp_interrupted())
			rc = dp_report(err, -EINTR, "interrupted; the guest was ended");
	}
	if (rc)
		return rc;
	*ms = dp_now_ms() - s.start;
	/* One line of what QEMU said is enough, and all that fits a line. */
	s.log[strcspn(s.log, "\n")] = '\0';
	if (!s.gone)
		return dp_report(err, -ETIMEDOUT, "the bare guest did not power off: %s",
				 s.log[0]    ? s.log
				 : s.stopped ? "QEMU has stopped it"
					     : "no end within the limit");
	if (s.console.splat[0] || s.log[0])
		return dp_report(err, -EIO, "the bare guest died: %s",
				 s.console.splat[0] ? s.console.splat : s.log);
	return 0;
}

int dp_session_bare(const struct dp_boot *boot, uint64_t limit_ms, uint64_t *ms,
		    struct dp_error *err)
{
	struct dp_error first = { 0 };
	int rc = bare_once(boot, limit_ms < LIFE_MS ? limit_ms : LIFE_MS, ms, &first);

	if (rc == -ETIMEDOUT && limit_ms > LIFE_MS)
		return bare_once(boot, limit_ms, ms, err);
	if (rc && err)
		*err = first;
	return rc;
}
