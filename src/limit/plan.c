// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/globs.h"
#include "daxpin/limit.h"
#include "daxpin/list.h"
#include "daxpin/question.h"

DP_REGISTRY(struct dp_limit, dp_limit_all)

const struct dp_limit *dp_limit_find(const char *name)
{
	return DP_REGISTRY_FIND(dp_limit_all, name);
}

size_t dp_limit_length(const struct dp_limit *limit)
{
	size_t count = 0;

	while (count < DP_LIMIT_ATTEMPTS &&
	       (limit->attempts[count].pages || limit->attempts[count].what == DP_LIMIT_RELEASE))
		count++;
	return count;
}

const char *dp_limit_who_name(enum dp_limit_who who)
{
	static const char *const names[] = { "self", "thread", "child", "sharer" };

	return names[who];
}

const char *dp_limit_what_name(enum dp_limit_what what)
{
	static const char *const names[] = { "register", "release" };

	return names[what];
}

/* mm_init() has a child begin with pinned_vm 0; all others share one. */
bool dp_limit_expect(const struct dp_limit *limit, size_t i, uint64_t *charged)
{
	uint64_t sums[2] = { 0 };
	bool allowed = true;

	for (size_t k = 0; k <= i; k++) {
		const struct dp_limit_attempt *a = &limit->attempts[k];
		uint64_t *sum = &sums[a->who == DP_LIMIT_CHILD];

		*charged = *sum;
		allowed = a->capable || a->what == DP_LIMIT_RELEASE ||
			  *sum + a->pages <= DP_LIMIT_PAGES;
		if (a->what == DP_LIMIT_RELEASE)
			*sum = 0;
		else if (allowed && a->who != DP_LIMIT_SHARER)
			*sum += a->pages;
	}
	return allowed;
}

int dp_limits_make(const char *const *only, size_t nonly, struct dp_limits *limits,
		   struct dp_error *err)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	size_t count;
	const struct dp_limit *const *all = dp_limit_all(&count);
	int rc = dp_globs_init(&globs, only, nonly);

	*limits = (struct dp_limits){ 0 };
	for (size_t i = 0; i < count && !rc; i++) {
		struct dp_limit_item item = { .limit = all[i] }, *added;

		snprintf(item.id, sizeof(item.id), "limit/%s", all[i]->name);
		if (!dp_globs_select(&globs, item.id))
			continue;
		added = dp_list_add(limits->list, limits->count);
		if (!added)
			rc = -ENOMEM;
		else
			*added = item;
	}
	if (!rc)
		rc = dp_question_globs_used(DP_QUESTION_LIMIT, &globs, err);
	if (rc)
		dp_limits_clear(limits);
	return rc;
}

void dp_limits_clear(struct dp_limits *limits)
{
	free(limits->list);
	*limits = (struct dp_limits){ 0 };
}
