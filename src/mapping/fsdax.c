// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file of a DAX file system.
 *
 * Whether a fault maps 2 MiB or 4 KiB depends on the block allocation and on the address: a PMD
 * needs the same offset within 2 MiB in the address and in the file (dax_fault_check_fallback(),
 * fs/dax.c). So the 4K kinds shift their address by a page and the 2M kinds align it. Whether the
 * blocks are contiguous is up to the file system, and the proof shows it.
 *
 * The private kinds are faulted for reading: a write would replace the page by an anonymous copy,
 * which is not what the name says (and which the kernel lets an MR pin).
 */
#include <sys/sysmacros.h>

#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

#define PAGE 4096
#define PMD  (2 << 20)

int dp_area_find_disk(struct dp_area *area, const char *name, struct dp_error *err)
{
	uint64_t dev;
	int rc = dp_file_device(area->fd, &dev);

	if (rc)
		return dp_fail(err, rc, "cannot find the device of the file of %s", name);
	dp_link_name(area->resource, sizeof(area->resource), "/sys/dev/block/%u:%u", major(dev),
		     minor(dev));
	area->memory_error = dp_ranges_of_block("/sys", dev, &area->memory);
	return 0;
}

static int open_fsdax(const struct dp_mapping *mapping, const struct dp_env *env,
		      struct dp_area *area, struct dp_error *err)
{
	int rc = dp_area_map_scratch(mapping, env, area, err);

	return rc ? rc : dp_area_find_disk(area, mapping->name, err);
}

#define FSDAX(ident, ...)                                                                          \
	DP_MAPPING(ident, .family = DP_FAMILY_FSDAX, .frames = DP_FRAMES_DEVICE, .granule = PMD,   \
		   .open = open_fsdax, __VA_ARGS__)

FSDAX(fsdax_ext4_4k, .name = "fsdax-ext4-4K", .what = "a shared file on ext4 with DAX, by PTE",
      .rank = 130, .leaf = PAGE, .skew = PAGE, .fs = "ext4");
FSDAX(fsdax_ext4_2m, .name = "fsdax-ext4-2M", .what = "a shared file on ext4 with DAX, by PMD",
      .rank = 140, .leaf = PMD, .fs = "ext4");
FSDAX(fsdax_xfs_4k, .name = "fsdax-xfs-4K", .what = "a shared file on xfs with DAX, by PTE",
      .rank = 150, .leaf = PAGE, .skew = PAGE, .fs = "xfs");
FSDAX(fsdax_xfs_2m, .name = "fsdax-xfs-2M", .what = "a shared file on xfs with DAX, by PMD",
      .rank = 160, .leaf = PMD, .fs = "xfs");
FSDAX(fsdax_ext4_private, .name = "fsdax-ext4-private",
      .what = "a private file mapping on ext4 with DAX, only read so far", .rank = 170,
      .fs = "ext4", .private = true, .populate = DP_POPULATE_READ);
FSDAX(fsdax_xfs_private, .name = "fsdax-xfs-private",
      .what = "a private file mapping on xfs with DAX, only read so far", .rank = 180, .fs = "xfs",
      .private = true, .populate = DP_POPULATE_READ);
