// SPDX-License-Identifier: GPL-2.0-or-later
/* A cost held against what it was: part by part, so that the part that has grown has a name. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/bench.h"
#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/policy.h"

/* The line of one phase, and how far its points may be off, in units. */
struct cost {
	double fixed, per_page;
	double low, high; /* off at the smallest and at the largest point */
	double whole;     /* of the size itself */
	double width;     /* of what the whole is known to be in */
	int64_t pages;
	bool line;
};

/* By the clock: how far the quartiles of a phase are apart; 0 where instructions are counted. */
static double width_of(struct json_object *facts, const char *phase)
{
	struct json_object *pair = dp_json_array(dp_json_object(facts, "quartiles"), phase);

	return dp_json_count(pair) == 2
		       ? json_object_get_double(json_object_array_get_idx(pair, 1)) -
				 json_object_get_double(json_object_array_get_idx(pair, 0))
		       : 0;
}

static bool read_cost(struct json_object *facts, const struct dp_bench_phase_info *info,
		      struct cost *cost)
{
	const char *phase = info->fact;
	struct json_object *fit = dp_json_object(dp_json_object(facts, "fit"), phase);
	struct json_object *points = dp_json_array(facts, "points"), *first;
	double residual, low;

	*cost = (struct cost){ 0 };
	if (!dp_json_text(facts, "unit") || dp_json_int(facts, "pages", &cost->pages) ||
	    cost->pages < 1 ||
	    dp_json_double(dp_json_object(facts, dp_json_text(facts, "unit")), phase, &cost->whole))
		return false;
	cost->width = width_of(facts, phase);
	first = dp_json_count(points) ? json_object_array_get_idx(points, 0) : NULL;
	if (dp_json_double(fit, "fixed", &cost->fixed) ||
	    dp_json_double(fit, "per_page", &cost->per_page) ||
	    dp_json_double(fit, "residual", &residual) || dp_json_double(first, phase, &low))
		return true;
	cost->low = fabs(residual * low) + (double)info->grain + width_of(first, phase);
	cost->high = fabs(residual * cost->whole) + (double)info->grain + cost->width;
	cost->line = true;
	return true;
}

/* Notes the first part that is above. @off: by how much it can be wrong without having grown */
static bool is_above(const char *what, const char *phase, double now, double then, double off,
		     double tolerance, struct dp_result *result)
{
	if (!(now - then > tolerance * fabs(then) + off))
		return false;
	snprintf(result->deviates, sizeof(result->deviates), "%s of %s", what, phase);
	snprintf(
		result->why, sizeof(result->why),
		"the %s of \"%s\" is %.1f, and %.1f in the baseline (%+.1f %%, tolerated are %g %%)",
		what, phase, now, then, then != 0 ? 100 * (now - then) / fabs(then) : 100,
		100 * tolerance);
	return true;
}

static bool is_costlier(const struct cost *now, const struct cost *then, const char *phase,
			double tolerance, struct dp_result *result)
{
	if (!now->line || !then->line)
		return is_above("cost", phase, now->whole, then->whole, now->width + then->width,
				tolerance, result);
	return is_above("part per page", phase, now->per_page, then->per_page,
			(now->high + then->high) / (double)now->pages, tolerance, result) ||
	       is_above("fixed part", phase, now->fixed, then->fixed, now->low + then->low,
			tolerance, result);
}

/* What could not be compared has not become cheaper: it is said. */
static void tell_compared(struct dp_result *result, size_t compared, size_t have)
{
	size_t used = strlen(result->why);

	if (compared < have)
		snprintf(result->why + used, sizeof(result->why) - used,
			 "; of its %zu phases the baseline has %zu", have, compared);
}

struct held {
	struct json_object *base;
	double tolerance;
	bool comparable;       /* they were counted in the same unit */
	size_t have, compared; /* phases */
};

static bool hold_phase(struct held *h, int phase, struct dp_result *result)
{
	const struct dp_bench_phase_info *info = &dp_bench_phases[phase];
	struct cost now, then;

	if (!read_cost(result->facts, info, &now))
		return false;
	h->have++;
	if (!h->comparable || !read_cost(h->base, info, &then) || now.pages != then.pages)
		return false;
	h->compared++;
	return is_costlier(&now, &then, info->fact, h->tolerance, result);
}

bool dp_bench_hold(struct dp_result *result, struct json_object *base, double tolerance)
{
	const char *unit = dp_json_text(result->facts, "unit"), *was = dp_json_text(base, "unit");
	struct held held = { base, tolerance, unit && was && !strcmp(unit, was), 0, 0 };
	bool costlier = false;

	if (result->status != DP_PASS)
		return false;
	/* What lies on a line is known better, and comes first. */
	for (int i = 0; i < 2 * DP_BENCH_PHASES && !costlier; i++)
		if (dp_bench_phases[i % DP_BENCH_PHASES].line == (i < DP_BENCH_PHASES))
			costlier = hold_phase(&held, i % DP_BENCH_PHASES, result);
	if (costlier)
		result->status = DP_FAIL;
	else
		tell_compared(result, held.compared, held.have);
	return costlier;
}
