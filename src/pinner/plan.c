// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/globs.h"
#include "daxpin/pinner.h"
#include "daxpin/question.h"

/* "pinner/MAPPING/siw/…": a pattern whose third part is more than "*". */
static bool names(const char *glob, const char *name)
{
	char part[64];

	return sscanf(glob, "%*[^/]/%*[^/]/%63[^/]", part) == 1 && strcmp(part, "*") != 0 &&
	       !fnmatch(part, name, 0);
}

static bool is_named(const struct dp_pinner_globs *globs, const struct dp_pinner *pinner)
{
	for (size_t i = 0; i < globs->nonly; i++)
		if (names(globs->only[i], pinner->name))
			return true;
	return globs->every;
}

static bool is_wanted(const struct dp_pinner_globs *globs, const struct dp_pinner *pinner)
{
	bool wanted = !globs->npinners && (!pinner->modules || is_named(globs, pinner));

	for (size_t i = 0; i < globs->npinners && !wanted; i++)
		wanted = !fnmatch(globs->pinners[i], pinner->name, 0);
	return wanted;
}

/* Each glob must be for some pinner. */
static int check_pinners(const struct dp_pinner_globs *globs, struct dp_error *err)
{
	size_t count;
	const struct dp_pinner *const *all = dp_pinners(&count);

	for (size_t i = 0; i < globs->npinners; i++) {
		bool used = false;

		for (size_t k = 0; k < count && !used; k++)
			used = !fnmatch(globs->pinners[i], all[k]->name, 0);
		if (!used) {
			dp_bad_input(err, "there is no pinner \"%s\"", globs->pinners[i]);
			return dp_hint(err, "ids are %s; daxpin list --ids shows them all",
				       dp_question(DP_QUESTION_PINNER)->ids);
		}
	}
	return 0;
}

static void add(const struct dp_mapping *mapping, const struct dp_pinner *pinner,
		struct dp_globs *globs, struct dp_plan *plan)
{
	for (int access = 0; access < DP_PINNER_ACCESSES; access++) {
		struct dp_check *check = &plan->list[plan->count];

		if (!(pinner->accesses & DP_PINNER_BIT(access)))
			continue;
		check->mapping = mapping;
		check->access = dp_pinner_access(access);
		check->by = &pinner->means;
		snprintf(check->id, sizeof(check->id), "%s/%s/%s/%s",
			 dp_question(DP_QUESTION_PINNER)->name, mapping->name, pinner->name,
			 check->access->name);
		plan->count += dp_globs_select(globs, check->id);
	}
}

int dp_pinner_plan(const struct dp_pinner_globs *wanted, struct dp_plan *plan, struct dp_error *err)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	size_t nmappings, npinners;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	const struct dp_pinner *const *pinners = dp_pinners(&npinners);
	int rc = dp_globs_init(&globs, wanted->only, wanted->nonly);

	plan->count = 0;
	plan->list = calloc(nmappings * npinners * DP_PINNER_ACCESSES, sizeof(*plan->list));
	if (!plan->list)
		rc = -ENOMEM;
	if (!rc)
		rc = check_pinners(wanted, err);
	for (size_t i = 0; i < nmappings * npinners && !rc; i++)
		if (!mappings[i / npinners]->dmabuf && is_wanted(wanted, pinners[i % npinners]))
			add(mappings[i / npinners], pinners[i % npinners], &globs, plan);
	if (!rc)
		rc = dp_question_globs_used(DP_QUESTION_PINNER, &globs, err);
	if (rc)
		dp_plan_clear(plan);
	return rc;
}
