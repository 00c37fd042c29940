// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "costs.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/question.h"

static double number_at(struct json_object *list, size_t i)
{
	return dp_json_count(list) > i ? json_object_get_double(json_object_array_get_idx(list, i))
				       : 0;
}

static void read_value(const struct dp_result *r, const char *phase, struct dp_cost *cost)
{
	struct json_object *fit = dp_json_object(dp_json_object(r->facts, "fit"), phase);
	struct json_object *quartiles = dp_json_array(dp_json_object(r->facts, "quartiles"), phase);
	double whole;

	if (!cost->unit || dp_json_double(dp_json_object(r->facts, cost->unit), phase, &whole))
		return;
	cost->low = number_at(quartiles, 0);
	cost->high = number_at(quartiles, 1);
	cost->kind = DP_COST_WHOLE;
	cost->value = whole;
	if (!dp_json_double(fit, "per_page", &cost->value))
		cost->kind = DP_COST_PAGE;
}

static void read_cost(const struct dp_result *r, enum dp_bench_phase phase, struct dp_cost *cost)
{
	enum dp_bench_kind kind = dp_bench_phases[phase].kind;

	*cost = (struct dp_cost){ 0 };
	if (!r || r->status == DP_ERROR || !r->facts)
		return;
	cost->unit = dp_json_text(r->facts, "unit");
	cost->answer = dp_json_text(r->facts, "answer");
	read_value(r, dp_bench_phases[phase].fact, cost);
	if (cost->kind && cost->answer && phase == dp_bench_answer_phase(kind))
		cost->kind = DP_COST_REFUSED;
}

/* Of less than one, a part says nothing: of an instruction a page, or a nanosecond. */
static void compare(struct dp_cost *now, const struct dp_cost *then)
{
	if (now->kind == DP_COST_UNKNOWN || now->kind == DP_COST_REFUSED ||
	    now->kind != then->kind || strcmp(now->unit, then->unit) || !(then->value >= 1))
		return;
	now->compared = true;
	now->change = (now->value - then->value) / then->value;
	now->unclear =
		now->high > 0 && then->high > 0 && now->low <= then->high && then->low <= now->high;
}

bool dp_cost_row(const struct dp_run_record *runs, size_t nruns, const char *id,
		 enum dp_bench_phase phase, struct dp_cost *costs)
{
	bool known = false;

	for (size_t i = 0; i < nruns; i++) {
		read_cost(dp_run_find(&runs[i], id), phase, &costs[i]);
		known |= costs[i].kind != DP_COST_UNKNOWN;
		if (i)
			compare(&costs[i], &costs[i - 1]);
	}
	return known;
}

bool dp_cost_is_shown(const char *id, enum dp_bench_phase phase)
{
	struct dp_bench bench;

	return dp_bench_parse(id, &bench) && dp_bench_phases[phase].kind == bench.kind &&
	       dp_bench_phases[phase].line;
}

bool dp_cost_is_new(const struct dp_run_record *runs, size_t run, size_t result)
{
	const char *id = runs[run].results[result].id;

	if (!dp_question_is(id, DP_QUESTION_BENCH))
		return false;
	for (size_t i = 0; i < run; i++)
		if (dp_run_find(&runs[i], id))
			return false;
	return true;
}

/* ---- for the page ------------------------------------------------------------------------- */

static struct json_object *cell_object(const struct dp_cost *cost)
{
	struct json_object *obj;

	if (cost->kind == DP_COST_UNKNOWN)
		return NULL;
	obj = json_object_new_object();
	dp_json_add_double(obj, "value", cost->value);
	dp_json_add_bool(obj, "whole", cost->kind == DP_COST_WHOLE);
	dp_json_add_text(obj, "unit", cost->unit);
	dp_json_add_text(obj, "answer", cost->kind == DP_COST_REFUSED ? cost->answer : NULL);
	if (cost->compared)
		dp_json_add_double(obj, "change", cost->change);
	dp_json_add_bool(obj, "unclear", cost->unclear);
	return obj;
}

static struct json_object *row_object(const char *id, enum dp_bench_phase phase,
				      const struct dp_cost *costs, size_t count)
{
	struct json_object *obj = json_object_new_object(), *cells = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(cells, cell_object(&costs[i]));
	dp_json_add_text(obj, "id", id);
	dp_json_add_text(obj, "phase", dp_bench_phases[phase].title);
	json_object_object_add(obj, "cells", cells);
	return obj;
}

static void add_rows(struct json_object *rows, const struct dp_run_record *runs, size_t nruns,
		     const char *id, struct dp_cost *costs)
{
	for (int k = 0; k < DP_BENCH_PHASES; k++) {
		enum dp_bench_phase phase = (enum dp_bench_phase)k;

		if (dp_cost_is_shown(id, phase) && dp_cost_row(runs, nruns, id, phase, costs))
			json_object_array_add(rows, row_object(id, phase, costs, nruns));
	}
}

struct json_object *dp_cost_rows(const struct dp_run_record *runs, size_t nruns)
{
	dp_autofree struct dp_cost *costs = calloc(nruns + 1, sizeof(*costs));
	struct json_object *rows;

	if (!costs)
		return NULL;
	rows = json_object_new_array();
	for (size_t i = 0; i < nruns; i++)
		for (size_t k = 0; k < runs[i].count; k++)
			if (dp_cost_is_new(runs, i, k))
				add_rows(rows, runs, nruns, runs[i].results[k].id, costs);
	return rows;
}
