// SPDX-License-Identifier: GPL-2.0-or-later
/* What was read, told to the stream. */
#include <errno.h>

#include "asker.h"

#include "daxpin/json.h"
#include "daxpin/observe.h"

static struct json_object *numbers(const uint64_t *list, unsigned int count)
{
	struct json_object *array = json_object_new_array();

	for (unsigned int i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_int64((int64_t)list[i]));
	return array;
}

static bool is_of_kind(const struct dp_bench_asker *a, int phase)
{
	return dp_bench_phases[phase].kind == a->bench->kind;
}

/* Why a phase is not gone through; NULL if it is. */
static const char *why_not(const struct dp_bench_asker *a, const struct dp_bench_point *at,
			   int phase)
{
	int after = dp_bench_phases[phase].after;

	if (phase == DP_BENCH_FIRST_TOUCH && !dp_bench_touches(a->bench->mapping))
		return "the processor faults no page of this mapping in";
	return after != phase && at->phases[after].code ? "what comes before it was refused" : NULL;
}

static const enum dp_field counted[DP_PMU_EVENTS] = { DP_FIELD_CYCLES, DP_FIELD_RETIRED };

static void tell_phase(const struct dp_bench_asker *a, const struct dp_bench_point *at, int phase)
{
	const struct dp_bench_readings *p = &at->phases[phase];
	struct json_object *obj;

	if (!is_of_kind(a, phase) || why_not(a, at, phase))
		return;
	obj = dp_step_new(dp_bench_phases[phase].step);
	dp_step_set_int(obj, DP_FIELD_PAGES, (int64_t)at->pages);
	dp_step_set(obj, DP_FIELD_SAMPLES, numbers(p->samples, a->round));
	dp_step_set(obj, DP_FIELD_TICKS, numbers(p->ticks, a->round));
	/* What has a grain is read from another clock. */
	for (int i = 0; i < DP_PMU_EVENTS && a->watch.pmu && !dp_bench_phases[phase].grain; i++)
		dp_step_set(obj, counted[i], numbers(p->counted[i], a->round));
	if (phase == DP_BENCH_FIRST_TOUCH)
		dp_step_set_int(obj, DP_FIELD_LOOP, (int64_t)at->loop);
	else
		dp_step_add_errno(obj, p->code);
	dp_emit(a->fd, obj);
}

/* Whether the processor has counted, or why not. */
static void tell_counters(struct dp_bench_asker *a)
{
	struct json_object *obj = dp_step_new(DP_STEP_COUNTERS);
	struct dp_error *why = &a->no_pmu;

	if (!why->code && a->watch.uncounted)
		dp_report(why, -EBUSY, "others had the counters for a while");
	dp_step_set_text(obj, DP_FIELD_STATE, why->code ? "failed" : "completed");
	dp_step_add_errno(obj, -why->code);
	dp_step_set_text(obj, DP_FIELD_TEXT, why->what);
	if (!why->code) {
		dp_step_set_int(obj, DP_FIELD_CYCLES_COST, (int64_t)a->pmu.cost[0]);
		dp_step_set_int(obj, DP_FIELD_RETIRED_COST, (int64_t)a->pmu.cost[1]);
	}
	dp_emit(a->fd, obj);
}

static void tell_rounds(const struct dp_bench_asker *a, struct json_object *clock)
{
	dp_step_set_int(clock, DP_FIELD_ROUNDS, a->round);
	dp_step_set_int(clock, DP_FIELD_THREADS, a->options->threads ? a->options->threads : 1);
}

void dp_bench_tell_clock(struct dp_bench_asker *a)
{
	struct json_object *obj = dp_step_new(DP_STEP_CLOCK);

	dp_rdma_emit(a->fd, a->rdma.device, a->rdma.provider, a->rdma.odp);
	dp_step_set_text(obj, DP_FIELD_UNIT, a->watch.counts ? "instructions" : "ns");
	dp_step_set_int(obj, DP_FIELD_COST, (int64_t)a->watch.cost);
	dp_step_set_int(obj, DP_FIELD_TICK, (int64_t)a->watch.tick);
	dp_step_set_int(obj, DP_FIELD_PAGE, (int64_t)a->page);
	if (!a->watch.counts)
		tell_rounds(a, obj);
	dp_emit(a->fd, obj);
	if (!a->watch.counts)
		tell_counters(a);
}

int dp_bench_tell_point(struct dp_bench_asker *a, size_t point)
{
	const struct dp_bench_point *at = &a->points[point];

	if (at->differs)
		return dp_report(&a->err, -EIO,
				 "%llu pages are answered otherwise in one round than in another",
				 (unsigned long long)at->pages);
	for (int i = 0; i < DP_BENCH_PHASES; i++)
		tell_phase(a, at, i);
	return 0;
}

int dp_bench_tell_bare(struct dp_bench_asker *a)
{
	const struct dp_bench_bare *bare = &a->bare;
	struct json_object *obj;

	if (bare->differs)
		return dp_report(&a->err, -EIO, "bare calls are not answered alike");
	obj = dp_step_new(DP_STEP_BARE);
	dp_step_set_int(obj, DP_FIELD_CALLS, bare->calls);
	dp_step_set(obj, DP_FIELD_SAMPLES, numbers(bare->samples, a->round));
	dp_step_set(obj, DP_FIELD_TIMED, numbers(bare->timed, a->round));
	dp_step_add_errno(obj, bare->code);
	dp_emit(a->fd, obj);
	if (a->options->threads < 2)
		return 0;
	if (bare->alone.code)
		return dp_emit_left_out(a->fd, DP_STEP_TOGETHER, bare->alone.what);
	obj = dp_step_new(DP_STEP_TOGETHER);
	dp_step_set_int(obj, DP_FIELD_CALLS, bare->calls * DP_BENCH_BY_THREADS);
	dp_step_set(obj, DP_FIELD_SAMPLES, numbers(bare->together, a->round));
	return dp_emit(a->fd, obj);
}

void dp_bench_tell_left_out(const struct dp_bench_asker *a)
{
	const struct dp_bench_point *last = &a->points[a->npoints - 1];

	for (int i = 0; i < DP_BENCH_PHASES; i++)
		if (is_of_kind(a, i) && why_not(a, last, i))
			dp_emit_left_out(a->fd, dp_bench_phases[i].step, why_not(a, last, i));
}
