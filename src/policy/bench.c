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

#include "line.h"
#include "verdict.h"

#include "daxpin/bench.h"
#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

#define ONCE         (DP_STEP_BIT(DP_STEP_CLOCK) | DP_STEP_BIT(DP_STEP_TAINT))
#define ROUNDS_LIMIT 64
/* The farthest that a size may be off the line through all of them. */
#define RESIDUAL_LIMIT 0.10
/* More instructions than a machine executes in a day. */
#define NUMBER_LIMIT (1LL << 50)

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
static bool is_of_kind(const struct bench *b, int phase)
{
	return dp_bench_phases[phase].kind == b->v->bench.kind;
}

static dp_steps owed_by(const struct bench *b)
{
	dp_steps owed = ONCE;

	for (int i = 0; i < DP_BENCH_PHASES; i++)
		if (is_of_kind(b, i))
			owed |= DP_STEP_BIT(dp_bench_phases[i].step);
	return owed;
}

static int phase_of(enum dp_step step)
{
	for (int i = 0; i < DP_BENCH_PHASES; i++)
		if (dp_bench_phases[i].step == step)
			return i;
	return -1;
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
	else
		b->npoints = dp_bench_points(b->v->bench.size, (uint64_t)b->page, b->points);
	return b->npoints;
}

/* Return: false if the list is not of so many numbers. */
static bool read_numbers(struct json_object *obj, enum dp_field field, int64_t *numbers,
			 size_t count)
{
	struct json_object *list;

	if (!json_object_object_get_ex(obj, dp_field_name(field), &list) ||
	    dp_json_count(list) != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (!json_object_is_type(one, json_type_int))
			return false;
		numbers[i] = json_object_get_int64(one);
		if (numbers[i] < 0 || numbers[i] > NUMBER_LIMIT)
			return false;
	}
	return true;
}

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Return: whether the rounds give a figure that can be one. */
static bool read_rounds(const struct bench *b, int phase, struct json_object *obj, size_t rounds,
			struct figure *figure)
{
	int64_t samples[ROUNDS_LIMIT], ticks[ROUNDS_LIMIT], loop = 0;

	dp_step_int(obj, DP_FIELD_LOOP, &loop);
	if (rounds > ROUNDS_LIMIT || !read_numbers(obj, DP_FIELD_SAMPLES, samples, rounds) ||
	    !read_numbers(obj, DP_FIELD_TICKS, ticks, rounds))
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
	/* What has a grain was cut off: the middle of what it can have been is the least wrong. */
	*figure = (struct figure){ samples[rounds / 2] + dp_bench_phases[phase].grain / 2,
				   samples[rounds - 1] - samples[0] };
	return figure->count > 0;
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
	else if (!read_rounds(b, phase, obj, dp_bench_rounds((uint64_t)pages),
			      &b->figures[phase][at]))
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

	if (!is_of_kind(b, phase))
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

static bool read_line(struct bench *b, struct json_object *obj)
{
	int phase = phase_of(dp_step_of(obj, "step")),
	    absent = phase_of(dp_step_of(obj, "left-out"));

	b->clock |= dp_step_of(obj, "step") == DP_STEP_CLOCK;
	b->over |= dp_step_of(obj, "step") == DP_STEP_TAINT;
	if (absent >= 0)
		b->left_out |= 1U << absent;
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
	return is_whole(b);
}

/* ---- facts -------------------------------------------------------------------------------- */

static struct json_object *counts_at(const struct bench *b, size_t at, bool spread)
{
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < DP_BENCH_PHASES; i++)
		if (b->have[i])
			dp_json_add_int(obj, dp_bench_phases[i].fact,
					spread ? b->figures[i][at].spread
					       : b->figures[i][at].count);
		else if (is_of_kind(b, i))
			dp_json_add_text(obj, dp_bench_phases[i].fact, NULL);
	return obj;
}

static struct json_object *points_of(const struct bench *b)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < b->npoints; i++) {
		struct json_object *obj = counts_at(b, i, false);

		dp_json_add_int(obj, "pages", (int64_t)b->points[i]);
		json_object_array_add(list, obj);
	}
	return list;
}

static bool fit_phase(const struct bench *b, int phase, struct dp_line *line)
{
	double x[DP_BENCH_POINTS], y[DP_BENCH_POINTS];

	for (size_t i = 0; i < b->have[phase]; i++) {
		x[i] = (double)b->points[i];
		y[i] = (double)b->figures[phase][i].count;
	}
	return dp_line_fit(x, y, b->have[phase], (double)dp_bench_phases[phase].grain, line);
}

/* One page more must cost one page more: otherwise it was not this that was measured. */
static bool is_on_line(const struct bench *b)
{
	for (int i = 0; i < DP_BENCH_PHASES; i++) {
		struct dp_line line;

		if (!dp_bench_phases[i].line || !fit_phase(b, i, &line) ||
		    line.residual <= RESIDUAL_LIMIT)
			continue;
		snprintf(b->text, b->size,
			 "the sizes do not lie on a line: one is %.1f %% off in \"%s\", and "
			 "%.0f %% are too many",
			 100 * line.residual, dp_bench_phases[i].fact, 100 * RESIDUAL_LIMIT);
		return false;
	}
	return true;
}

static struct json_object *fits_of(const struct bench *b)
{
	struct json_object *fits = json_object_new_object();

	for (int i = 0; i < DP_BENCH_PHASES; i++) {
		struct json_object *obj = json_object_new_object();
		struct dp_line line;

		if (!fit_phase(b, i, &line)) {
			json_object_put(obj);
			continue;
		}
		dp_json_add_double(obj, "fixed", line.fixed);
		dp_json_add_double(obj, "per_page", line.slope);
		dp_json_add_double(obj, "residual", line.residual);
		json_object_object_add(fits, dp_bench_phases[i].fact, obj);
	}
	return fits;
}

static void add_facts(const struct bench *b)
{
	struct json_object *facts = b->v->result->facts = json_object_new_object();
	size_t last = b->npoints - 1;

	dp_json_add_text(facts, "unit", b->instructions ? "instructions" : "ns");
	dp_json_add_int(facts, "pages", (int64_t)b->points[last]);
	dp_json_add_text(facts, "answer", b->code[dp_bench_main_phase(b->v->bench.kind)]);
	if (is_of_kind(b, DP_BENCH_COLD))
		dp_json_add_text(facts, "answer_cold", b->code[DP_BENCH_COLD]);
	json_object_object_add(facts, b->instructions ? "instructions" : "ns",
			       counts_at(b, last, false));
	json_object_object_add(facts, "spread", counts_at(b, last, true));
	json_object_object_add(facts, "fit", fits_of(b));
	json_object_object_add(facts, "points", points_of(b));
}

static void tell(const struct bench *b)
{
	enum dp_bench_phase phase = dp_bench_main_phase(b->v->bench.kind);
	const struct figure *figure = &b->figures[phase][b->npoints - 1];
	const char *unit = b->instructions ? "instructions" : "ns";
	struct dp_result *r = b->v->result;
	uint64_t pages = b->points[b->npoints - 1];

	snprintf(r->why, sizeof(r->why),
		 "\"%s\"%s takes %" PRId64 " %s for %" PRIu64 " page%s, %.1f a page",
		 dp_bench_phases[phase].title, b->code[phase] ? ", which is refused," : "",
		 figure->count, unit, pages, pages == 1 ? "" : "s",
		 (double)figure->count / (double)pages);
}

void dp_judge_bench(struct verdict *v)
{
	struct dp_result *r = v->result;
	struct bench b = { .v = v, .text = r->why, .size = sizeof(r->why) };

	dp_judge_splats(v);
	if (r->violates) {
		r->status = DP_FAIL;
	} else if (!dp_find_missing(v, owed_by(&b), ONCE, r->why, sizeof(r->why)) &&
		   !dp_find_untimely(v, ONCE, NULL, r->why, sizeof(r->why)) && read_all(&b)) {
		add_facts(&b);
		if (is_on_line(&b)) {
			r->status = DP_PASS;
			tell(&b);
		}
	}
	r->unfinished = r->status == DP_ERROR;
}
