// SPDX-License-Identifier: GPL-2.0-or-later
/* States in the report for people: a row for each, a column for each mapping. */
#include <stdio.h>
#include <string.h>

#include "page.h"

#include "daxpin/question.h"
#include "daxpin/state.h"

#define NAME_WIDTH 22
/* A column is as wide as its mapping's name, and holds at least "error". */
#define MIN_WIDTH 6

static const struct dp_result *find(const struct dp_page *p, const struct dp_mapping *mapping,
				    const struct dp_state *state)
{
	char id[96];

	snprintf(id, sizeof(id), "%s/%s/%s", dp_question(DP_QUESTION_STATE)->name, mapping->name,
		 state->name);
	return dp_run_find(p->run, id);
}

static bool has_mapping(const struct dp_page *p, const struct dp_mapping *mapping)
{
	size_t count;
	const struct dp_state *const *states = dp_states(&count);

	for (size_t i = 0; i < count; i++)
		if (find(p, mapping, states[i]))
			return true;
	return false;
}

static bool has_state(const struct dp_page *p, const struct dp_state *state)
{
	size_t count;
	const struct dp_mapping *const *mappings = dp_mappings(&count);

	for (size_t i = 0; i < count; i++)
		if (find(p, mappings[i], state))
			return true;
	return false;
}

/* Colours go outside the padding. */
static void write_cell(const struct dp_page *p, const struct dp_mapping *mapping, const char *text,
		       const char *code)
{
	int width = (int)strlen(mapping->name);

	fprintf(p->out, " %s%-*s%s", dp_page_color(p, code), width < MIN_WIDTH ? MIN_WIDTH : width,
		text, dp_page_color(p, PLAIN));
}

static void write_row(const struct dp_page *p, const struct dp_state *state)
{
	size_t count;
	const struct dp_mapping *const *mappings = dp_mappings(&count);

	fprintf(p->out, "%-*s", NAME_WIDTH, state->name);
	for (size_t i = 0; i < count; i++) {
		const struct dp_result *r = find(p, mappings[i], state);
		char clauses[DP_CLAUSES_TEXT], text[64] = "";

		if (r)
			snprintf(text, sizeof(text), "%s%s",
				 r->status != DP_FAIL    ? ""
				 : dp_result_is_known(r) ? "~"
							 : "!",
				 r->violates ? dp_clauses_text(r->violates, clauses)
					     : dp_status_name(r->status));
		if (has_mapping(p, mappings[i]))
			write_cell(p, mappings[i], text, r ? dp_page_status_color(r) : "");
	}
	fprintf(p->out, "\n");
}

void dp_page_write_states(const struct dp_page *p)
{
	size_t nmappings, nstates;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	const struct dp_state *const *states = dp_states(&nstates);

	fprintf(p->out, "%s%-*s%s", dp_page_color(p, BOLD), NAME_WIDTH, "state",
		dp_page_color(p, PLAIN));
	for (size_t i = 0; i < nmappings; i++)
		if (has_mapping(p, mappings[i]))
			write_cell(p, mappings[i], mappings[i]->name, BOLD);
	fprintf(p->out, "\n");
	for (size_t i = 0; i < nstates; i++)
		if (has_state(p, states[i]))
			write_row(p, states[i]);
}
