// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each round has two mappings of its own. One is registered before anybody has touched it: the cold
 * registration faults its pages in. The other is touched for the first time, and registered three
 * times: the third is the warm one.
 */
#include <errno.h>

#include "asker.h"
#include "room.h"

#include "daxpin/cleanup.h"

static void touch(struct dp_bench_asker *a, const struct dp_area *area)
{
	uint64_t again, ticks;

	if (!dp_bench_touches(a->bench->mapping))
		return;
	dp_stopwatch_begin(&a->watch);
	dp_area_touch(a->bench->mapping, &a->options->env, area);
	dp_bench_stop(a, DP_BENCH_FIRST_TOUCH, 0);
	dp_stopwatch_begin(&a->watch);
	dp_area_touch(a->bench->mapping, &a->options->env, area);
	again = dp_stopwatch_end(&a->watch, &ticks);
	again -= a->watch.cost + ticks * a->watch.tick;
	a->at->loop = !a->round || again < a->at->loop ? again : a->at->loop;
}

/* @phase, @end: where to keep it; -1 for nowhere. Return: 0 or a negative errno */
static int register_once(struct dp_bench_asker *a, const struct dp_area *area, int phase, int end)
{
	struct ibv_mr *mr;
	uint64_t ticks;
	int rc, code;

	dp_stopwatch_begin(&a->watch);
	errno = 0;
	mr = ibv_reg_mr(a->rdma.pd, area->addr, area->len, DP_BENCH_ACCESS);
	code = mr ? 0 : errno;
	if (phase >= 0)
		dp_bench_stop(a, (enum dp_bench_phase)phase, code);
	else
		dp_stopwatch_end(&a->watch, &ticks);
	if (!mr)
		return code ? 0 : dp_report(&a->err, -EIO, DP_BENCH_NO_ERRNO);
	dp_stopwatch_begin(&a->watch);
	rc = ibv_dereg_mr(mr);
	if (end >= 0)
		dp_bench_stop(a, (enum dp_bench_phase)end, rc);
	return rc ? dp_fail(&a->err, -rc, DP_BENCH_NOT_DEREGISTERED) : 0;
}

static int take_cold(struct dp_bench_asker *a, const struct dp_env *env)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	int rc = dp_bench_room(a->bench->mapping, env, &area, &a->err);

	return rc ? rc : register_once(a, &area, DP_BENCH_COLD, -1);
}

/* What a phase has taken in this round, without the interrupts. */
static uint64_t taken(const struct dp_bench_asker *a, enum dp_bench_phase phase)
{
	const struct dp_bench_readings *p = &a->at->phases[phase];

	return p->samples[a->round] - p->ticks[a->round] * a->watch.tick;
}

/*
 * A slab that has no free object at hand adds to the instructions of every second or third
 * registration: of three the least is kept. Large regions take long, and have so many that it says
 * nothing.
 */
static int take_least(struct dp_bench_asker *a, const struct dp_area *area)
{
	struct dp_bench_readings *warm = &a->at->phases[DP_BENCH_WARM];
	struct dp_bench_readings *end = &a->at->phases[DP_BENCH_DEREGISTER];
	int rc = register_once(a, area, DP_BENCH_WARM, DP_BENCH_DEREGISTER);

	for (int i = 1; i < 3 && !rc && a->options->counts && !dp_bench_is_large(a->at->pages);
	     i++) {
		const struct dp_bench_readings before[] = { *warm, *end };
		uint64_t least[] = { taken(a, DP_BENCH_WARM), taken(a, DP_BENCH_DEREGISTER) };

		rc = register_once(a, area, DP_BENCH_WARM, DP_BENCH_DEREGISTER);
		if (taken(a, DP_BENCH_WARM) >= least[0])
			*warm = before[0];
		if (taken(a, DP_BENCH_DEREGISTER) >= least[1])
			*end = before[1];
	}
	return rc;
}

static int take_warm(struct dp_bench_asker *a, const struct dp_env *env)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	int rc = dp_bench_room(a->bench->mapping, env, &area, &a->err);

	if (rc)
		return rc;
	touch(a, &area);
	for (int i = 0; i < 2 && !rc; i++)
		rc = register_once(a, &area, -1, -1);
	return rc ? rc : take_least(a, &area);
}

int dp_bench_round_registration(struct dp_bench_asker *a, const struct dp_env *env)
{
	int rc = take_cold(a, env);

	return rc ? rc : take_warm(a, env);
}
