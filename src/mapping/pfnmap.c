// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory without struct pages behind it, by VM_PFNMAP: a PCI BAR that no driver has claimed, mapped
 * through its resource file. It is never touched: reading a register can change a device. The whole
 * range is mapped by mmap() itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

#define DEVICES "/sys/bus/pci/devices"

/* A memory BAR (its resource file is as long as the BAR) of a device that has no driver. */
static bool suits(const char *path, uint64_t span)
{
	struct stat st;
	char device[64];

	return sscanf(path, DEVICES "/%63[^/]", device) == 1 &&
	       !dp_exists(DEVICES "/%s/driver", device) && stat(path, &st) == 0 &&
	       (uint64_t)st.st_size >= span;
}

static int open_pfnmap(const struct dp_mapping *mapping, const struct dp_env *env,
		       struct dp_area *area, struct dp_error *err)
{
	glob_t found = { 0 };
	char path[256] = "";

	glob(DEVICES "/*/resource[0-5]", 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && !path[0]; i++)
		if (suits(found.gl_pathv[i], dp_span(mapping, env)))
			dp_path(path, sizeof(path), NULL, "%s", found.gl_pathv[i]);
	globfree(&found);
	if (!path[0])
		return dp_skip(err, "no PCI device without a driver has a memory BAR that is large "
				    "enough");
	area->fd = open(path, O_RDWR | O_CLOEXEC);
	if (area->fd < 0)
		return dp_fail(err, -errno, "cannot open %s", path);
	sscanf(path, DEVICES "/%63[^/]", area->resource);
	return dp_area_map(mapping, env, area, MAP_SHARED, area->fd, err);
}

DP_MAPPING(pfnmap, .name = "pfnmap", .what = "a PCI BAR without struct pages (VM_PFNMAP)",
	   .rank = 220, .family = DP_FAMILY_PFNMAP, .owner = "VM_PFNMAP*", .granule = 2 << 20,
	   .populate = DP_POPULATE_NONE, .open = open_pfnmap);
