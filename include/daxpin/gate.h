/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many guests run at the same time. A guest that only waits (for a timeout, a grace period, or
 * for something to be seen to wait) holds no processor, so another one may start meanwhile: more
 * guests than processors, as long as those that run leave half a processor free.
 */
#ifndef DAXPIN_GATE_H
#define DAXPIN_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct dp_error;

/* Guests at the same time, whatever the computer has. */
#define DP_GUESTS_MOST 64

/* Of a processor: what guests want is counted in thousandths of one. */
#define DP_PROCESSOR 1000

/* A guest that is inside. */
struct dp_gate_place {
	bool taken;
	pid_t pid;           /* its QEMU, 0 until it has been started */
	uint64_t ns, at_us;  /* what its threads had run or been runnable for at the last look */
	unsigned int wanted; /* between the last two looks; a whole processor before */
};

struct dp_gate {
	unsigned int least, most; /* that many may be inside at any time, and never more */
	unsigned int processors;
	pthread_mutex_t mutex; /* for those below */
	pthread_cond_t moved;  /* somebody has left, or is next */
	unsigned int inside, peak;
	uint64_t next, serving; /* numbers of those who wait, as in a queue for a counter */
	struct dp_gate_place places[DP_GUESTS_MOST];
};

/**
 * dp_gate_init - a gate with nobody inside
 * @gate: receives it
 * @least: guests that may be inside whatever they do, at least 1
 * @most: guests that may be inside at all, at most DP_GUESTS_MOST
 */
void dp_gate_init(struct dp_gate *gate, unsigned int least, unsigned int most);

/**
 * dp_gate_enter - wait until one more guest may run; first come, first served
 * @gate: the gate, or NULL for none
 * @err: context on failure
 *
 * Return: its place, from 0; or -EINTR after SIGINT or SIGTERM.
 */
int dp_gate_enter(struct dp_gate *gate, struct dp_error *err);

/* The guest in that place is the process @pid, 0 for none any more. */
void dp_gate_is(struct dp_gate *gate, int place, pid_t pid);

/* The guest in that place has ended, and its process with it. A negative place is ignored. */
void dp_gate_leave(struct dp_gate *gate, int place);

/**
 * dp_gate_room - whether one more guest may enter
 * @gate: with what each guest inside wants; not locked here
 *
 * Those inside must leave half a processor free: what is waiting now will go on.
 */
bool dp_gate_room(const struct dp_gate *gate);

/**
 * dp_schedstat_parse - how long a thread wanted a processor
 * @text: /proc/PID/task/TID/schedstat: time on a processor, time waiting for one (ns), time slices
 *
 * Return: the sum of both, ns; 0 if the text is another.
 */
uint64_t dp_schedstat_parse(const char *text);

#endif
