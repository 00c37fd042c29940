/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who asks about one id: what each kind of bench does in a round, and where it keeps what it reads.
 */
#ifndef DAXPIN_BENCH_ASKER_H
#define DAXPIN_BENCH_ASKER_H

#include "stopwatch.h"

#include "daxpin/bench.h"
#include "daxpin/error.h"
#include "daxpin/pair.h"
#include "daxpin/rdma.h"

/* What a remote write needs. */
#define DP_BENCH_ACCESS (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)

/* What no kernel does: it is an error, and no answer. */
#define DP_BENCH_NO_ERRNO         "a registration failed without an errno"
#define DP_BENCH_NOT_DEREGISTERED "a region could not be deregistered"

/* What was read in each round of one phase. */
struct dp_bench_readings {
	uint64_t samples[DP_BENCH_MAX_ROUNDS], ticks[DP_BENCH_MAX_ROUNDS];
	uint64_t counted[DP_PMU_EVENTS][DP_BENCH_MAX_ROUNDS]; /* by the processor, if it does */
	int code;                                             /* errno, of each round */
};

/* What was read with regions of one size. */
struct dp_bench_point {
	uint64_t pages;
	struct dp_bench_readings phases[DP_BENCH_PHASES];
	uint64_t loop; /* over pages that are there */
	bool differs;  /* a round has answered otherwise than the one before */
};

/* What was read of bare calls, in each round (bare.c). */
struct dp_bench_bare {
	unsigned int calls; /* in a row */
	uint64_t samples[DP_BENCH_MAX_ROUNDS], timed[DP_BENCH_MAX_ROUNDS],
		together[DP_BENCH_MAX_ROUNDS]; /* by several threads, more calls */
	int code;
	bool differs;
	struct dp_error alone; /* why several threads were not asked, or not asked on */
};

struct dp_bench_asker {
	const struct dp_bench *bench;
	const struct dp_bench_options *options;
	int fd;
	uint64_t page;
	struct dp_rdma rdma;
	struct dp_pair pair; /* of what needs it */
	struct dp_stopwatch watch;
	struct dp_pmu pmu;      /* by the clock only */
	struct dp_error no_pmu; /* why there is none */
	struct dp_bench_bare bare;
	struct dp_bench_point points[DP_BENCH_POINTS];
	size_t npoints;
	struct dp_bench_point *at; /* the one that is asked about */
	unsigned int round;
	bool answered; /* the last round's registration was not refused */
	struct dp_error err;
};

/* ---- readings.c --------------------------------------------------------------------------- */

/* Keeps what the stopwatch shows, and the errno of what it was running for. */
void dp_bench_stop(struct dp_bench_asker *a, enum dp_bench_phase phase, int code);

/* Keeps what another clock shows, and the errno. */
void dp_bench_note(struct dp_bench_asker *a, enum dp_bench_phase phase, uint64_t sample, int code);

/* ---- a file for each kind ----------------------------------------------------------------- */

/*
 * A round of each kind: each phase once, with a region of the size in @env. Return: 0, DP_SKIP if
 * it cannot be asked here, or a negative errno, with a->err set.
 */
int dp_bench_round_registration(struct dp_bench_asker *a, const struct dp_env *env);
int dp_bench_round_gup(struct dp_bench_asker *a, const struct dp_env *env);
int dp_bench_round_again(struct dp_bench_asker *a, const struct dp_env *env);
int dp_bench_round_functions(struct dp_bench_asker *a, const struct dp_env *env);
int dp_bench_round_traffic(struct dp_bench_asker *a, const struct dp_env *env);
int dp_bench_round_on_demand(struct dp_bench_asker *a, const struct dp_env *env);

/* ---- rounds.c ------------------------------------------------------------------------------ */

/* An asker about one id, whose observations go to @fd. */
struct dp_bench_asker dp_bench_asker_of(const struct dp_bench *bench,
					const struct dp_bench_options *options, int fd);

/*
 * Makes an asker ready: there is room, the adapter is open, and what the clock costs is known.
 * Return: 0, DP_SKIP or a negative errno, with a->err set.
 */
int dp_bench_ready(struct dp_bench_asker *a);

/* Gives back what dp_bench_ready() has opened. */
void dp_bench_over(struct dp_bench_asker *a);

/* A round with regions of one of the sizes. Return: as for the rounds of each kind. */
int dp_bench_round(struct dp_bench_asker *a, size_t point);

/* ---- bare.c ------------------------------------------------------------------------------- */

/* So many times the calls of one each of several threads makes, as they do not begin at once. */
#define DP_BENCH_BY_THREADS 4

/* A round of the reference, with regions of the whole size. Return: as for the rounds. */
int dp_bench_round_bare(struct dp_bench_asker *a);

/* ---- tell.c ------------------------------------------------------------------------------- */

/* Tells the stream of the adapter, the clock, and what the processor counts. */
void dp_bench_tell_clock(struct dp_bench_asker *a);

/*
 * Tells what was read with regions of one of the sizes, in as many rounds as a->round. Return: 0,
 * or -EIO if the rounds do not agree, with a->err set.
 */
int dp_bench_tell_point(struct dp_bench_asker *a, size_t point);

/* Tells what bare calls take. Return: 0, or -EIO if the rounds do not agree. */
int dp_bench_tell_bare(struct dp_bench_asker *a);

/* Tells which phases were not gone through, and why. */
void dp_bench_tell_left_out(const struct dp_bench_asker *a);

/* ---- turns.c ------------------------------------------------------------------------------ */

/* dp_bench_run() where time is measured: the ids take turns. */
int dp_bench_take_turns(const struct dp_benches *benches, const struct dp_bench_options *options,
			int fd, struct dp_error *err);

#endif
