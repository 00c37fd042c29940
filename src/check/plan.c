// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/globs.h"
#include "daxpin/question.h"
#include "daxpin/text.h"

int dp_plan_make(const char *const *only, size_t nonly, struct dp_plan *plan, struct dp_error *err)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	size_t nmappings, naccesses;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	const struct dp_access *accesses = dp_accesses(&naccesses);
	int rc = dp_globs_init(&globs, only, nonly);

	plan->count = 0;
	plan->list = calloc(nmappings * naccesses, sizeof(*plan->list));
	if (!plan->list)
		rc = -ENOMEM;
	for (size_t i = 0; i < nmappings * naccesses && !rc; i++) {
		struct dp_check *check = &plan->list[plan->count];

		check->mapping = mappings[i / naccesses];
		check->access = &accesses[i % naccesses];
		check->by = NULL;
		snprintf(check->id, sizeof(check->id), "check/%s/%s", check->mapping->name,
			 check->access->name);
		if (dp_globs_select(&globs, check->id))
			plan->count++;
	}
	if (!rc)
		rc = dp_question_globs_used(DP_QUESTION_CHECK, &globs, err);
	if (rc)
		dp_plan_clear(plan);
	return rc;
}

int dp_plan_copy(const struct dp_plan *plan, struct dp_plan *copy)
{
	*copy = (struct dp_plan){ .list = calloc(plan->count + 1, sizeof(*plan->list)) };
	if (!copy->list)
		return -ENOMEM;
	copy->count = plan->count;
	if (plan->count)
		memcpy(copy->list, plan->list, plan->count * sizeof(*plan->list));
	return 0;
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

void dp_plan_take_wide(struct dp_plan *plan, bool wide)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->list[i].mapping->wide == wide)
			plan->list[kept++] = plan->list[i];
	plan->count = kept;
}

size_t dp_plan_carried(const struct dp_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += plan->list[i].mapping->carried;
	return count;
}

void dp_plan_leave_carried(struct dp_plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (!plan->list[i].mapping->carried)
			plan->list[kept++] = plan->list[i];
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
