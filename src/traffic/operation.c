// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "daxpin/traffic.h"

extern const struct dp_operation *__start_dp_operations[], *__stop_dp_operations[];

/* More operations than there will be; the section's own size decides. */
#define OPERATIONS 32

static int by_rank(const void *a, const void *b)
{
	const struct dp_operation *const *x = a, *const *y = b;

	return (int)(*x)->rank - (int)(*y)->rank;
}

const struct dp_operation *const *dp_operations(size_t *count)
{
	static const struct dp_operation *sorted[OPERATIONS];
	size_t n = (size_t)(__stop_dp_operations - __start_dp_operations);

	if (n > OPERATIONS)
		n = OPERATIONS;
	if (!sorted[0]) {
		memcpy(sorted, __start_dp_operations, n * sizeof(sorted[0]));
		qsort(sorted, n, sizeof(sorted[0]), by_rank);
	}
	*count = n;
	return sorted;
}

const struct dp_operation *dp_operation_find(const char *name)
{
	size_t count;
	const struct dp_operation *const *all = dp_operations(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

const char *dp_operation_lacks(const struct dp_operation *operation,
			       const struct ibv_device_attr_ex *attr)
{
#ifndef DP_HAVE_FLUSH
	if (operation->shape == DP_SHAPE_FLUSH)
		return "the libibverbs that this daxpin was built with cannot post a flush (no "
		       "ibv_wr_flush())";
#endif
	if (operation->capability & ~attr->device_cap_flags_ex)
		return "the adapter says it cannot (device_cap_flags_ex)";
	if (operation->shape == DP_SHAPE_ATOMIC && !operation->capability &&
	    attr->orig_attr.atomic_cap == IBV_ATOMIC_NONE)
		return "the adapter says it has no atomic operations (atomic_cap)";
	return NULL;
}
