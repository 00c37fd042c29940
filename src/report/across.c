// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text report on several kernels: a row for each id, a column for each kernel, and a mark where
 * the answer differs from that of the kernel before.
 */
#include <string.h>

#include "page.h"

#include "daxpin/question.h"

#define ID_WIDTH   46
#define CELL_WIDTH 15

static void result_text(const struct dp_result *r, char *text, size_t size)
{
	char clauses[DP_CLAUSES_TEXT];
	text[0] = '\0';
	if (!r)
		return;
	if (dp_question_is(r->id, DP_QUESTION_CHECK) || dp_question_is(r->id, DP_QUESTION_PINNER)) {
		dp_page_cell_text(r, text, size);
		/* A missing proof, or a missing witness, is no difference between kernels. */
		text[strcspn(text, "?*")] = '\0';
	} else if (r->violates) {
		snprintf(text, size, "%s%s", dp_result_is_known(r) ? "~" : "!",
			 dp_clauses_text(r->violates, clauses));
	} else {
		snprintf(text, size, "%s", dp_status_name(r->status));
	}
}

static bool differs(const struct dp_run_record *runs, size_t nruns, const char *id)
{
	char first[64], other[64];

	result_text(dp_run_find(&runs[0], id), first, sizeof(first));
	for (size_t i = 1; i < nruns; i++) {
		result_text(dp_run_find(&runs[i], id), other, sizeof(other));
		if (strcmp(first, other))
			return true;
	}
	return false;
}

static void write_row(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns,
		      const char *id)
{
	char text[64], before[64] = "";

	fprintf(p->out, "%-*s", ID_WIDTH, id);
	for (size_t i = 0; i < nruns; i++) {
		const struct dp_result *r = dp_run_find(&runs[i], id);
		bool change;

		result_text(r, text, sizeof(text));
		change = i && strcmp(text, before) != 0;
		fprintf(p->out, " %s%c%s%-*s%s", change ? dp_page_color(p, BOLD) : "",
			change ? '>' : ' ', r ? dp_page_color(p, dp_page_status_color(r)) : "",
			i + 1 == nruns ? 0 : CELL_WIDTH, text, dp_page_color(p, PLAIN));
		strcpy(before, text);
	}
	fprintf(p->out, "\n");
}

static void write_heading(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns)
{
	char name[64];

	fprintf(p->out, "%s%-*s", dp_page_color(p, BOLD), ID_WIDTH, "id");
	for (size_t i = 0; i < nruns; i++) {
		dp_page_short_name(&runs[i], name, sizeof(name));
		fprintf(p->out, "  %-*s", i + 1 == nruns ? 0 : CELL_WIDTH, name);
	}
	fprintf(p->out, "%s\n", dp_page_color(p, PLAIN));
}

static void write_table(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns)
{
	size_t rows = 0, shown = 0;

	write_heading(p, runs, nruns);
	/* Each id once, at the first run that has it. */
	for (size_t i = 0; i < nruns; i++) {
		for (size_t k = 0; k < runs[i].count; k++) {
			const char *id = runs[i].results[k].id;
			size_t first = 0;

			while (!dp_run_find(&runs[first], id))
				first++;
			if (first < i)
				continue;
			rows++;
			if (p->options->changes && !differs(runs, nruns, id))
				continue;
			shown++;
			write_row(p, runs, nruns, id);
		}
	}
	if (p->options->changes)
		fprintf(p->out, "%zu of %zu ids differ between the kernels\n", shown, rows);
}

static size_t count_unproven(const struct dp_run_record *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->count; i++)
		count += run->results[i].unproven;
	return count;
}

static void write_sums(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns)
{
	size_t counts[DP_STATUSES];
	char name[64];

	fprintf(p->out, "\n");
	for (size_t i = 0; i < nruns; i++) {
		const struct dp_run_record *run = &runs[i];

		dp_run_count(run, counts);
		dp_page_short_name(run, name, sizeof(name));
		fprintf(p->out, "%-20s %zu pass, %zu fail, %zu skip, %zu error", name,
			counts[DP_PASS], counts[DP_FAIL], counts[DP_SKIP_STATUS], counts[DP_ERROR]);
		dp_page_write_repeat(p, run);
		if (count_unproven(run))
			fprintf(p->out,
				"; the mapping of %zu could not be shown to be what its name "
				"says",
				count_unproven(run));
		fprintf(p->out, "%s%s%s%s\n", run->ending[0] ? "; the run ended early: " : "",
			run->ending, run->splat[0] && !run->ending[0] ? "; the kernel splat: " : "",
			run->ending[0] ? "" : run->splat);
	}
}

int dp_page_write_across(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns)
{
	int rc;

	write_table(p, runs, nruns);
	rc = dp_page_write_costs(p, runs, nruns);
	if (!rc)
		rc = dp_page_write_causes(p, runs, nruns);
	for (size_t i = 0; i < nruns; i++) {
		char name[64];

		dp_page_short_name(&runs[i], name, sizeof(name));
		dp_page_write_differing(p, &runs[i], name);
		dp_page_write_windows(p, &runs[i], name);
		dp_page_write_inside(p, &runs[i], name);
		dp_page_write_traces(p, &runs[i], name);
	}
	write_sums(p, runs, nruns);
	return rc;
}
