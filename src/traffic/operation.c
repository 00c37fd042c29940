// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "daxpin/traffic.h"

DP_REGISTRY(struct dp_operation, dp_operations)

const struct dp_operation *dp_operation_find(const char *name)
{
	return DP_REGISTRY_FIND(dp_operations, name);
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
