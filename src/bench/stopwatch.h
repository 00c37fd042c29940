/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_BENCH_STOPWATCH_H
#define DAXPIN_BENCH_STOPWATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "pmu.h"

struct dp_error;

struct dp_stopwatch {
	bool counts;     /* instructions; nanoseconds otherwise */
	uint64_t cost;   /* what a reading adds to what is timed */
	uint64_t tick;   /* what an interrupt of the timer adds; 0 where it is not known */
	uint64_t yield;  /* what giving the processor up takes if nobody else wants it */
	uint64_t empty;  /* what an empty loop takes by which interrupts are seen */
	uint64_t period; /* from one to the next; 0 where it is not known */
	uint64_t ticked; /* when there was one */
	uint64_t began;
	/* What the processor counted meanwhile; NULL where that is not known. */
	const struct dp_pmu *pmu;
	uint64_t counted[DP_PMU_EVENTS];
	bool uncounted; /* it was not, once */
};

/**
 * dp_stopwatch_calibrate - find out what the clock itself costs
 * @counts: the time stamp counter counts instructions (machine.h)
 * @w: receives it
 * @err: no timer interrupt was seen
 *
 * Return: 0 or a negative errno.
 */
int dp_stopwatch_calibrate(bool counts, struct dp_stopwatch *w, struct dp_error *err);

/*
 * Begins; where instructions are counted, just after an interrupt of the timer. The counters of the
 * processor are read before the clock, and after it at the end: the time has nothing of that in it.
 */
void dp_stopwatch_begin(struct dp_stopwatch *w);

/* What the clock shows. Several threads may look. */
uint64_t dp_stopwatch_now(const struct dp_stopwatch *w);

/*
 * As dp_stopwatch_begin(), once nobody else wants the processor: for what sleeps, as others would
 * run meanwhile, and be counted.
 */
void dp_stopwatch_begin_alone(struct dp_stopwatch *w);

/**
 * dp_stopwatch_end - what has passed since dp_stopwatch_begin()
 * @w: the stopwatch
 * @ticks: receives how many interrupts of the timer came meanwhile, 0 where that is not known
 *
 * Return: as it was read; cost and ticks are in it.
 */
uint64_t dp_stopwatch_end(struct dp_stopwatch *w, uint64_t *ticks);

#endif
