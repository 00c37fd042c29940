// SPDX-License-Identifier: GPL-2.0-or-later
/* The text report on several kernels: what a page costs on each, and against the kernel before. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costs.h"
#include "page.h"

#include "daxpin/cleanup.h"

#define NAME_WIDTH   30
#define PHASE_WIDTH  15
#define VALUE_WIDTH  16
#define CHANGE_WIDTH 10

struct table {
	const struct dp_page *page;
	const struct dp_run_record *runs;
	size_t nruns;
	struct dp_cost *costs; /* of one row */
	const char *unit;      /* of the first that is known */
};

/* What it costs: "161.1", "13210 in all", "EFAULT"; and behind it how much more that is. */
static void write_cost(const struct table *t, size_t run)
{
	const struct dp_cost *cost = &t->costs[run];
	char text[32] = "-", change[32] = "";

	if (cost->kind == DP_COST_REFUSED)
		snprintf(text, sizeof(text), "%.20s", cost->answer);
	else if (cost->kind == DP_COST_PAGE)
		snprintf(text, sizeof(text), "%.1f", cost->value);
	else if (cost->kind == DP_COST_WHOLE)
		snprintf(text, sizeof(text), "%.0f in all", cost->value);
	if (cost->compared)
		snprintf(change, sizeof(change), "%s%+.1f %%", cost->unclear ? "~" : "",
			 100 * cost->change);
	fprintf(t->page->out, " %*s", VALUE_WIDTH, text);
	if (run && (change[0] || run + 1 < t->nruns))
		fprintf(t->page->out, " %*s", CHANGE_WIDTH, change);
}

static void write_heading(const struct table *t)
{
	const struct dp_page *p = t->page;
	char name[64];

	fprintf(p->out, "\n%s%-*s%-*s", dp_page_color(p, BOLD), NAME_WIDTH, "Cost of a page",
		PHASE_WIDTH, "");
	for (size_t i = 0; i < t->nruns; i++) {
		dp_page_short_name(&t->runs[i], name, sizeof(name));
		fprintf(p->out, " %*s%*s", VALUE_WIDTH, name,
			i + 1 < t->nruns && i ? CHANGE_WIDTH + 1 : 0, "");
	}
	fprintf(p->out, "%s\n", dp_page_color(p, PLAIN));
}

static const char *unit_of(const struct table *t)
{
	for (size_t i = 0; i < t->nruns; i++)
		if (t->costs[i].unit)
			return t->costs[i].unit;
	return NULL;
}

/* A row for each phase; the id stands in the first. */
static void write_id(struct table *t, const char *id)
{
	const char *name = strchr(id, '/') + 1;

	for (int k = 0; k < DP_BENCH_PHASES; k++) {
		enum dp_bench_phase phase = (enum dp_bench_phase)k;

		if (!dp_cost_is_shown(id, phase) ||
		    !dp_cost_row(t->runs, t->nruns, id, phase, t->costs))
			continue;
		if (!t->unit)
			write_heading(t);
		t->unit = t->unit ? t->unit : unit_of(t);
		fprintf(t->page->out, "%-*s%-*s", NAME_WIDTH, name, PHASE_WIDTH,
			dp_bench_phases[phase].title);
		for (size_t i = 0; i < t->nruns; i++)
			write_cost(t, i);
		fprintf(t->page->out, "\n");
		name = "";
	}
}

int dp_page_write_costs(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns)
{
	dp_autofree struct dp_cost *costs = calloc(nruns, sizeof(*costs));
	struct table t = { p, runs, nruns, costs, NULL };

	if (!costs)
		return -ENOMEM;
	for (size_t i = 0; i < nruns; i++)
		for (size_t k = 0; k < runs[i].count; k++)
			if (dp_cost_is_new(runs, i, k))
				write_id(&t, runs[i].results[k].id);
	if (t.unit)
		fprintf(p->out,
			"In %s: one page more, and against the kernel before. What is refused "
			"costs no page.%s\n",
			t.unit,
			strcmp(t.unit, "ns") ? ""
					     : " After ~ the middle halves of the rounds overlap.");
	return 0;
}
