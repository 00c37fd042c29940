// SPDX-License-Identifier: GPL-2.0-or-later
/* Costs in the report for people: a row for each mapping and size, a column for each phase. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "page.h"

#include "daxpin/bench.h"
#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/question.h"

#define NAME_WIDTH  26
#define COUNT_WIDTH 14

static struct json_object *counts_of(const struct dp_result *r)
{
	const char *unit = dp_json_text(r->facts, "unit");

	return unit ? dp_json_object(r->facts, unit) : NULL;
}

static void write_heading(const struct dp_page *p)
{
	static const char *const names[] = { "first touch", "register cold", "register warm",
					     "deregister",  "fixed",         "per page",
					     "residual" };

	fprintf(p->out, "%s%-*s", dp_page_color(p, BOLD), NAME_WIDTH, "mapping/size");
	for (size_t i = 0; i < DP_ARRAY_SIZE(names); i++)
		fprintf(p->out, "%*s", COUNT_WIDTH, names[i]);
	fprintf(p->out, "%s\n", dp_page_color(p, PLAIN));
}

/* The line of the warm registration. */
static void write_line(const struct dp_page *p, const struct dp_result *r)
{
	struct json_object *fit = dp_json_object(dp_json_object(r->facts, "fit"),
						 dp_bench_phases[DP_BENCH_WARM].fact);
	double fixed, per_page, residual;

	if (dp_json_double(fit, "fixed", &fixed) || dp_json_double(fit, "per_page", &per_page) ||
	    dp_json_double(fit, "residual", &residual))
		return;
	fprintf(p->out, "%*.0f%*.1f%*.2f %%", COUNT_WIDTH, fixed, COUNT_WIDTH, per_page,
		COUNT_WIDTH - 2, 100 * residual);
}

static void write_row(const struct dp_page *p, const struct dp_result *r)
{
	struct json_object *counts = counts_of(r);
	const char *answer = dp_json_text(r->facts, "answer");

	fprintf(p->out, "%-*s", NAME_WIDTH, strchr(r->id, '/') + 1);
	if (!counts || r->status == DP_SKIP_STATUS)
		fprintf(p->out, "%s%s%s", dp_page_color(p, dp_page_status_color(r)),
			dp_status_name(r->status), dp_page_color(p, PLAIN));
	for (size_t i = 0; i < DP_BENCH_PHASES && counts; i++) {
		int64_t count;

		if (dp_json_int(counts, dp_bench_phases[i].fact, &count))
			fprintf(p->out, "%*s", COUNT_WIDTH, "-");
		else
			fprintf(p->out, "%*" PRId64, COUNT_WIDTH, count);
	}
	if (counts)
		write_line(p, r);
	if (counts && r->status != DP_PASS)
		fprintf(p->out, "  %s%s%s", dp_page_color(p, dp_page_status_color(r)),
			dp_status_name(r->status), dp_page_color(p, PLAIN));
	fprintf(p->out, "%s%s\n", answer ? "  " : "", answer ? answer : "");
}

static const char *unit_of(const struct dp_run_record *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (dp_question_is(run->results[i].id, DP_QUESTION_BENCH) &&
		    dp_json_text(run->results[i].facts, "unit"))
			return dp_json_text(run->results[i].facts, "unit");
	return NULL;
}

void dp_page_write_benches(const struct dp_page *p)
{
	const char *unit = unit_of(p->run);

	write_heading(p);
	for (size_t i = 0; i < p->run->count; i++)
		if (dp_question_is(p->run->results[i].id, DP_QUESTION_BENCH))
			write_row(p, &p->run->results[i]);
	if (unit)
		fprintf(p->out,
			"In %s. Fixed, per page and residual are those of the line through the "
			"warm registrations.\n",
			unit);
}

/* ---- several kernels ---------------------------------------------------------------------- */

#define KERNEL_WIDTH 20

/* What a phase takes a page; false if that was not measured. */
static bool per_page(const struct dp_result *r, const char *phase, double *value)
{
	struct json_object *fit = r ? dp_json_object(dp_json_object(r->facts, "fit"), phase) : NULL;
	double whole;
	int64_t pages;

	if (!r || r->status == DP_ERROR)
		return false;
	if (!dp_json_double(fit, "per_page", value))
		return true;
	if (dp_json_int(r->facts, "pages", &pages) || pages < 1 ||
	    dp_json_double(counts_of(r), phase, &whole))
		return false;
	*value = whole / (double)pages;
	return true;
}

/* "161.1 -69.6 %": the second against the kernel before. */
static void write_step(const struct dp_page *p, const struct dp_result *r, const char *phase,
		       double *before)
{
	char text[48] = "-";
	double value;

	if (!per_page(r, phase, &value)) {
		*before = 0;
	} else {
		size_t used = (size_t)snprintf(text, sizeof(text), "%.1f", value);

		if (*before > 0)
			snprintf(text + used, sizeof(text) - used, " %+.1f %%",
				 100 * (value - *before) / *before);
		*before = value;
	}
	fprintf(p->out, " %*s", KERNEL_WIDTH, text);
}

static void write_phase(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns,
			const char *id, const char *phase)
{
	double before = 0;

	fprintf(p->out, "%-*s %-13s", NAME_WIDTH, strchr(id, '/') + 1, phase);
	for (size_t i = 0; i < nruns; i++)
		write_step(p, dp_run_find(&runs[i], id), phase, &before);
	fprintf(p->out, "\n");
}

void dp_page_write_costs(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns)
{
	bool any = false;

	for (size_t i = 0; i < runs[0].count; i++) {
		const char *id = runs[0].results[i].id;

		if (!dp_question_is(id, DP_QUESTION_BENCH))
			continue;
		if (!any) {
			fprintf(p->out, "\n%sCost of a page%s, and against the kernel before\n",
				dp_page_color(p, BOLD), dp_page_color(p, PLAIN));
			any = true;
		}
		for (size_t k = DP_BENCH_WARM; k < DP_BENCH_PHASES; k++)
			write_phase(p, runs, nruns, id, dp_bench_phases[k].fact);
	}
}
