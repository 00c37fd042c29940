// SPDX-License-Identifier: GPL-2.0-or-later
/* Figures and lines of a bench that was read as a whole. */
#include <inttypes.h>
#include <stdio.h>

#include "costs.h"
#include "line.h"

#include "daxpin/json.h"

/* The farthest that a size may be off the line through all of them. */
#define RESIDUAL_LIMIT 0.10

bool dp_bench_is_of_kind(const struct bench *b, int phase)
{
	return dp_bench_phases[phase].kind == b->v->bench.kind;
}

static struct json_object *counts_at(const struct bench *b, size_t at, bool spread)
{
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < DP_BENCH_PHASES; i++)
		if (b->have[i])
			dp_json_add_int(obj, dp_bench_phases[i].fact,
					spread ? b->figures[i][at].spread
					       : b->figures[i][at].count);
		else if (dp_bench_is_of_kind(b, i))
			dp_json_add_text(obj, dp_bench_phases[i].fact, NULL);
	return obj;
}

/* Of each phase the two figures between which the middle half of its rounds is. */
static struct json_object *quartiles_at(const struct bench *b, size_t at)
{
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < DP_BENCH_PHASES; i++) {
		struct json_object *pair;

		if (!b->have[i])
			continue;
		pair = json_object_new_array();
		json_object_array_add(pair, json_object_new_int64(b->figures[i][at].low));
		json_object_array_add(pair, json_object_new_int64(b->figures[i][at].high));
		json_object_object_add(obj, dp_bench_phases[i].fact, pair);
	}
	return obj;
}

static struct json_object *points_of(const struct bench *b)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < b->npoints; i++) {
		struct json_object *obj = counts_at(b, i, false);

		dp_json_add_int(obj, "pages", (int64_t)b->points[i]);
		if (!b->instructions)
			json_object_object_add(obj, "quartiles", quartiles_at(b, i));
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

/* How far off the line a size is, as a part of it. Time is only known to be between quartiles. */
static double distance(const struct bench *b, int phase, size_t at, const struct dp_line *line)
{
	const struct figure *f = &b->figures[phase][at];
	double there = line->fixed + line->slope * (double)b->points[at];
	double low = (double)(b->instructions ? f->count : f->low),
	       high = (double)(b->instructions ? f->count : f->high);
	double off = there < low ? low - there : there > high ? there - high : 0;

	off -= (double)dp_bench_phases[phase].grain / 2;
	return off > 0 ? off / (double)f->count : 0;
}

static bool is_near(const struct bench *b, int phase, size_t at, const struct dp_line *line)
{
	double off = distance(b, phase, at, line);

	if (off > RESIDUAL_LIMIT)
		snprintf(b->text, b->size,
			 "the sizes do not lie on a line: one is %.1f %% %s in \"%s\", and "
			 "%.0f %% are too many",
			 100 * off, b->instructions ? "off" : "beyond its quartiles",
			 dp_bench_phases[phase].fact, 100 * RESIDUAL_LIMIT);
	return off <= RESIDUAL_LIMIT;
}

/* What is refused ends where it is refused, and no page has cost anything. */
static bool has_line(const struct bench *b, int phase)
{
	return dp_bench_phases[phase].line && !b->code[phase];
}

bool dp_bench_is_on_line(const struct bench *b)
{
	for (int i = 0; i < DP_BENCH_PHASES; i++) {
		struct dp_line line;

		if (!has_line(b, i) || !fit_phase(b, i, &line))
			continue;
		for (size_t k = 0; k < b->have[i]; k++)
			if (!is_near(b, i, k, &line))
				return false;
	}
	return true;
}

bool dp_bench_is_one_cost(const struct bench *b)
{
	for (int i = 0; i < DP_BENCH_PHASES; i++)
		for (size_t k = 0; k < b->have[i] && has_line(b, i); k++) {
			const struct figure *f = &b->figures[i][k];

			if (b->instructions || f->low >= f->count / 3)
				continue;
			snprintf(b->text, b->size,
				 "the rounds are too far apart: half of \"%s\" took %" PRId64
				 " ns at %" PRIu64 " pages, and a quarter took less than %" PRId64,
				 dp_bench_phases[i].fact, f->count, b->points[k], f->low);
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

static struct json_object *counted_at(const struct bench *b, size_t at, enum counter counter)
{
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < DP_BENCH_PHASES; i++)
		if (b->have[i] && !dp_bench_phases[i].grain)
			dp_json_add_int(obj, dp_bench_phases[i].fact,
					b->figures[i][at].counted[counter]);
	return obj;
}

/* What there is by the clock only. */
static void add_clock_facts(const struct bench *b, struct json_object *facts, size_t last)
{
	struct json_object *counters = dp_seen(b->v, DP_STEP_COUNTERS);

	dp_json_add_int(facts, "rounds", b->rounds);
	json_object_object_add(facts, "quartiles", quartiles_at(b, last));
	dp_json_add_text(facts, "no_counters",
			 b->counted ? NULL : dp_step_text(counters, DP_FIELD_TEXT));
	dp_bench_add_bare(b, facts);
	if (!b->counted)
		return;
	json_object_object_add(facts, "cycles", counted_at(b, last, CYCLES));
	json_object_object_add(facts, "retired", counted_at(b, last, RETIRED));
}

void dp_bench_add_facts(const struct bench *b)
{
	struct json_object *facts = b->v->result->facts = json_object_new_object();
	size_t last = b->npoints - 1;

	dp_json_add_text(facts, "unit", b->instructions ? "instructions" : "ns");
	dp_json_add_int(facts, "pages", (int64_t)b->points[last]);
	dp_json_add_text(facts, "answer", b->code[dp_bench_answer_phase(b->v->bench.kind)]);
	if (dp_bench_is_of_kind(b, DP_BENCH_COLD))
		dp_json_add_text(facts, "answer_cold", b->code[DP_BENCH_COLD]);
	json_object_object_add(facts, b->instructions ? "instructions" : "ns",
			       counts_at(b, last, false));
	json_object_object_add(facts, "spread", counts_at(b, last, true));
	if (!b->instructions)
		add_clock_facts(b, facts, last);
	json_object_object_add(facts, "fit", fits_of(b));
	json_object_object_add(facts, "points", points_of(b));
	if (b->v->bench.kind != DP_BENCH_FUNCTIONS)
		return;
	dp_fact(b->v, "classes", dp_seen(b->v, DP_STEP_FUNCTIONS), DP_FIELD_CLASSES);
	dp_fact(b->v, "functions", dp_seen(b->v, DP_STEP_FUNCTIONS), DP_FIELD_FUNCTIONS);
}

void dp_bench_sum_up(const struct bench *b)
{
	enum dp_bench_phase asked = dp_bench_answer_phase(b->v->bench.kind);
	enum dp_bench_phase phase = b->code[asked] ? asked : dp_bench_main_phase(b->v->bench.kind);
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
