// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "asker.h"
#include "room.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

static int (*const rounds_of[DP_BENCH_KINDS])(struct dp_bench_asker *a,
					      const struct dp_env *env) = {
	[DP_BENCH_REGISTRATION] = dp_bench_round_registration,
	[DP_BENCH_GUP] = dp_bench_round_gup,
	[DP_BENCH_FUNCTIONS] = dp_bench_round_functions,
};

/* Once there is nothing to say why a size cannot be asked about, the largest decides. */
static int find_room(struct dp_bench_asker *a)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	struct dp_env env = a->options->env;

	env.size = a->bench->size->bytes;
	return dp_bench_room(a->bench->mapping, &env, &area, &a->err);
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
	if (!rc)
		rc = dp_stopwatch_calibrate(a->options->counts, &a->watch, &a->err);
	if (!rc && !a->options->counts && !dp_pmu_open(dp_pmu_hardware, &a->pmu, &a->no_pmu))
		a->watch.pmu = &a->pmu;
	return rc;
}

int dp_bench_round(struct dp_bench_asker *a, size_t point)
{
	struct dp_env env = a->options->env;

	a->at = &a->points[point];
	env.size = a->at->pages * a->page;
	return rounds_of[a->bench->kind](a, &env);
}
