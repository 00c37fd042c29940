// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The clock. QEMU's -icount makes the time stamp counter the number of instructions that the one
 * processor has executed, those of interrupts included: of the timer's, which comes every few
 * million instructions, and of nothing else while a guest waits for nobody. What is short is begun
 * just after one, so that there is none in it; in what is long they are known by their period.
 */
#include <errno.h>
#include <sched.h>
#include <time.h>

#include "stopwatch.h"

#include "daxpin/error.h"

/* Readings in a row, of which the cheapest counts. */
#define READINGS 64
/* Timer interrupts that are looked at, of which the one in the middle counts. */
#define TICKS 9
/* A loop that takes some hundred instructions, so that it sees an interrupt as a gap. */
#define SPIN 100
/* More instructions than between any two interrupts of the timer: it is 100 to 1000 Hz. */
#define PATIENCE 100000000ULL
/* How often others are let go first: they may be many, but are not always new ones. */
#define YIELDS 100
/* Fewer instructions than any interrupt takes. */
#define GAP 300

static uint64_t read_clock(bool counts)
{
	struct timespec ts;

#ifdef __x86_64__
	if (counts)
		return __builtin_ia32_rdtsc();
#else
	(void)counts;
#endif
	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void yield(void)
{
	sched_yield();
}

static void spin(void)
{
	for (int i = 0; i < SPIN; i++)
		__asm__ volatile("");
}

/* The least of several: an interrupt only adds. @body: what is done between two readings, or NULL
 */
static uint64_t least(bool counts, void (*body)(void))
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < READINGS; i++) {
		uint64_t from = read_clock(counts), took;

		if (body)
			body();
		took = read_clock(counts) - from;
		best = took < best ? took : best;
	}
	return best;
}

/* Waits for an interrupt. @gap: receives how long a loop took that it came into; 0 if none came */
static uint64_t await_tick(const struct dp_stopwatch *w, uint64_t *gap)
{
	uint64_t start = read_clock(true), last = start;

	*gap = 0;
	for (;;) {
		uint64_t now;

		spin();
		now = read_clock(true);
		if (now - last > w->empty + GAP) {
			*gap = now - last;
			return now;
		}
		if (now - start > PATIENCE)
			return now;
		last = now;
	}
}

static uint64_t middle(uint64_t *list, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k && list[k] < list[k - 1]; k--) {
			uint64_t other = list[k];

			list[k] = list[k - 1];
			list[k - 1] = other;
		}
	return list[count / 2];
}

static int watch_ticks(struct dp_stopwatch *w, struct dp_error *err)
{
	uint64_t cost[TICKS], period[TICKS], gap;

	w->empty = least(true, spin);
	w->ticked = await_tick(w, &gap);
	for (int i = 0; i < TICKS && gap; i++) {
		uint64_t now = await_tick(w, &gap);

		cost[i] = gap - w->empty;
		period[i] = now - w->ticked;
		w->ticked = now;
	}
	if (!gap)
		return dp_report(err, -ETIMEDOUT, "no interrupt of the timer was seen");
	w->tick = middle(cost, TICKS);
	w->period = middle(period, TICKS);
	return 0;
}

int dp_stopwatch_calibrate(bool counts, struct dp_stopwatch *w, struct dp_error *err)
{
	*w = (struct dp_stopwatch){ .counts = counts };
	w->cost = least(counts, NULL);
	w->yield = least(counts, yield);
	return counts ? watch_ticks(w, err) : 0;
}

/* Whether the next interrupt is far off. When the last one was follows from the period. */
static bool is_quiet(struct dp_stopwatch *w)
{
	uint64_t since = (read_clock(true) - w->ticked) % w->period;

	if (since < w->period / 100 || since > w->period / 4)
		return false;
	w->ticked = read_clock(true) - since;
	return true;
}

void dp_stopwatch_begin(struct dp_stopwatch *w)
{
	uint64_t gap;

	if (w->counts && !is_quiet(w))
		w->ticked = await_tick(w, &gap);
	if (w->pmu)
		w->uncounted |= !dp_pmu_read(w->pmu, w->counted);
	w->began = read_clock(w->counts);
}

uint64_t dp_stopwatch_now(const struct dp_stopwatch *w)
{
	return read_clock(w->counts);
}

/* Whether a yield comes back at once: others that are ready would have run meanwhile. */
static bool is_alone(const struct dp_stopwatch *w)
{
	uint64_t from = read_clock(w->counts);

	yield();
	return read_clock(w->counts) - from <= w->yield + GAP;
}

void dp_stopwatch_begin_alone(struct dp_stopwatch *w)
{
	int tries = 0;

	dp_stopwatch_begin(w);
	if (!w->counts)
		return;
	while (!is_alone(w) && ++tries < YIELDS)
		dp_stopwatch_begin(w);
	w->began = read_clock(true);
}

uint64_t dp_stopwatch_end(struct dp_stopwatch *w, uint64_t *ticks)
{
	uint64_t now = read_clock(w->counts), counts[DP_PMU_EVENTS];

	if (w->pmu) {
		w->uncounted |= !dp_pmu_read(w->pmu, counts);
		for (int i = 0; i < DP_PMU_EVENTS && !w->uncounted; i++)
			w->counted[i] = counts[i] - w->counted[i];
	}
	*ticks = w->period ? (now - w->ticked) / w->period : 0;
	return now - w->began;
}
