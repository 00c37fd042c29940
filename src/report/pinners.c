// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pinners in the report for people: a row for each mapping, a column for each pinner and what it
 * pins for. A row whose columns are alike is gup's answer; one that stands out is a pinner's.
 */
#include <stdio.h>
#include <string.h>

#include "page.h"

#include "daxpin/pinner.h"
#include "daxpin/question.h"

#define NAME_WIDTH 20
#define CELL_WIDTH 15

static const struct dp_result *find(const struct dp_page *p, const struct dp_mapping *mapping,
				    const struct dp_pinner *pinner, int access)
{
	char id[96];

	snprintf(id, sizeof(id), "%s/%s/%s/%s", dp_question(DP_QUESTION_PINNER)->name,
		 mapping->name, pinner->name, dp_pinner_access(access)->name);
	return dp_run_find(p->run, id);
}

/* One column, or one row. */
struct column {
	const struct dp_pinner *pinner;
	int access;
};

/* Whether anybody was asked about a mapping by a pinner; NULL for any mapping. */
static bool is_asked(const struct dp_page *p, const struct dp_mapping *mapping,
		     const struct column *column)
{
	size_t count;
	const struct dp_mapping *const *all = dp_mappings(&count);

	for (size_t i = 0; i < count; i++)
		if ((!mapping || all[i] == mapping) &&
		    find(p, all[i], column->pinner, column->access))
			return true;
	return false;
}

static size_t find_columns(const struct dp_page *p, struct column *columns, size_t most)
{
	size_t npinners, count = 0;
	const struct dp_pinner *const *pinners = dp_pinners(&npinners);

	for (size_t i = 0; i < npinners; i++)
		for (int access = 0; access < DP_PINNER_ACCESSES && count < most; access++) {
			const struct column column = { pinners[i], access };

			if (is_asked(p, NULL, &column))
				columns[count++] = column;
		}
	return count;
}

static void write_cell(const struct dp_page *p, const char *text, const char *code, bool last)
{
	fprintf(p->out, "%s%-*s%s%s", dp_page_color(p, code), last ? 0 : CELL_WIDTH, text,
		dp_page_color(p, PLAIN), last ? "\n" : " ");
}

static bool has_row(const struct dp_page *p, const struct dp_mapping *mapping,
		    const struct column *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_asked(p, mapping, &columns[i]))
			return true;
	return false;
}

static void write_row(const struct dp_page *p, const struct dp_mapping *mapping, int width,
		      const struct column *columns, size_t count)
{
	fprintf(p->out, "%-*s", width, mapping->name);
	for (size_t i = 0; i < count; i++) {
		const struct dp_result *r = find(p, mapping, columns[i].pinner, columns[i].access);
		char text[48] = "";

		if (r)
			dp_page_cell_text(r, text, sizeof(text));
		write_cell(p, text, r ? dp_page_status_color(r) : "", i + 1 == count);
	}
}

#define MOST_COLUMNS 32

void dp_page_write_pinners(const struct dp_page *p)
{
	struct column columns[MOST_COLUMNS];
	size_t nmappings, count = find_columns(p, columns, MOST_COLUMNS), width = NAME_WIDTH;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	char name[96];

	for (size_t i = 0; i < nmappings; i++)
		if (strlen(mappings[i]->name) >= width && has_row(p, mappings[i], columns, count))
			width = strlen(mappings[i]->name) + 1;
	fprintf(p->out, "%s%-*s", dp_page_color(p, BOLD), (int)width, "pinned by");
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s/%s", columns[i].pinner->name,
			 dp_pinner_access(columns[i].access)->name);
		write_cell(p, name, BOLD, i + 1 == count);
	}
	for (size_t i = 0; i < nmappings; i++)
		if (has_row(p, mappings[i], columns, count))
			write_row(p, mappings[i], (int)width, columns, count);
}
