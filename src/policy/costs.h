/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bench in the making: what was read of it (bench.c), and what is made of that (costs.c). */
#ifndef DAXPIN_POLICY_COSTS_H
#define DAXPIN_POLICY_COSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

#include "daxpin/bench.h"

/* One phase at one size. */
struct figure {
	int64_t count; /* of the round in the middle, what the clock and its ticks take taken off */
	int64_t spread; /* from the least to the most of its rounds */
};

struct bench {
	struct verdict *v;
	int64_t cost, tick, page;
	bool instructions;
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
 * it was not this that was measured. If not, b->text says so.
 */
bool dp_bench_is_on_line(const struct bench *b);

/* What was measured, as facts, and in a sentence, of what was read as a whole. */
void dp_bench_add_facts(const struct bench *b);
void dp_bench_sum_up(const struct bench *b);

#endif
