/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who asks about one id: what each kind of bench does in a round, and where it keeps what it reads.
 */
#ifndef DAXPIN_BENCH_ASKER_H
#define DAXPIN_BENCH_ASKER_H

#include "stopwatch.h"

#include "daxpin/bench.h"
#include "daxpin/error.h"
#include "daxpin/rdma.h"

#define DP_BENCH_ROUNDS 8
/* What a remote write needs. */
#define DP_BENCH_ACCESS (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)

/* What was read in each round of one phase. */
struct dp_bench_readings {
	uint64_t samples[DP_BENCH_ROUNDS], ticks[DP_BENCH_ROUNDS];
	int code; /* errno, of each round */
};

struct dp_bench_asker {
	const struct dp_bench *bench;
	const struct dp_bench_options *options;
	int fd;
	uint64_t page;
	struct dp_rdma rdma;
	struct dp_stopwatch watch;
	struct dp_bench_readings phases[DP_BENCH_PHASES];
	uint64_t loop; /* over pages that are there */
	unsigned int round;
	bool differs; /* a round has answered otherwise than the one before */
	struct dp_error err;
};

/* Keeps what the stopwatch shows, and the errno of what it was running for. */
void dp_bench_stop(struct dp_bench_asker *a, enum dp_bench_phase phase, int code);

/* Keeps what another clock shows. */
void dp_bench_note(struct dp_bench_asker *a, enum dp_bench_phase phase, uint64_t sample);

/*
 * A round of each kind: each phase once, with a region of the size in @env. Return: 0, DP_SKIP if
 * it cannot be asked here, or a negative errno, with a->err set.
 */
int dp_bench_round_registration(struct dp_bench_asker *a, const struct dp_env *env);
int dp_bench_round_gup(struct dp_bench_asker *a, const struct dp_env *env);
int dp_bench_round_functions(struct dp_bench_asker *a, const struct dp_env *env);

#endif
