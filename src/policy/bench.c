// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was measured, from what was read: each phase at each size must be there, in its order, with
 * each of its rounds. Of the rounds the one in the middle counts: an interrupt that nobody knows of
 * is in one or two of them. Then the sizes must lie on a line: one page more costs one page more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costs.h"
#include "verdict.h"

#include "daxpin/bench.h"
#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

#define ONCE                                                                                       \
	(DP_STEP_BIT(DP_STEP_CLOCK) | DP_STEP_BIT(DP_STEP_COUNTERS) |                              \
	 DP_STEP_BIT(DP_STEP_FUNCTIONS) | DP_STEP_BIT(DP_STEP_BARE) | DP_STEP_BIT(DP_STEP_TAINT))
#define FEWEST_ROUNDS 3

static dp_steps owed_by(const struct bench *b)
{
	dp_steps owed = DP_STEP_BIT(DP_STEP_CLOCK) | DP_STEP_BIT(DP_STEP_TAINT);

	if (!dp_says(dp_seen(b->v, DP_STEP_CLOCK), DP_FIELD_UNIT, "instructions"))
		owed |= DP_STEP_BIT(DP_STEP_COUNTERS) | dp_bench_owes_bare(b);
	for (int i = 0; i < DP_BENCH_PHASES; i++)
		if (dp_bench_is_of_kind(b, i))
			owed |= DP_STEP_BIT(dp_bench_phases[i].step);
	return b->v->bench.kind == DP_BENCH_FUNCTIONS ? owed | DP_STEP_BIT(DP_STEP_FUNCTIONS)
						      : owed;
}

static int phase_of(enum dp_step step)
{
	for (int i = 0; i < DP_BENCH_PHASES; i++)
		if (dp_bench_phases[i].step == step)
			return i;
	return -1;
}

/* Of fewer rounds none is in the middle; and the processor has counted, or it is said why not. */
static bool read_time(struct bench *b, struct json_object *clock)
{
	struct json_object *counters = dp_seen(b->v, DP_STEP_COUNTERS);

	b->counted = dp_completed(counters);
	dp_step_int(counters, DP_FIELD_CYCLES_COST, &b->counting[CYCLES]);
	dp_step_int(counters, DP_FIELD_RETIRED_COST, &b->counting[RETIRED]);
	if (!b->counted && !dp_step_text(counters, DP_FIELD_TEXT))
		snprintf(b->text, b->size, "not observed: why the processor did not count");
	else if (dp_step_int(clock, DP_FIELD_ROUNDS, &b->rounds))
		snprintf(b->text, b->size, "not observed: \"rounds\" of step \"clock\"");
	else if (b->rounds < FEWEST_ROUNDS || b->rounds > DP_BENCH_MAX_ROUNDS)
		snprintf(b->text, b->size, "%" PRId64 " rounds are no measurement", b->rounds);
	else
		return true;
	return false;
}

static bool read_clock(struct bench *b)
{
	struct json_object *clock = dp_seen(b->v, DP_STEP_CLOCK);

	dp_step_int(clock, DP_FIELD_COST, &b->cost);
	dp_step_int(clock, DP_FIELD_TICK, &b->tick);
	dp_step_int(clock, DP_FIELD_PAGE, &b->page);
	b->instructions = dp_says(clock, DP_FIELD_UNIT, "instructions");
	if (b->page < 4096 || (uint64_t)b->page > b->v->bench.size->bytes)
		snprintf(b->text, b->size, "the page size cannot be: %" PRId64, b->page);
	else if (b->instructions && !b->tick)
		snprintf(b->text, b->size, "not observed: what an interrupt of the timer takes");
	else if (b->instructions || read_time(b, clock))
		b->npoints = dp_bench_points(b->v->bench.size, (uint64_t)b->page, b->points);
	return b->npoints;
}

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Where the processor counts, it counts each round; what has a grain is another clock's. */
static bool read_counted(const struct bench *b, int phase, struct json_object *obj, size_t rounds,
			 struct figure *figure)
{
	static const enum dp_field fields[COUNTERS] = { DP_FIELD_CYCLES, DP_FIELD_RETIRED };
	int64_t counts[DP_BENCH_MAX_ROUNDS];

	for (int i = 0; i < COUNTERS && b->counted && !dp_bench_phases[phase].grain; i++) {
		if (dp_step_counts(obj, fields[i], counts, rounds))
			return false;
		qsort(counts, rounds, sizeof(*counts), by_size);
		figure->counted[i] = counts[rounds / 2] - b->counting[i];
		if (figure->counted[i] <= 0)
			return false;
	}
	return true;
}

/* Return: whether the rounds give a figure that can be one. */
static bool read_rounds(const struct bench *b, int phase, struct json_object *obj, size_t rounds,
			struct figure *figure)
{
	int64_t samples[DP_BENCH_MAX_ROUNDS], ticks[DP_BENCH_MAX_ROUNDS], loop = 0;

	dp_step_int(obj, DP_FIELD_LOOP, &loop);
	if (rounds > DP_BENCH_MAX_ROUNDS ||
	    dp_step_counts(obj, DP_FIELD_SAMPLES, samples, rounds) ||
	    dp_step_counts(obj, DP_FIELD_TICKS, ticks, rounds))
		return false;
	for (size_t i = 0; i < rounds; i++) {
		if (ticks[i] > samples[i])
			return false;
		samples[i] -= loop + ticks[i] * b->tick;
		/* What has a grain is read from another clock. */
		if (!dp_bench_phases[phase].grain)
			samples[i] -= b->cost;
	}
	qsort(samples, rounds, sizeof(*samples), by_size);
	/*
	 * Instructions are only added to those of the phase: by an interrupt, or where a slab was
	 * empty. What has a grain was cut off: the middle of what it can have been is the least
	 * wrong.
	 */
	*figure = (struct figure){ samples[b->instructions ? 0 : rounds / 2] +
					   dp_bench_phases[phase].grain / 2,
				   samples[rounds - 1] - samples[0], samples[rounds / 4],
				   samples[rounds * 3 / 4] };
	return figure->count > 0 && read_counted(b, phase, obj, rounds, figure);
}

/* Whether an answer is that of the sizes before it. */
static bool has_same_answer(struct bench *b, int phase, struct json_object *obj)
{
	const char *code = dp_step_text(obj, DP_FIELD_ERRNO);
	bool first = !b->have[phase];

	if (first)
		b->code[phase] = code;
	else if (!code != !b->code[phase] || (code && strcmp(code, b->code[phase])))
		return false;
	return true;
}

static size_t rounds_at(const struct bench *b, int64_t pages)
{
	return b->rounds ? (size_t)b->rounds : dp_bench_rounds((uint64_t)pages);
}

static bool read_step(struct bench *b, int phase, struct json_object *obj)
{
	const char *name = dp_step_name(dp_bench_phases[phase].step);
	size_t at = b->have[phase];
	int64_t pages = -1;

	dp_step_int(obj, DP_FIELD_PAGES, &pages);
	if (at >= b->npoints || pages < 0 || (uint64_t)pages != b->points[at])
		snprintf(b->text, b->size, "step \"%s\" is of %" PRId64 " pages, which was not due",
			 name, pages);
	else if (!has_same_answer(b, phase, obj))
		snprintf(b->text, b->size, "step \"%s\" answers otherwise at %" PRId64 " pages",
			 name, pages);
	else if (!read_rounds(b, phase, obj, rounds_at(b, pages), &b->figures[phase][at]))
		snprintf(b->text, b->size, "step \"%s\" of %" PRId64 " pages has no figure", name,
			 pages);
	else
		b->have[phase]++;
	return b->have[phase] > at;
}

/* A phase is left out where there is none, and nowhere else. */
static bool is_due(const struct bench *b, int phase)
{
	int after = dp_bench_phases[phase].after;

	if (!dp_bench_is_of_kind(b, phase))
		return false;
	if (phase == DP_BENCH_FIRST_TOUCH)
		return dp_bench_touches(b->v->bench.mapping);
	return after == phase || !b->code[after];
}

/* Whether what follows a phase that succeeded did, too: otherwise it was not this that it took. */
static bool succeeded(const struct bench *b)
{
	for (int i = 0; i < DP_BENCH_PHASES; i++) {
		if ((int)dp_bench_phases[i].after == i || !b->have[i] || !b->code[i])
			continue;
		snprintf(b->text, b->size, "step \"%s\" failed: %s",
			 dp_step_name(dp_bench_phases[i].step), b->code[i]);
		return false;
	}
	return true;
}

static bool is_whole(const struct bench *b)
{
	for (int i = 0; i < DP_BENCH_PHASES; i++) {
		size_t due = is_due(b, i) ? b->npoints : 0;

		if (b->have[i] == due && !(due && b->left_out & 1U << i))
			continue;
		snprintf(b->text, b->size, "step \"%s\" was observed at %zu of %zu sizes%s",
			 dp_step_name(dp_bench_phases[i].step), b->have[i], due,
			 b->left_out & 1U << i ? ", and left out" : "");
		return false;
	}
	return succeeded(b);
}

/* At each size the phases come in their order, after the clock and before the taint is looked at.
 */
static bool is_in_order(struct bench *b, int phase)
{
	size_t place = b->have[phase] * DP_BENCH_PHASES + (size_t)phase + 1;
	bool right = b->clock && !b->over && place > b->place;

	if (!right)
		snprintf(b->text, b->size, "step \"%s\" was observed out of order",
			 dp_step_name(dp_bench_phases[phase].step));
	b->place = place;
	return right;
}

/* What is logged is logged in the last round of the largest size, which is told after it. */
static bool is_log_in_order(const struct bench *b)
{
	if (b->have[DP_BENCH_INSIDE] + 1 == b->npoints)
		return true;
	snprintf(b->text, b->size, "step \"%s\" was observed out of order",
		 dp_step_name(DP_STEP_FUNCTIONS));
	return false;
}

static bool read_line(struct bench *b, struct json_object *obj)
{
	int phase = phase_of(dp_step_of(obj, "step")),
	    absent = phase_of(dp_step_of(obj, "left-out"));

	b->clock |= dp_step_of(obj, "step") == DP_STEP_CLOCK;
	b->over |= dp_step_of(obj, "step") == DP_STEP_TAINT;
	if (absent >= 0)
		b->left_out |= 1U << absent;
	if (dp_step_of(obj, "step") == DP_STEP_FUNCTIONS && !is_log_in_order(b))
		return false;
	return phase < 0 || (is_in_order(b, phase) && read_step(b, phase, obj));
}

static bool read_all(struct bench *b)
{
	size_t count = dp_json_count(b->v->steps);

	if (!read_clock(b))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_line(b, json_object_array_get_idx(b->v->steps, i)))
			return false;
	if (!is_whole(b) || !dp_bench_read_bare(b))
		return false;
	return b->v->bench.kind != DP_BENCH_FUNCTIONS ||
	       !dp_find_misprofile(b->v, (int64_t)b->points[b->npoints - 1],
				   b->figures[DP_BENCH_INSIDE][b->npoints - 1].count, b->text,
				   b->size);
}

void dp_judge_bench(struct verdict *v)
{
	struct dp_result *r = v->result;
	struct bench b = { .v = v, .text = r->why, .size = sizeof(r->why) };
	dp_steps owed = owed_by(&b), once = owed & ONCE;

	dp_judge_splats(v);
	if (r->violates) {
		r->status = DP_FAIL;
	} else if (!dp_find_missing(v, owed, once, r->why, sizeof(r->why)) &&
		   !dp_find_untimely(v, once, NULL, r->why, sizeof(r->why)) && read_all(&b)) {
		dp_bench_add_facts(&b);
		if (dp_bench_is_one_cost(&b) && dp_bench_is_on_line(&b)) {
			r->status = DP_PASS;
			dp_bench_sum_up(&b);
		}
	}
	r->unfinished = r->status == DP_ERROR;
}
