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

/* The release without what the packager adds: "6.12.117+deb13-amd64" becomes 6.12.117. */
static void short_name(const struct dp_run_record *run, char *name, size_t size)
{
	const char *release = run->subject.kernel[0] ? run->subject.kernel : run->kernel_spec;
	char *end;

	snprintf(name, size, "%.60s", release[0] ? release : "unknown");
	end = strstr(name, "-amd64");
	if (end)
		*end = '\0';
	end = strchr(name, '+');
	if (end)
		*end = '\0';
}

static void result_text(const struct dp_result *r, char *text, size_t size)
{
	char clauses[DP_CLAUSES_TEXT];
	text[0] = '\0';
	if (!r)
		return;
	if (dp_question_is(r->id, DP_QUESTION_CHECK)) {
		dp_page_cell_text(r, text, size);
		/* A missing proof is no difference between kernels. */
		text[strcspn(text, "?")] = '\0';
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
		short_name(&runs[i], name, sizeof(name));
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

struct story {
	const struct dp_result *result;
	size_t ids; /* how many results it explains, on all kernels */
	bool kernels[64];
};

/* The nth result of all runs, and the number of its run. */
static const struct dp_result *nth(const struct dp_run_record *runs, size_t nruns, size_t n,
				   size_t *run)
{
	for (*run = 0; *run < nruns && n >= runs[*run].count; ++*run)
		n -= runs[*run].count;
	return *run < nruns ? &runs[*run].results[n] : NULL;
}

/* Collects the results with the same story as the nth; false if an earlier result has it, too. */
static bool collect(const struct dp_run_record *runs, size_t nruns, size_t n, struct story *story)
{
	const struct dp_result *r;
	size_t run;

	*story = (struct story){ .result = nth(runs, nruns, n, &run) };
	for (size_t k = 0; (r = nth(runs, nruns, k, &run)); k++) {
		if (!dp_page_same_story(r, story->result))
			continue;
		if (k < n)
			return false;
		story->ids++;
		story->kernels[run] = true;
	}
	return true;
}

static void write_story(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns,
			const struct story *story)
{
	const char *separator = " on ";
	char name[64];

	fprintf(p->out, "  %s", story->result->id);
	if (story->ids > 1)
		fprintf(p->out, " and %zu more", story->ids - 1);
	for (size_t i = 0; i < nruns && i < sizeof(story->kernels); i++) {
		if (!story->kernels[i])
			continue;
		short_name(&runs[i], name, sizeof(name));
		fprintf(p->out, "%s%s", separator, name);
		separator = ", ";
	}
	fprintf(p->out, "\n");
	dp_page_write_why(p, story->result);
}

static void write_stories(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns,
			  const struct dp_page_section *section)
{
	const char *title = section->title;
	const struct dp_result *r;
	struct story story;
	size_t run;

	for (size_t n = 0; (r = nth(runs, nruns, n, &run)); n++) {
		if (!section->holds(r) || !collect(runs, nruns, n, &story))
			continue;
		if (title)
			fprintf(p->out, "\n%s%s%s\n", dp_page_color(p, BOLD), title,
				dp_page_color(p, PLAIN));
		title = NULL;
		write_story(p, runs, nruns, &story);
	}
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
		short_name(run, name, sizeof(name));
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

void dp_page_write_across(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns)
{
	size_t nsections;
	const struct dp_page_section *sections = dp_page_sections(&nsections);

	write_table(p, runs, nruns);
	for (size_t i = 0; i < nsections; i++)
		write_stories(p, runs, nruns, &sections[i]);
	for (size_t i = 0; i < nruns; i++) {
		char name[64];

		short_name(&runs[i], name, sizeof(name));
		dp_page_write_differing(p, &runs[i], name);
	}
	write_sums(p, runs, nruns);
}
