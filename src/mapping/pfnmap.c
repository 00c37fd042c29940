// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory without struct pages (VM_PFNMAP): a BAR of a PCI device without a driver, mapped through
 * its resource file. mmap() maps all of it. It is never accessed, because reading a register can
 * change a device.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

/* Whether this BAR is large enough (its file has its size), and its device without a driver. */
static bool suits(const char *path, uint64_t span)
{
	struct stat st;
	char device[64];

	return sscanf(path, DP_PCI_DEVICES "/%63[^/]", device) == 1 &&
	       !dp_exists(DP_PCI_DEVICES "/%s/driver", device) && stat(path, &st) == 0 &&
	       (uint64_t)st.st_size >= span;
}

static int open_pfnmap(const struct dp_mapping *mapping, const struct dp_env *env,
		       struct dp_area *area, struct dp_error *err)
{
	glob_t found = { 0 };
	char path[256] = "";

	glob(DP_PCI_DEVICES "/*/resource[0-5]", 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && !path[0]; i++)
		if (suits(found.gl_pathv[i], dp_span(mapping, env)))
			dp_path(path, sizeof(path), NULL, "%s", found.gl_pathv[i]);
	globfree(&found);
	if (!path[0])
		return dp_skip(err, "no PCI device without a driver has a memory BAR that is large "
				    "enough");
	return dp_area_map_pci(mapping, env, area, path, err);
}

DP_MAPPING(pfnmap, .name = "pfnmap", .what = "a PCI BAR without struct pages (VM_PFNMAP)",
	   .rank = 220, .family = DP_FAMILY_PFNMAP, .frames = DP_FRAMES_NONE, .granule = 2 << 20,
	   .populate = DP_POPULATE_NONE, .open = open_pfnmap);
