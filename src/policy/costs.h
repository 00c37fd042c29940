/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bench in the making: what was read of it (bench.c), and what is made of that (costs.c). */
#ifndef DAXPIN_POLICY_COSTS_H
#define DAXPIN_POLICY_COSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

#include "daxpin/bench.h"

/* What the processor counts, if it does. */
enum counter { CYCLES, RETIRED, COUNTERS };

/* One phase at one size. */
struct figure {
	int64_t count; /* of the round in the middle, what the clock and its ticks take taken off */
	int64_t spread;    /* from the least to the most of its rounds */
	int64_t low, high; /* between them is the middle half of the rounds */
	int64_t counted[COUNTERS];
};

struct bench {
	struct verdict *v;
	int64_t cost, tick, page;
	int64_t rounds; /* of each phase at each size; 0: as many as dp_bench_rounds() says */
	bool instructions;
	bool counted;               /* by the processor */
	int64_t counting[COUNTERS]; /* what reading the counters takes of it */
	uint64_t points[DP_BENCH_POINTS];
	size_t npoints;
	struct figure figures[DP_BENCH_PHASES][DP_BENCH_POINTS];
	size_t have[DP_BENCH_PHASES];      /* how many of the points were read */
	const char *code[DP_BENCH_PHASES]; /* errno, NULL for success */
	size_t place;                      /* of the last step that is a phase, from 1 */
	bool clock, over;                  /* that it was looked at; that the taint was */
	unsigned int left_out;             /* phases */
	char *text;                        /* what is wrong with it */
	size_t size;
};

/* Whether a phase is of what is measured here. */
bool dp_bench_is_of_kind(const struct bench *b, int phase);

/*
 * Whether the sizes of each phase lie on its line: one page more must cost one page more, otherwise
 * it was not this that was measured. By the clock the line must pass between the quartiles of each
 * size. What is farther off than a tenth is not on it. If so, b->text says it.
 */
bool dp_bench_is_on_line(const struct bench *b);

/*
 * Whether the median of each phase that has a line stands for its rounds: what else a machine does
 * only adds, so that those below it are near; a quarter may not take less than a third of it. Where
 * instructions are counted, always.
 */
bool dp_bench_is_one_cost(const struct bench *b);

/* What was measured, as facts, and in a sentence, of what was read as a whole. */
void dp_bench_add_facts(const struct bench *b);
void dp_bench_sum_up(const struct bench *b);

#endif
