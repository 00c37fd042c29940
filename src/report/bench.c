// SPDX-License-Identifier: GPL-2.0-or-later
/* Costs in the report for people: a row for each mapping and size, a column for each phase. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

static enum dp_bench_kind kind_of(const struct dp_result *r)
{
	struct dp_bench bench;

	return dp_bench_parse(r->id, &bench) ? bench.kind : DP_BENCH_KINDS;
}

static void write_heading(const struct dp_page *p, enum dp_bench_kind kind)
{
	static const char *const of_line[] = { "fixed", "per page", "residual" };

	fprintf(p->out, "%s%-*s", dp_page_color(p, BOLD), NAME_WIDTH, "mapping/size");
	for (int i = 0; i < DP_BENCH_PHASES; i++)
		if (dp_bench_phases[i].kind == kind)
			fprintf(p->out, "%*s", COUNT_WIDTH, dp_bench_phases[i].title);
	for (size_t i = 0; i < DP_ARRAY_SIZE(of_line); i++)
		fprintf(p->out, "%*s", COUNT_WIDTH, of_line[i]);
	fprintf(p->out, "%s\n", dp_page_color(p, PLAIN));
}

/* The line of the phase that says most. */
static void write_line(const struct dp_page *p, const struct dp_result *r, enum dp_bench_kind kind)
{
	struct json_object *fit = dp_json_object(dp_json_object(r->facts, "fit"),
						 dp_bench_phases[dp_bench_main_phase(kind)].fact);
	double fixed, per_page, residual;

	if (dp_json_double(fit, "fixed", &fixed) || dp_json_double(fit, "per_page", &per_page) ||
	    dp_json_double(fit, "residual", &residual))
		return;
	fprintf(p->out, "%*.0f%*.1f%*.2f %%", COUNT_WIDTH, fixed, COUNT_WIDTH, per_page,
		COUNT_WIDTH - 2, 100 * residual);
}

static void write_counts(const struct dp_page *p, struct json_object *counts,
			 enum dp_bench_kind kind)
{
	for (int i = 0; i < DP_BENCH_PHASES; i++) {
		int64_t count;

		if (dp_bench_phases[i].kind != kind)
			continue;
		if (dp_json_int(counts, dp_bench_phases[i].fact, &count))
			fprintf(p->out, "%*s", COUNT_WIDTH, "-");
		else
			fprintf(p->out, "%*" PRId64, COUNT_WIDTH, count);
	}
}

static void write_row(const struct dp_page *p, const struct dp_result *r, enum dp_bench_kind kind)
{
	struct json_object *counts = counts_of(r);
	const char *answer = dp_json_text(r->facts, "answer");

	fprintf(p->out, "%-*s", NAME_WIDTH, strchr(r->id, '/') + 1);
	if (!counts || r->status == DP_SKIP_STATUS)
		fprintf(p->out, "%s%s%s", dp_page_color(p, dp_page_status_color(r)),
			dp_status_name(r->status), dp_page_color(p, PLAIN));
	if (counts) {
		write_counts(p, counts, kind);
		write_line(p, r, kind);
	}
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

struct share {
	const char *name;
	int64_t count;
};

static int by_count(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

/* What a registration executes its instructions for, the most first. */
static void write_shares(const struct dp_page *p, const struct dp_result *r)
{
	struct json_object *classes = dp_json_object(r->facts, "classes");
	struct share shares[32];
	size_t count = 0;
	double sum = 0;

	if (!classes)
		return;
	json_object_object_foreach (classes, name, value) {
		if (count == DP_ARRAY_SIZE(shares))
			break;
		shares[count] = (struct share){ name, json_object_get_int64(value) };
		sum += (double)shares[count++].count;
	}
	qsort(shares, count, sizeof(*shares), by_count);
	fprintf(p->out, "%-*s", NAME_WIDTH, strchr(r->id, '/') + 1);
	for (size_t i = 0; i < count && sum > 0 && 100.0 * (double)shares[i].count >= sum; i++)
		fprintf(p->out, " %s %.0f %%", shares[i].name,
			100.0 * (double)shares[i].count / sum);
	fputc('\n', p->out);
}

/* A table for each kind that was asked. */
static void write_kind(const struct dp_page *p, enum dp_bench_kind kind)
{
	bool any = false;

	for (size_t i = 0; i < p->run->count; i++) {
		const struct dp_result *r = &p->run->results[i];

		if (!dp_question_is(r->id, DP_QUESTION_BENCH) || kind_of(r) != kind)
			continue;
		if (!any)
			write_heading(p, kind);
		any = true;
		write_row(p, r, kind);
	}
	for (size_t i = 0; i < p->run->count && kind == DP_BENCH_FUNCTIONS; i++)
		if (kind_of(&p->run->results[i]) == kind)
			write_shares(p, &p->run->results[i]);
	if (any)
		fprintf(p->out,
			"Fixed, per page and residual are those of the line through \"%s\".%s\n",
			dp_bench_phases[dp_bench_main_phase(kind)].title,
			kind == DP_BENCH_TRAFFIC ? " Fixed is for each message; per page, divided "
						   "by the bytes of a page, for each byte."
						 : "");
}

void dp_page_write_benches(const struct dp_page *p)
{
	const char *unit = unit_of(p->run);

	for (int i = 0; i < DP_BENCH_KINDS; i++)
		write_kind(p, (enum dp_bench_kind)i);
	if (unit)
		fprintf(p->out, "All in %s.\n", unit);
	dp_page_write_clock(p);
}
