// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU's threads are its processors, counted from 1. Breakpoints are "hardware" ones: no byte of
 * the guest is changed, and they are seen by whoever comes there, on whichever processor.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdb.h"
#include "hold.h"
#include "watch.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/signals.h"
#include "daxpin/sink.h"

/* An answer takes a millisecond; a busy host is slower. */
#define ANSWER_MS 60000
/* How often a processor is made to leave where it stands. */
#define STEPS 100
/* Bytes of memory in one packet. */
#define PIECE 256

/*
 * Offsets in the answer to "g", bytes: 16 registers, rip and eflags, 6 segments of 4, the bases of
 * fs and gs, and cr0, cr2, cr3 (target/i386/gdbstub.c).
 */
#define RAX     0
#define RSI     (4 * 8)
#define RDI     (5 * 8)
#define RSP     (7 * 8)
#define RIP     (16 * 8)
#define EFLAGS  (17 * 8)
#define CR3     (17 * 8 + 4 + 6 * 4 + 3 * 8 + 2 * 8)
#define G_BYTES (CR3 + 8)
#define IF_FLAG 0x200

/* A packet of the stub, waited for. Return: NULL without one, with the reason in @rc. */
static const char *hear(struct dp_hold *hold, uint64_t limit_ms, int *rc)
{
	struct dp_watch *w = hold->watch;
	uint64_t end = dp_now_ms() + limit_ms;
	const char *packet;

	while (!(packet = dp_gdb_take(&w->gdb))) {
		*rc = w->gone || w->machine.gdb < 0                       ? -EPIPE
		      : dp_interrupted() || dp_now_ms() >= hold->until_ms ? -EINTR
		      : dp_now_ms() >= end                                ? -ETIME
									  : 0;
		if (*rc)
			return NULL;
		dp_watch_tick_for(w, (int)(end - dp_now_ms() < 250 ? end - dp_now_ms() : 250));
	}
	*rc = 0;
	return packet;
}

static const char *ask(struct dp_hold *hold, const char *packet, int *rc)
{
	struct dp_watch *w = hold->watch;
	const char *answer;

	dp_gdb_take(&w->gdb);
	*rc = dp_gdb_send(w->machine.gdb, packet);
	if (*rc)
		return NULL;
	answer = hear(hold, ANSWER_MS, rc);
	if (*rc == -ETIME)
		*rc = -EIO;
	return answer;
}

static int must(struct dp_hold *hold, const char *packet)
{
	int rc;
	const char *answer = ask(hold, packet, &rc);

	return !answer ? rc : strcmp(answer, "OK") ? -EIO : 0;
}

static int select_cpu(struct dp_hold *hold, unsigned int cpu)
{
	char packet[16];

	snprintf(packet, sizeof(packet), "Hg%x", cpu + 1);
	return must(hold, packet);
}

/* ---- looking ----------------------------------------------------------------------------- */

static uint64_t word_at(const unsigned char *bytes, size_t at)
{
	uint64_t word;

	memcpy(&word, bytes + at, sizeof(word));
	return word;
}

static int look(void *arg, unsigned int cpu, struct dp_vcpu_state *state)
{
	struct dp_hold *hold = arg;
	unsigned char bytes[G_BYTES];
	int rc = select_cpu(hold, cpu);
	const char *answer = rc ? NULL : ask(hold, "g", &rc);

	if (!answer)
		return rc;
	if (!dp_gdb_bytes(answer, bytes, sizeof(bytes)))
		return -EIO;
	*state = (struct dp_vcpu_state){
		.ip = word_at(bytes, RIP),
		.sp = word_at(bytes, RSP),
		.cr3 = word_at(bytes, CR3),
		.rax = word_at(bytes, RAX),
		.rdi = word_at(bytes, RDI),
		.rsi = word_at(bytes, RSI),
		.interrupts = word_at(bytes, EFLAGS) & IF_FLAG,
	};
	return 0;
}

static int read_memory(void *arg, unsigned int cpu, uint64_t at, void *to, size_t length)
{
	struct dp_hold *hold = arg;
	int rc = select_cpu(hold, cpu);

	for (size_t done = 0; done < length && !rc;) {
		size_t n = length - done < PIECE ? length - done : PIECE;
		const char *answer;
		char packet[48];

		snprintf(packet, sizeof(packet), "m%" PRIx64 ",%zx", at + done, n);
		answer = ask(hold, packet, &rc);
		if (answer && !dp_gdb_bytes(answer, (char *)to + done, n))
			rc = -EFAULT;
		done += n;
	}
	return rc;
}

static int write_memory(void *arg, unsigned int cpu, uint64_t at, const void *from, size_t length)
{
	char packet[48 + 2 * PIECE], hex[2 * PIECE + 1];
	struct dp_hold *hold = arg;
	const char *answer;
	int rc = length > PIECE ? -E2BIG : select_cpu(hold, cpu);

	if (rc)
		return rc;
	dp_gdb_hex(from, length, hex);
	snprintf(packet, sizeof(packet), "M%" PRIx64 ",%zx:%s", at, length, hex);
	answer = ask(hold, packet, &rc);
	return answer && strcmp(answer, "OK") ? -EFAULT : rc;
}

/* QEMU's stub reads what a processor sees unless it is told otherwise. */
static int read_physical(void *arg, uint64_t at, uint64_t *word)
{
	struct dp_hold *hold = arg;
	int rc = must(hold, "Qqemu.PhyMemMode:1"), back;

	if (!rc)
		rc = read_memory(arg, 0, at, word, sizeof(*word));
	back = must(hold, "Qqemu.PhyMemMode:0");
	return rc ? rc : back;
}

static int jump(void *arg, unsigned int cpu, uint64_t ip)
{
	struct dp_hold *hold = arg;
	char packet[40], hex[2 * sizeof(ip) + 1];
	int rc = select_cpu(hold, cpu);

	if (rc)
		return rc;
	dp_gdb_hex(&ip, sizeof(ip), hex);
	snprintf(packet, sizeof(packet), "P10=%s", hex);
	hold->last[cpu] = ip;
	return must(hold, packet);
}

static int busy(void *arg, unsigned int cpu, uint64_t *ms)
{
	struct dp_hold *hold = arg;
	struct dp_watch *w = hold->watch;
	dp_autofree char *text = NULL;
	char path[80];

	snprintf(path, sizeof(path), "/proc/%d/task/%" PRId64 "/schedstat", (int)w->machine.pid,
		 w->monitor.threads[cpu]);
	if (dp_read_file(path, 256, &text, NULL, NULL))
		return -EPIPE;
	*ms = strtoull(text, NULL, 10) / 1000000;
	return 0;
}

/* ---- running ----------------------------------------------------------------------------- */

static bool is_among(const uint64_t *stops, size_t nstops, uint64_t address)
{
	for (size_t i = 0; i < nstops; i++)
		if (stops[i] == address)
			return true;
	return false;
}

static int breakpoint(struct dp_hold *hold, char how, uint64_t address)
{
	char packet[40];

	snprintf(packet, sizeof(packet), "%c1,%" PRIx64 ",1", how, address);
	return must(hold, packet);
}

/* Those that are wanted again remain: each takes a packet. */
static int set_stops(struct dp_hold *hold, const uint64_t *stops, size_t nstops)
{
	int rc = 0;

	for (size_t i = 0; i < hold->nset && !rc;) {
		if (is_among(stops, nstops, hold->set[i])) {
			i++;
			continue;
		}
		rc = breakpoint(hold, 'z', hold->set[i]);
		hold->set[i] = hold->set[--hold->nset];
	}
	for (size_t i = 0; i < nstops && !rc; i++) {
		if (is_among(hold->set, hold->nset, stops[i]))
			continue;
		if (hold->nset == DP_ARRAY_SIZE(hold->set))
			return -E2BIG;
		rc = breakpoint(hold, 'Z', stops[i]);
		hold->set[hold->nset++] = stops[i];
	}
	return rc;
}

/* The processor that a stop is about, from 0; -1 if it is not said. */
static int stopped(const char *packet)
{
	const char *thread = strstr(packet, "thread:");
	long number = thread ? strtol(thread + 7, NULL, 16) : 0;

	return number > 0 && number <= 8 ? (int)number - 1 : -1;
}

/* One instruction of a processor that is to leave where it was stopped last. It may take a few. */
static int step_off(struct dp_hold *hold, unsigned int cpu)
{
	struct dp_vcpu_state state = { .ip = hold->last[cpu] };
	char packet[24];
	int rc = 0;

	snprintf(packet, sizeof(packet), "vCont;s:%x", cpu + 1);
	for (int i = 0; i < STEPS && !rc && state.ip == hold->last[cpu]; i++) {
		ask(hold, packet, &rc);
		if (!rc)
			rc = look(hold, cpu, &state);
	}
	hold->last[cpu] = 0;
	return rc;
}

/*
 * Who still stands where it was stopped last has been told of; a thread that its host has not let
 * run meanwhile does.
 */
static int leave(struct dp_hold *hold, unsigned int who, const uint64_t *stops, size_t nstops)
{
	int rc = 0;

	for (unsigned int cpu = 0; cpu < hold->watch->monitor.ncpus && !rc; cpu++) {
		struct dp_vcpu_state state;

		if (!(who & DP_VCPU(cpu)) || !hold->last[cpu] ||
		    !is_among(stops, nstops, hold->last[cpu]))
			continue;
		rc = look(hold, cpu, &state);
		if (!rc && state.ip == hold->last[cpu])
			rc = step_off(hold, cpu);
	}
	return rc;
}

static int let_go(struct dp_hold *hold, unsigned int who)
{
	struct dp_watch *w = hold->watch;
	char packet[64];
	size_t used = (size_t)snprintf(packet, sizeof(packet), "vCont");

	dp_gdb_take(&w->gdb);
	for (unsigned int cpu = 0; cpu < w->monitor.ncpus; cpu++)
		if (who & DP_VCPU(cpu))
			used += (size_t)snprintf(packet + used, sizeof(packet) - used, ";c:%x",
						 cpu + 1);
	return dp_gdb_send(w->machine.gdb, packet);
}

/* Until a stop, or the limit; then all stand. */
static int await_stop(struct dp_hold *hold, uint64_t limit_ms, struct dp_vcpu_stop *stop)
{
	struct dp_watch *w = hold->watch;
	struct dp_vcpu_state state;
	const char *packet;
	int rc, cpu;

	packet = hear(hold, limit_ms, &rc);
	if (rc == -ETIME) {
		rc = dp_gdb_break(w->machine.gdb);
		packet = rc ? NULL : hear(hold, ANSWER_MS, &rc);
		rc = rc == -ETIME ? -EIO : rc;
	}
	if (!packet)
		return rc;
	cpu = stopped(packet);
	/* Signal 5 is a breakpoint; 2 is what was sent above. */
	if (strncmp(packet, "T05", 3))
		return packet[0] == 'W' || packet[0] == 'X' ? -EPIPE : -ETIME;
	if (cpu < 0)
		return -EIO;
	rc = look(hold, (unsigned int)cpu, &state);
	if (rc)
		return rc;
	*stop = (struct dp_vcpu_stop){ (unsigned int)cpu, state.ip };
	hold->last[cpu] = state.ip;
	return 0;
}

static int run(void *arg, unsigned int who, const uint64_t *stops, size_t nstops, uint64_t limit_ms,
	       struct dp_vcpu_stop *stop)
{
	struct dp_hold *hold = arg;
	int rc = leave(hold, who, stops, nstops);
	uint64_t begun;

	if (!rc)
		rc = set_stops(hold, stops, nstops);
	begun = dp_now_us();
	if (!rc)
		rc = let_go(hold, who);
	if (!rc)
		rc = await_stop(hold, limit_ms, stop);
	stop->us = dp_now_us() - begun;
	return rc;
}

/* ---- beginning and end ------------------------------------------------------------------- */

static int await_monitor(struct dp_watch *w, struct dp_error *err)
{
	return dp_watch_await_monitor(w)
		       ? 0
		       : dp_report(err, -EIO, "QEMU does not let its processors be held");
}

int dp_hold_begin(struct dp_watch *watch, uint64_t until_ms, struct dp_hold *hold,
		  struct dp_error *err)
{
	int rc;

	*hold = (struct dp_hold){ .watch = watch,
				  .until_ms = until_ms,
				  .vcpus = { hold, run, look, read_memory, write_memory,
					     read_physical, jump, busy } };
	dp_monitor_find_cpus(&watch->monitor);
	rc = await_monitor(watch, err);
	if (rc)
		return rc;
	hold->vcpus.count = watch->monitor.ncpus;
	dp_monitor_debug(&watch->monitor);
	rc = await_monitor(watch, err);
	if (rc)
		return rc;
	/* It may or may not tell of the stop that this has made. */
	ask(hold, "?", &rc);
	if (!rc && !ask(hold, "qSupported", &rc))
		rc = rc ? rc : -EIO;
	/* Registers can be written one by one once it has been asked what there are. */
	if (!rc)
		ask(hold, "qXfer:features:read:target.xml:0,100", &rc);
	if (!rc)
		rc = must(hold, "Hg1");
	return rc ? dp_fail(err, rc, "QEMU's GDB stub does not answer") : 0;
}

void dp_hold_end(struct dp_hold *hold)
{
	int rc;

	/* To be let go, each has as long as it takes. */
	hold->until_ms = UINT64_MAX;
	set_stops(hold, NULL, 0);
	ask(hold, "D", &rc);
	hold->watch->heard = dp_now_ms();
	hold->watch->monitor.state = DP_VM_RUNS;
}

void dp_hold_play(struct dp_watch *watch, uint64_t until_ms, const struct dp_sink *sink,
		  const char *line, char *answer, size_t size)
{
	struct dp_error err = { 0 };
	struct dp_hold hold;

	snprintf(answer, size, "failed: nobody plays it");
	if (dp_hold_begin(watch, until_ms, &hold, &err))
		snprintf(answer, size, "failed: %.200s", err.what);
	else if (sink->order)
		sink->order(sink->arg, line, strlen(line), &hold.vcpus, answer, size);
	dp_hold_end(&hold);
}
