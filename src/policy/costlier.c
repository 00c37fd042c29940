// SPDX-License-Identifier: GPL-2.0-or-later
/* A cost held against what it was: part by part, so that the part that has grown has a name. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/bench.h"
#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/policy.h"

/* What is asked for most comes first. */
static const enum dp_bench_phase phases[DP_BENCH_PHASES] = { DP_BENCH_WARM, DP_BENCH_DEREGISTER,
							     DP_BENCH_COLD, DP_BENCH_FIRST_TOUCH };

/* The line of one phase, and how far its points may be off, in units. */
struct cost {
	double fixed, per_page;
	double low, high; /* off at the smallest and at the largest point */
	double whole;     /* of the size itself */
	int64_t pages;
	bool line;
};

static bool read_cost(struct json_object *facts, const char *phase, struct cost *cost)
{
	struct json_object *fit = dp_json_object(dp_json_object(facts, "fit"), phase);
	struct json_object *points = dp_json_array(facts, "points"), *first;
	double residual, low;

	*cost = (struct cost){ 0 };
	if (!dp_json_text(facts, "unit") || dp_json_int(facts, "pages", &cost->pages) ||
	    cost->pages < 1 ||
	    dp_json_double(dp_json_object(facts, dp_json_text(facts, "unit")), phase, &cost->whole))
		return false;
	first = dp_json_count(points) ? json_object_array_get_idx(points, 0) : NULL;
	if (dp_json_double(fit, "fixed", &cost->fixed) ||
	    dp_json_double(fit, "per_page", &cost->per_page) ||
	    dp_json_double(fit, "residual", &residual) || dp_json_double(first, phase, &low))
		return true;
	cost->low = fabs(residual * low);
	cost->high = fabs(residual * cost->whole);
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
		return is_above("cost", phase, now->whole, then->whole, 0, tolerance, result);
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

bool dp_bench_hold(struct dp_result *result, struct json_object *base, double tolerance)
{
	const char *unit = dp_json_text(result->facts, "unit");
	const char *was = dp_json_text(base, "unit");
	bool comparable = unit && was && !strcmp(unit, was);
	size_t compared = 0, have = 0;

	if (result->status != DP_PASS)
		return false;
	for (size_t i = 0; i < DP_ARRAY_SIZE(phases); i++) {
		const char *phase = dp_bench_phases[phases[i]].fact;
		struct cost now, then;

		if (!read_cost(result->facts, phase, &now))
			continue;
		have++;
		if (!comparable || !read_cost(base, phase, &then) || now.pages != then.pages)
			continue;
		compared++;
		if (is_costlier(&now, &then, phase, tolerance, result)) {
			result->status = DP_FAIL;
			return true;
		}
	}
	tell_compared(result, compared, have);
	return false;
}
