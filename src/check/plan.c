// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/text.h"

static int check_globs(const char *const *only, size_t nonly, const struct dp_plan *plan,
		       struct dp_error *err)
{
	for (size_t i = 0; i < nonly; i++) {
		bool used = false;

		for (size_t q = 0; q < plan->count && !used; q++)
			used = dp_glob_selects(only[i], plan->list[q].id,
					       plan->list[q].mapping->name);
		if (!used) {
			dp_bad_input(err, "\"%s\" matches no check", only[i]);
			return dp_hint(err,
				       "ids are check/MAPPING/ACCESS, or give a MAPPING alone; "
				       "daxpin list --ids shows them all");
		}
	}
	return 0;
}

int dp_plan_make(const char *const *only, size_t nonly, struct dp_plan *plan, struct dp_error *err)
{
	size_t nmappings, naccesses;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	const struct dp_access *accesses = dp_accesses(&naccesses);
	int rc;

	plan->count = 0;
	plan->list = calloc(nmappings * naccesses, sizeof(*plan->list));
	if (!plan->list)
		return -ENOMEM;
	for (size_t i = 0; i < nmappings * naccesses; i++) {
		struct dp_check *q = &plan->list[plan->count];

		q->mapping = mappings[i / naccesses];
		q->access = &accesses[i % naccesses];
		snprintf(q->id, sizeof(q->id), "check/%s/%s", q->mapping->name, q->access->name);
		if (dp_globs_select(only, nonly, q->id, q->mapping->name))
			plan->count++;
	}
	rc = check_globs(only, nonly, plan, err);
	if (rc)
		dp_plan_clear(plan);
	return rc;
}

void dp_plan_take_part(struct dp_plan *plan, size_t part, size_t parts)
{
	const struct dp_mapping *last = NULL;
	size_t kept = 0, nth = 0;

	for (size_t i = 0; i < plan->count; i++) {
		nth += last && plan->list[i].mapping != last;
		last = plan->list[i].mapping;
		if (nth % parts == part)
			plan->list[kept++] = plan->list[i];
	}
	plan->count = kept;
}

void dp_plan_clear(struct dp_plan *plan)
{
	free(plan->list);
	memset(plan, 0, sizeof(*plan));
}

int dp_size_check(uint64_t size, uint64_t memory, struct dp_error *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char have[32];

	if (!size)
		return dp_bad_input(err, "a region of size 0 cannot be registered");
	if (size % page)
		return dp_bad_input(err, "the size %llu is not a multiple of the page size, %llu",
				    (unsigned long long)size, (unsigned long long)page);
	if (size > memory)
		return dp_bad_input(err, "the size %llu is larger than the machine's memory, %s",
				    (unsigned long long)size,
				    dp_format_size(memory, have, sizeof(have)));
	return 0;
}
