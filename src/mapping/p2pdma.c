// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PCI peer-to-peer memory: the controller memory buffer of an NVMe device, which user space maps
 * through p2pmem/allocate in sysfs (drivers/pci/p2pdma.c, from 6.2 on). p2pmem_alloc_mmap() inserts
 * all pages. Faulting them in with madvise() would be refused, because that goes through gup.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

static int no_p2pmem(struct dp_error *err)
{
	if (!dp_kernel_built_with("CONFIG_PCI_P2PDMA"))
		return dp_skip(err, "this kernel was built without CONFIG_PCI_P2PDMA");
	return dp_skip(err, "no PCI device offers p2pmem/allocate: kernel before 6.2, without "
			    "CONFIG_PCI_P2PDMA, or no device with peer-to-peer memory");
}

static int open_p2pdma(const struct dp_mapping *mapping, const struct dp_env *env,
		       struct dp_area *area, struct dp_error *err)
{
	glob_t found = { 0 };
	char path[256] = "";

	if (glob(DP_PCI_DEVICES "/*/p2pmem/allocate", 0, NULL, &found) == 0)
		dp_path(path, sizeof(path), NULL, "%s", found.gl_pathv[0]);
	globfree(&found);
	if (!path[0])
		return no_p2pmem(err);
	return dp_area_map_pci(mapping, env, area, path, err);
}

DP_MAPPING(p2pdma, .name = "p2pdma", .what = "PCI peer-to-peer memory of an NVMe controller",
	   .rank = 210, .family = DP_FAMILY_P2PDMA, .frames = DP_FRAMES_DEVICE, .granule = 2 << 20,
	   .populate = DP_POPULATE_MMAP, .open = open_p2pdma);
