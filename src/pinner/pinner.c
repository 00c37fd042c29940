// SPDX-License-Identifier: GPL-2.0-or-later
#include <infiniband/verbs.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/pinner.h"

DP_REGISTRY(struct dp_pinner, dp_pinners)

const struct dp_pinner *dp_pinner_find(const char *name)
{
	return DP_REGISTRY_FIND(dp_pinners, name);
}

const struct dp_access *dp_pinner_access(enum dp_pinner_access access)
{
	static const struct dp_access accesses[DP_PINNER_ACCESSES] = {
		[DP_PINNER_READ] = { "read", 0, "the device reads" },
		[DP_PINNER_WRITE] = { "write", IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE,
				      "the device reads and writes" },
	};

	return &accesses[access];
}

const struct dp_pinner *dp_pinner_of(const struct dp_check *check)
{
	size_t count;
	const struct dp_pinner *const *all = dp_pinners(&count);

	for (size_t i = 0; i < count; i++)
		if (check->by == &all[i]->means)
			return all[i];
	return NULL;
}

bool dp_pinner_plans(const struct dp_plan *plan, const struct dp_pinner *pinner)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->list[i].by == &pinner->means)
			return true;
	return false;
}

bool dp_pinner_writes(unsigned int flags)
{
	return flags & IBV_ACCESS_LOCAL_WRITE;
}

bool dp_pinner_parse(const char *id, const struct dp_mapping **mapping,
		     const struct dp_pinner **pinner, enum dp_pinner_access *access)
{
	char names[3][64], rest;

	if (sscanf(id, "%*[^/]/%63[^/]/%63[^/]/%63[^/]%c", names[0], names[1], names[2], &rest) !=
	    3)
		return false;
	*mapping = dp_mapping_find(names[0]);
	*pinner = dp_pinner_find(names[1]);
	for (*access = 0; *access < DP_PINNER_ACCESSES; ++*access)
		if (!strcmp(dp_pinner_access(*access)->name, names[2]))
			return *mapping && !(*mapping)->dmabuf && *pinner &&
			       (*pinner)->accesses & DP_PINNER_BIT(*access);
	return false;
}
