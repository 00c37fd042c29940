/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of what registrations do inside the kernel, for where an event for each would be in the
 * way: kprobes that perf counts in the calling process, its threads and its children. No tracefs
 * instance records them.
 */
#ifndef DAXPIN_COUNTERS_H
#define DAXPIN_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

struct dp_error;

enum dp_counter {
	DP_COUNT_FAST, /* calls of gup-fast for a longterm pin */
	DP_COUNT_SLOW, /* calls of the slow path */
	/* References that gup-fast has given back at once: the function is called with interrupts
	   off, which those who release a pin do not do. */
	DP_COUNT_DROP,
	DP_COUNTERS,
};

struct dp_counters {
	int fd[DP_COUNTERS]; /* of perf; -1: nobody counts */
};

#define DP_NO_COUNTERS                                                                             \
	{                                                                                          \
		.fd = { -1, -1, -1 }                                                               \
	}

/**
 * dp_counters_open - count from now on, in this process and in those that it starts
 * @counters: receives them; release with dp_counters_close()
 * @err: what this kernel or this user may not do
 *
 * It takes the place of the witness's probes. Where no CPU may execute what another one is patching
 * (TCG), the caller sees to it that there is only one: dp_cpus_park().
 *
 * Return: 0 or a negative errno; nobody counts then.
 */
int dp_counters_open(struct dp_counters *counters, struct dp_error *err);

/* The counts so far. Return: 0 or a negative errno. */
int dp_counters_read(const struct dp_counters *counters, int64_t counts[DP_COUNTERS]);

/* Ends it, and removes the probes if @remove. */
void dp_counters_close(struct dp_counters *counters, bool remove);

/**
 * dp_cpus_park - take all CPUs but the first one offline
 *
 * Return: a set of those that were, for dp_cpus_unpark(); up to 64.
 */
uint64_t dp_cpus_park(void);
void dp_cpus_unpark(uint64_t parked);

#endif
