// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/campaign.h"
#include "daxpin/cleanup.h"

static int make_kind(enum dp_question_kind kind, const char *const *globs, size_t count,
		     struct dp_selection *s, struct dp_error *err)
{
	switch (kind) {
	case DP_QUESTION_CHECK:
		return dp_plan_make(globs, count, &s->checks, err);
	case DP_QUESTION_LIMIT:
		return dp_limits_make(globs, count, &s->limits, err);
	case DP_QUESTION_TEARDOWN:
		return dp_scenarios_make(globs, count, false, &s->teardowns, err);
	case DP_QUESTION_RACE:
		return dp_scenarios_make(globs, count, true, &s->races, err);
	case DP_QUESTION_ORDER:
		return dp_orders_make(globs, count, &s->orders, err);
	case DP_QUESTION_BENCH:
		return dp_benches_make(globs, count, &s->benches, err);
	default:
		return dp_cases_make(globs, count, &s->cases, err);
	}
}

static bool matches(enum dp_question_kind kind, const char *glob)
{
	dp_cleanup(dp_selection_clear) struct dp_selection s = { 0 };
	struct dp_error none = { 0 };

	return !make_kind(kind, &glob, 1, &s, &none);
}

/* "check, teardown or traffic" */
static void name_kinds(unsigned int kinds, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned int k = 0; k < DP_QUESTIONS && used < size; k++) {
		bool last = !(kinds >> k >> 1);

		if (kinds & 1U << k)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
						 !used  ? ""
						 : last ? " or "
							: ", ",
						 dp_question((enum dp_question_kind)k)->name);
	}
}

/* Of several kinds, a glob need not match each, but must match one. */
static int check_globs(unsigned int kinds, const char *const *only, size_t nonly,
		       struct dp_error *err)
{
	for (size_t i = 0; i < nonly; i++) {
		bool used = false;
		char names[128];

		for (int k = 0; k < DP_QUESTIONS && !used; k++)
			used = kinds & 1U << k && matches((enum dp_question_kind)k, only[i]);
		if (used)
			continue;
		name_kinds(kinds, names, sizeof(names));
		return dp_bad_input(err, "\"%s\" matches no %s; daxpin list --ids shows them all",
				    only[i], names);
	}
	return 0;
}

/* One kind's questions. @globs: receives those that select them, and is remembered for checks. */
static int select_kind(enum dp_question_kind kind, const char *const *only, size_t nonly,
		       bool alone, const char **globs, struct dp_selection *s, struct dp_error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < nonly; i++)
		if (alone || matches(kind, only[i]))
			globs[count++] = only[i];
	if (nonly && !count)
		return 0;
	if (kind == DP_QUESTION_CHECK) {
		memcpy(s->globs, globs, count * sizeof(*globs));
		s->nglobs = count;
	}
	return make_kind(kind, globs, count, s, err);
}

int dp_selection_make(unsigned int kinds, const char *const *only, size_t nonly,
		      struct dp_selection *selection, struct dp_error *err)
{
	dp_autofree const char **globs = calloc(nonly + 1, sizeof(*globs));
	bool alone = !(kinds & (kinds - 1));
	int rc = alone ? 0 : check_globs(kinds, only, nonly, err);

	*selection = (struct dp_selection){ .globs = calloc(nonly + 1, sizeof(*globs)) };
	if (!globs || !selection->globs)
		rc = -ENOMEM;
	for (int k = 0; k < DP_QUESTIONS && !rc; k++)
		if (kinds & 1U << k)
			rc = select_kind((enum dp_question_kind)k, only, nonly, alone, globs,
					 selection, err);
	if (rc)
		dp_selection_clear(selection);
	return rc;
}

void dp_selection_clear(struct dp_selection *selection)
{
	dp_plan_clear(&selection->checks);
	dp_limits_clear(&selection->limits);
	dp_scenarios_clear(&selection->teardowns);
	dp_scenarios_clear(&selection->races);
	dp_orders_clear(&selection->orders);
	dp_cases_clear(&selection->cases);
	dp_benches_clear(&selection->benches);
	free(selection->globs);
	selection->globs = NULL;
	selection->nglobs = 0;
}
