// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/traffic.h"

static bool selects(const char *glob, const struct dp_errand *errand)
{
	return fnmatch(glob, strchr(glob, '/') ? errand->id : errand->mapping->name, 0) == 0;
}

static bool selected(const char *const *only, size_t nonly, const struct dp_errand *errand)
{
	for (size_t i = 0; i < nonly; i++)
		if (selects(only[i], errand))
			return true;
	return nonly == 0;
}

static int check_globs(const char *const *only, size_t nonly, const struct dp_errands *errands,
		       struct dp_error *err)
{
	for (size_t i = 0; i < nonly; i++) {
		bool used = false;

		for (size_t e = 0; e < errands->count && !used; e++)
			used = selects(only[i], &errands->list[e]);
		if (used)
			continue;
		dp_bad_input(err, "\"%s\" matches no traffic", only[i]);
		return dp_hint(err, "ids are traffic/MAPPING/OPERATION, or give a MAPPING alone; "
				    "daxpin list --ids shows them all");
	}
	return 0;
}

int dp_errands_make(const char *const *only, size_t nonly, struct dp_errands *errands,
		    struct dp_error *err)
{
	size_t nmappings, noperations;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	const struct dp_operation *const *operations = dp_operations(&noperations);
	int rc;

	errands->count = 0;
	errands->list = calloc(nmappings * noperations, sizeof(*errands->list));
	if (!errands->list)
		return -ENOMEM;
	for (size_t i = 0; i < nmappings * noperations; i++) {
		struct dp_errand *e = &errands->list[errands->count];

		e->mapping = mappings[i / noperations];
		e->operation = operations[i % noperations];
		snprintf(e->id, sizeof(e->id), "traffic/%s/%s", e->mapping->name,
			 e->operation->name);
		if (selected(only, nonly, e))
			errands->count++;
	}
	rc = check_globs(only, nonly, errands, err);
	if (rc)
		dp_errands_clear(errands);
	return rc;
}

void dp_errands_take_part(struct dp_errands *errands, size_t part, size_t parts)
{
	const struct dp_mapping *last = NULL;
	size_t kept = 0, nth = 0;

	for (size_t i = 0; i < errands->count; i++) {
		nth += last && errands->list[i].mapping != last;
		last = errands->list[i].mapping;
		if (nth % parts == part)
			errands->list[kept++] = errands->list[i];
	}
	errands->count = kept;
}

void dp_errands_clear(struct dp_errands *errands)
{
	free(errands->list);
	memset(errands, 0, sizeof(*errands));
}
