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

/* Calls in a row, a registration and its end each: what one of them took. */
struct calls {
	int64_t calls;        /* 0: there were none */
	double ns, low, high; /* between the last two is the middle half of the rounds */
};

struct bench {
	struct verdict *v;
	int64_t cost, tick, page;
	int64_t rounds; /* of each phase at each size; 0: as many as dp_bench_rounds() says */
	bool instructions;
	bool counted;               /* by the processor */
	int64_t counting[COUNTERS]; /* what reading the counters takes of it */
	int64_t threads;
	struct calls bare, together; /* by one thread, and by all of them */
	double overhead;             /* what timing a call adds to it, as a part of it */
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

/* What of bare calls is owed by the clock (reference.c). */
dp_steps dp_bench_owes_bare(const struct bench *b);

/* Reads what bare calls took, if they are of what is measured here. If not, b->text says so. */
bool dp_bench_read_bare(struct bench *b);
void dp_bench_add_bare(const struct bench *b, struct json_object *facts);

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
