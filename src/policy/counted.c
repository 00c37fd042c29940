// SPDX-License-Identifier: GPL-2.0-or-later
/* What the witness has counted, by the list "evidence" of a policy. */
#include <inttypes.h>
#include <stdio.h>

#include "verdict.h"

static const char *const what[DP_AMOUNTS] = {
	[DP_AMOUNT_CALLS] = "calls of gup-fast",
	[DP_AMOUNT_TAKEN] = "pages taken",
	[DP_AMOUNT_LOOKUPS] = "lookups of a pgmap",
	[DP_AMOUNT_REFERENCES] = "references on a pgmap",
};

/*
 * What was counted; false if it was not. A kernel whose gup-fast has another name than those that
 * are probed has pages, and no calls.
 */
static bool counted(const struct dp_evidence *e, enum dp_amount_of of, int64_t *value)
{
	const int64_t values[DP_AMOUNTS] = {
		[DP_AMOUNT_CALLS] = e->calls,
		[DP_AMOUNT_TAKEN] = e->fast + e->slow,
		[DP_AMOUNT_LOOKUPS] = e->lookups,
		[DP_AMOUNT_REFERENCES] = e->references,
	};

	*value = values[of];
	return of != DP_AMOUNT_CALLS || e->calls > 0;
}

static int64_t expected(const struct dp_amount *amount, uint64_t pages)
{
	int64_t per = amount->per;

	return per ? amount->count * (((int64_t)pages + per - 1) / per) : amount->count;
}

static void describe(const struct dp_amount *amount, char *text, size_t size)
{
	if (amount->per > 1)
		snprintf(text, size, "%" PRId64 " per %" PRId64 " pages", amount->count,
			 amount->per);
	else
		snprintf(text, size, "%" PRId64 "%s", amount->count,
			 amount->per ? " per page" : "");
}

static bool is_otherwise(const struct dp_rule *rule, const struct dp_cell *cell,
			 struct dp_result *result)
{
	for (int i = 0; i < DP_AMOUNTS; i++) {
		const struct dp_amount *amount = &rule->amounts[i];
		char wanted[64];
		int64_t value;

		if (!amount->asked || !counted(&cell->evidence, i, &value) ||
		    value == expected(amount, cell->pages))
			continue;
		describe(amount, wanted, sizeof(wanted));
		result->status = DP_FAIL;
		snprintf(result->why, sizeof(result->why),
			 "%" PRId64 " %s for %" PRIu64 " pages, expected %s: %.200s (%.300s)",
			 value, what[i], cell->pages, wanted, rule->why, rule->reference);
		return true;
	}
	return false;
}

bool dp_is_of_another_amount(const struct dp_policy *policy, const struct dp_subject *subject,
			     const char *mapping, const char *access, const struct dp_cell *cell,
			     struct dp_result *result)
{
	/* What a vendor has backported changes the answer, which is told; not what leads to it. */
	if (!cell->evidence.seen || dp_kernel_vendor(subject->kernel))
		return false;
	for (size_t i = 0; i < policy->nevidence; i++) {
		const struct dp_rule *rule = &policy->evidence[i];

		if (!rule->err == !cell->err && dp_policy_covers(rule, subject, mapping, access) &&
		    is_otherwise(rule, cell, result))
			return true;
	}
	return false;
}
