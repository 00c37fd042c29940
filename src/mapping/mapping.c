// SPDX-License-Identifier: GPL-2.0-or-later

#include "daxpin/mapping.h"

DP_REGISTRY(struct dp_mapping, dp_mappings)

const struct dp_mapping *dp_mapping_find(const char *name)
{
	return DP_REGISTRY_FIND(dp_mappings, name);
}

bool dp_is_devdax(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_DEVDAX;
}

bool dp_is_fsdax(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_FSDAX && !mapping->private && !mapping->check_only;
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
