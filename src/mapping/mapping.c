// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "daxpin/mapping.h"

extern const struct dp_mapping *__start_dp_mappings[], *__stop_dp_mappings[];

/* More kinds than there will be; the section's own size decides. */
#define KINDS 64

static int by_rank(const void *a, const void *b)
{
	const struct dp_mapping *const *x = a, *const *y = b;

	return (int)(*x)->rank - (int)(*y)->rank;
}

const struct dp_mapping *const *dp_mappings(size_t *count)
{
	static const struct dp_mapping *sorted[KINDS];
	size_t n = (size_t)(__stop_dp_mappings - __start_dp_mappings);

	if (n > KINDS)
		n = KINDS;
	if (!sorted[0]) {
		memcpy(sorted, __start_dp_mappings, n * sizeof(sorted[0]));
		qsort(sorted, n, sizeof(sorted[0]), by_rank);
	}
	*count = n;
	return sorted;
}

const struct dp_mapping *dp_mapping_find(const char *name)
{
	size_t count;
	const struct dp_mapping *const *all = dp_mappings(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

bool dp_is_devdax(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_DEVDAX;
}

bool dp_is_fsdax(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_FSDAX && !mapping->private;
}

bool dp_is_kmem(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_KMEM;
}

bool dp_is_p2pdma(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_P2PDMA;
}

bool dp_is_devdax_or_control(const struct dp_mapping *mapping)
{
	return dp_is_devdax(mapping) || mapping->control;
}
