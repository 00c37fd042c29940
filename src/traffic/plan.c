// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/globs.h"
#include "daxpin/list.h"
#include "daxpin/question.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"

static int add_mapping(const struct dp_mapping *mapping, struct dp_globs *globs,
		       struct dp_cases *cases)
{
	size_t noperations, nevents;
	const struct dp_operation *const *operations = dp_operations(&noperations);
	const struct dp_event *const *events = dp_events(&nevents);

	if (mapping->check_only)
		return 0;
	for (size_t i = 0; i < noperations + nevents; i++) {
		struct dp_case tcase = { .mapping = mapping }, *added;

		if (i < noperations)
			tcase.operation = operations[i];
		else
			tcase.event = events[i - noperations];
		if ((tcase.event && !tcase.event->applies(mapping)) ||
		    (tcase.operation && tcase.operation->applies &&
		     !tcase.operation->applies(mapping)))
			continue;
		snprintf(tcase.id, sizeof(tcase.id), "traffic/%s/%s", mapping->name,
			 tcase.event ? tcase.event->name : tcase.operation->name);
		if (!dp_globs_select(globs, tcase.id))
			continue;
		added = dp_list_add(cases->list, cases->count);
		if (!added)
			return -ENOMEM;
		*added = tcase;
	}
	return 0;
}

int dp_cases_make(const char *const *only, size_t nonly, struct dp_cases *cases,
		  struct dp_error *err)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	size_t nmappings;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	int rc = dp_globs_init(&globs, only, nonly);

	*cases = (struct dp_cases){ 0 };
	for (size_t i = 0; i < nmappings && !rc; i++)
		rc = add_mapping(mappings[i], &globs, cases);
	if (!rc)
		rc = dp_question_globs_used(DP_QUESTION_TRAFFIC, &globs, err);
	if (rc)
		dp_cases_clear(cases);
	return rc;
}

void dp_cases_for_host(struct dp_cases *cases)
{
	size_t kept = 0;

	for (size_t i = 0; i < cases->count; i++)
		if (!cases->list[i].event && !cases->list[i].operation->kept)
			cases->list[kept++] = cases->list[i];
	cases->count = kept;
}

void dp_cases_clear(struct dp_cases *cases)
{
	free(cases->list);
	memset(cases, 0, sizeof(*cases));
}
