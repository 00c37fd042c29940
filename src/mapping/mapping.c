// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

DP_REGISTRY(struct dp_mapping, dp_mappings)

const struct dp_mapping *dp_mapping_find(const char *name)
{
	return DP_REGISTRY_FIND(dp_mappings, name);
}

/* A guest has the configuration of its kernel, to tell why something is missing. */
#define CONFIG "/boot/config"

bool dp_kernel_built_with(const char *option)
{
	dp_autofree char *text = NULL;
	char line[64];

	return dp_path(line, sizeof(line), NULL, "\n%s=y\n", option) ||
	       dp_read_file(CONFIG, 1 << 20, &text, NULL, NULL) || strstr(text, line);
}

bool dp_needs_modules(const struct dp_mapping *mapping, const char *group)
{
	return mapping->modules && !strcmp(mapping->modules, group);
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

bool dp_is_device(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_DEVICE;
}

bool dp_is_devdax_or_control(const struct dp_mapping *mapping)
{
	return dp_is_devdax(mapping) || mapping->control;
}
