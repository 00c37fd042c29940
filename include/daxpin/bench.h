/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "what does a registration cost?": bench/MAPPING/SIZE. The phases of a registration
 * are timed, over and over: in a guest whose QEMU counts instructions by their number, anywhere
 * else by time. See docs/bench.md.
 */
#ifndef DAXPIN_BENCH_H
#define DAXPIN_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/mapping.h"
#include "daxpin/steps.h"

struct dp_error;

struct dp_bench_size {
	const char *name; /* "2M" */
	uint64_t bytes;
};

/* All sizes, the smallest first; @count receives how many. Return: a static array. */
const struct dp_bench_size *dp_bench_sizes(size_t *count);

/* A size by its whole name; NULL if there is none. */
const struct dp_bench_size *dp_bench_size_find(const char *name);

/* Regions of so many sizes are registered for one id at most. */
#define DP_BENCH_POINTS 4

/**
 * dp_bench_points - the sizes of the regions that are registered for an id
 * @size: of the id
 * @page: size of a page, bytes
 * @points: receives them in pages, the smallest first; the last is @size itself
 *
 * An eighth, a quarter and a half are there for the line that is laid through all of them.
 *
 * Return: how many.
 */
size_t dp_bench_points(const struct dp_bench_size *size, uint64_t page,
		       uint64_t points[DP_BENCH_POINTS]);

/* How often each phase is timed at a size of so many pages. */
unsigned int dp_bench_rounds(uint64_t pages);

enum dp_bench_phase {
	DP_BENCH_FIRST_TOUCH,
	DP_BENCH_COLD, /* a registration of what nobody has touched */
	DP_BENCH_WARM,
	DP_BENCH_DEREGISTER,
	DP_BENCH_PHASES,
};

/* Its step in the stream, and its name in facts (docs/json.md). */
struct dp_bench_phase_names {
	enum dp_step step;
	const char *fact;
};
extern const struct dp_bench_phase_names dp_bench_phases[DP_BENCH_PHASES];

/* Whether the processor faults the pages of a mapping in, so that there is a first touch. */
bool dp_bench_touches(const struct dp_mapping *mapping);

struct dp_bench {
	const struct dp_mapping *mapping;
	const struct dp_bench_size *size;
	char id[96];
};

struct dp_benches {
	struct dp_bench *list;
	size_t count;
};

/**
 * dp_benches_make - all ids that match one of the globs
 * @only: shell patterns; one without '/' is taken for a mapping
 * @nonly: how many; none selects all
 * @benches: receives them, mapping by mapping; release with dp_benches_clear()
 * @err: names the first glob that matches nothing (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_benches_make(const char *const *only, size_t nonly, struct dp_benches *benches,
		    struct dp_error *err);

void dp_benches_clear(struct dp_benches *benches);

struct dp_bench_options {
	struct dp_env env; /* its size does not matter */
	const char *rdma;  /* adapter, NULL for the first */
	bool counts;       /* the time stamp counter counts instructions (machine.h) */
};

/**
 * dp_bench_run - time registrations, each id in a process of its own
 * @benches: what is asked
 * @options: how
 * @fd: stream that receives the observations
 * @err: context on failure
 *
 * A size for which a mapping or the machine has no room is skipped with the reason.
 *
 * Return: 0 or a negative errno.
 */
int dp_bench_run(const struct dp_benches *benches, const struct dp_bench_options *options, int fd,
		 struct dp_error *err);

#endif
