/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "what does a registration cost?": bench/MAPPING/SIZE. The phases of a registration,
 * or of what is beside it, are timed, over and over: in a guest whose QEMU counts instructions by
 * their number, anywhere else by time. See docs/bench.md.
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

/* As many threads register at once at most. */
#define DP_BENCH_MAX_THREADS 64

/* Whether a region of so many pages takes seconds: it is registered less often. */
bool dp_bench_is_large(uint64_t pages);

/* How often each phase is timed at most. */
#define DP_BENCH_MAX_ROUNDS 100

/* How often each phase is timed at a size of so many pages, where instructions are counted. */
unsigned int dp_bench_rounds(uint64_t pages);

/* What is measured. */
enum dp_bench_kind {
	DP_BENCH_REGISTRATION, /* bench/MAPPING/SIZE */
	DP_BENCH_GUP,          /* bench/MAPPING/SIZE/gup: by the kernel's own gup_test */
	DP_BENCH_FUNCTIONS,    /* bench/MAPPING/SIZE/functions: of the kernel, in a registration */
	DP_BENCH_TRAFFIC,      /* bench/MAPPING/SIZE/traffic: a message of this size */
	DP_BENCH_AGAIN,        /* bench/MAPPING/SIZE/again: several registrations of one buffer */
	DP_BENCH_ON_DEMAND,    /* bench/MAPPING/SIZE/on-demand: a region that is paged on demand */
	DP_BENCH_KINDS,
};

/* How the ids of a kind end, behind a slash; "" for registrations. */
const char *dp_bench_kind_name(enum dp_bench_kind kind);

enum dp_bench_phase {
	DP_BENCH_FIRST_TOUCH,
	DP_BENCH_COLD, /* a registration of what nobody has touched */
	DP_BENCH_WARM,
	DP_BENCH_DEREGISTER,
	DP_BENCH_GUP_GET, /* pin_user_pages(FOLL_LONGTERM) */
	DP_BENCH_GUP_PUT,
	DP_BENCH_GUP_FAST, /* pin_user_pages_fast(), which is not longterm */
	DP_BENCH_INSIDE,   /* a warm registration, of which the functions are seen */
	DP_BENCH_WRITE,    /* into the region */
	DP_BENCH_READ,
	DP_BENCH_SEND, /* received into it */
	DP_BENCH_ALONE,
	DP_BENCH_EIGHTH, /* while seven are held */
	DP_BENCH_ODP_REGISTER,
	DP_BENCH_ODP_ACCESS, /* of the adapter, to each page: the first */
	DP_BENCH_ODP_AGAIN,
	DP_BENCH_ODP_PREFETCH,
	DP_BENCH_ODP_DEREGISTER,
	DP_BENCH_PHASES,
};

/*
 * A phase: its kind, its step in the stream, its name in facts (docs/json.md) and for people; the
 * one that must have succeeded before (itself if there is none); whether its sizes must lie on a
 * line; and the grain of its clock, in its unit.
 */
struct dp_bench_phase_info {
	enum dp_bench_kind kind;
	enum dp_step step;
	const char *fact, *title;
	enum dp_bench_phase after;
	bool line;
	int64_t grain;
};
extern const struct dp_bench_phase_info dp_bench_phases[DP_BENCH_PHASES];

/* Whether two connected queue pairs are needed for it. */
bool dp_bench_connects(enum dp_bench_kind kind);

/* The phase of a kind that says most; the others are told beside it. */
enum dp_bench_phase dp_bench_main_phase(enum dp_bench_kind kind);

/* The phase of a kind whose errno is the answer. */
enum dp_bench_phase dp_bench_answer_phase(enum dp_bench_kind kind);

/* Whether the processor faults the pages of a mapping in, so that there is a first touch. */
bool dp_bench_touches(const struct dp_mapping *mapping);

struct dp_bench {
	const struct dp_mapping *mapping;
	const struct dp_bench_size *size;
	enum dp_bench_kind kind;
	char id[96];
};

/**
 * dp_bench_parse - what an id is about
 * @id: "bench/MAPPING/SIZE", or with a kind at its end
 * @bench: receives it
 *
 * Return: false if there is no such bench.
 */
bool dp_bench_parse(const char *id, struct dp_bench *bench);

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

/* Whether one of them is of a kind. */
bool dp_benches_have(const struct dp_benches *benches, enum dp_bench_kind kind);

void dp_benches_clear(struct dp_benches *benches);

struct dp_bench_options {
	struct dp_env env; /* its size does not matter */
	const char *rdma;  /* adapter, NULL for the first */
	bool counts;       /* the time stamp counter counts instructions (machine.h) */
	int held;          /* where whoever runs this guest answers */
	/* By the clock: how many rounds, up to DP_BENCH_MAX_ROUNDS; 0: as many as a few seconds
	 * allow. */
	unsigned int rounds;
	unsigned int threads; /* by the clock: so many register at once as well; 0 or 1 for none */
};

/**
 * dp_bench_run - time registrations, each id in a process of its own
 * @benches: what is asked
 * @options: how
 * @fd: stream that receives the observations
 * @err: context on failure
 *
 * Where instructions are counted one id is asked after the other; by the clock they take turns, a
 * round each, and "begin" is in the stream for each turn. A size for which a mapping or the machine
 * has no room is skipped with the reason.
 *
 * Return: 0 or a negative errno.
 */
int dp_bench_run(const struct dp_benches *benches, const struct dp_bench_options *options, int fd,
		 struct dp_error *err);

#endif
