// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/teardown.h"
#include "daxpin/text.h"
#include "daxpin/traffic.h"

static int check_globs(const char *const *only, size_t nonly, const struct dp_cases *cases,
		       struct dp_error *err)
{
	for (size_t i = 0; i < nonly; i++) {
		bool used = false;

		for (size_t e = 0; e < cases->count && !used; e++)
			used = dp_glob_selects(only[i], cases->list[e].id,
					       cases->list[e].mapping->name);
		if (used)
			continue;
		dp_bad_input(err, "\"%s\" matches no traffic", only[i]);
		return dp_hint(
			err,
			"ids are traffic/MAPPING/OPERATION and traffic/MAPPING/EVENT, or give a MAPPING alone; "
			"daxpin list --ids shows them all");
	}
	return 0;
}

static int add(struct dp_cases *cases, const struct dp_case *tcase)
{
	void *grown = reallocarray(cases->list, cases->count + 1, sizeof(*cases->list));

	if (!grown)
		return -ENOMEM;
	cases->list = grown;
	cases->list[cases->count++] = *tcase;
	return 0;
}

static int add_mapping(const struct dp_mapping *mapping, const char *const *only, size_t nonly,
		       struct dp_cases *cases)
{
	size_t noperations, nevents;
	const struct dp_operation *const *operations = dp_operations(&noperations);
	const struct dp_event *const *events = dp_events(&nevents);
	int rc = 0;

	for (size_t i = 0; i < noperations + nevents && !rc; i++) {
		struct dp_case e = { .mapping = mapping };

		if (i < noperations)
			e.operation = operations[i];
		else
			e.event = events[i - noperations];
		if ((e.event && !e.event->applies(mapping)) ||
		    (e.operation && e.operation->applies && !e.operation->applies(mapping)))
			continue;
		snprintf(e.id, sizeof(e.id), "traffic/%s/%s", mapping->name,
			 e.event ? e.event->name : e.operation->name);
		if (dp_globs_select(only, nonly, e.id, e.mapping->name))
			rc = add(cases, &e);
	}
	return rc;
}

int dp_cases_make(const char *const *only, size_t nonly, struct dp_cases *cases,
		  struct dp_error *err)
{
	size_t nmappings;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	int rc = 0;

	*cases = (struct dp_cases){ 0 };
	for (size_t i = 0; i < nmappings && !rc; i++)
		rc = add_mapping(mappings[i], only, nonly, cases);
	if (!rc)
		rc = check_globs(only, nonly, cases, err);
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
