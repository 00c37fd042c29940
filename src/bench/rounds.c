// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <unistd.h>

#include "asker.h"
#include "room.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

static int (*const rounds_of[DP_BENCH_KINDS])(struct dp_bench_asker *a,
					      const struct dp_env *env) = {
	[DP_BENCH_REGISTRATION] = dp_bench_round_registration,
	[DP_BENCH_GUP] = dp_bench_round_gup,
	[DP_BENCH_AGAIN] = dp_bench_round_again,
	[DP_BENCH_FUNCTIONS] = dp_bench_round_functions,
	[DP_BENCH_TRAFFIC] = dp_bench_round_traffic,
	[DP_BENCH_ON_DEMAND] = dp_bench_round_on_demand,
};

/* Once there is nothing to say why a size cannot be asked about, the largest decides. */
static int find_room(struct dp_bench_asker *a)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	struct dp_env env = a->options->env;

	env.size = a->bench->size->bytes;
	return dp_bench_room(a->bench->mapping, &env, &area, &a->err);
}

struct dp_bench_asker dp_bench_asker_of(const struct dp_bench *bench,
					const struct dp_bench_options *options, int fd)
{
	return (struct dp_bench_asker){ .bench = bench,
					.options = options,
					.fd = fd,
					.page = (uint64_t)sysconf(_SC_PAGESIZE),
					.pmu = DP_NO_PMU };
}

int dp_bench_ready(struct dp_bench_asker *a)
{
	uint64_t points[DP_BENCH_POINTS];
	int rc = find_room(a);

	a->npoints = dp_bench_points(a->bench->size, a->page, points);
	for (size_t i = 0; i < a->npoints; i++)
		a->points[i].pages = points[i];
	if (!rc)
		rc = dp_rdma_open(a->options->rdma, &a->rdma, &a->err);
	if (!rc && dp_bench_connects(a->bench->kind))
		rc = dp_pair_open(a->rdma.device, &a->pair, &a->err);
	if (!rc)
		rc = dp_stopwatch_calibrate(a->options->counts, &a->watch, &a->err);
	if (!rc && !a->options->counts && !dp_pmu_open(dp_pmu_hardware, &a->pmu, &a->no_pmu))
		a->watch.pmu = &a->pmu;
	return rc;
}

void dp_bench_over(struct dp_bench_asker *a)
{
	dp_pair_close(&a->pair);
	dp_rdma_close(&a->rdma);
	dp_pmu_close(&a->pmu);
}

/*
 * Drivers warn of what they refuse, ten times in five seconds (DEFAULT_RATELIMIT_INTERVAL and
 * _BURST of <linux/ratelimit_types.h>), and a warning takes more than the rest. Each round is to
 * have its own. Where instructions are counted, sleeping takes no time.
 */
#define QUIET_S 6

int dp_bench_round(struct dp_bench_asker *a, size_t point)
{
	enum dp_bench_phase phase = dp_bench_answer_phase(a->bench->kind);
	struct dp_env env = a->options->env;
	int rc;

	a->at = &a->points[point];
	env.size = a->at->pages * a->page;
	if (a->options->counts && !a->answered)
		sleep(QUIET_S);
	rc = rounds_of[a->bench->kind](a, &env);
	a->answered = !a->at->phases[phase].code;
	return rc;
}
