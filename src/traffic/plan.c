// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/teardown.h"
#include "daxpin/text.h"
#include "daxpin/traffic.h"

static int check_globs(const char *const *only, size_t nonly, const struct dp_errands *errands,
		       struct dp_error *err)
{
	for (size_t i = 0; i < nonly; i++) {
		bool used = false;

		for (size_t e = 0; e < errands->count && !used; e++)
			used = dp_glob_selects(only[i], errands->list[e].id,
					       errands->list[e].mapping->name);
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

static int add(struct dp_errands *errands, const struct dp_errand *errand)
{
	void *grown = reallocarray(errands->list, errands->count + 1, sizeof(*errands->list));

	if (!grown)
		return -ENOMEM;
	errands->list = grown;
	errands->list[errands->count++] = *errand;
	return 0;
}

static int add_mapping(const struct dp_mapping *mapping, const char *const *only, size_t nonly,
		       struct dp_errands *errands)
{
	size_t noperations, nevents;
	const struct dp_operation *const *operations = dp_operations(&noperations);
	const struct dp_event *const *events = dp_events(&nevents);
	int rc = 0;

	for (size_t i = 0; i < noperations + nevents && !rc; i++) {
		struct dp_errand e = { .mapping = mapping };

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
			rc = add(errands, &e);
	}
	return rc;
}

int dp_errands_make(const char *const *only, size_t nonly, struct dp_errands *errands,
		    struct dp_error *err)
{
	size_t nmappings;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	int rc = 0;

	*errands = (struct dp_errands){ 0 };
	for (size_t i = 0; i < nmappings && !rc; i++)
		rc = add_mapping(mappings[i], only, nonly, errands);
	if (!rc)
		rc = check_globs(only, nonly, errands, err);
	if (rc)
		dp_errands_clear(errands);
	return rc;
}

void dp_errands_for_host(struct dp_errands *errands)
{
	size_t kept = 0;

	for (size_t i = 0; i < errands->count; i++)
		if (!errands->list[i].event && !errands->list[i].operation->kept)
			errands->list[kept++] = errands->list[i];
	errands->count = kept;
}

void dp_errands_clear(struct dp_errands *errands)
{
	free(errands->list);
	memset(errands, 0, sizeof(*errands));
}
