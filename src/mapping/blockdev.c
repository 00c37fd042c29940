// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A whole block device, mapped through the page cache.
 *
 * Faulting it for writing makes its pages dirty, and they are written back, unchanged, at some
 * later time. That could undo what somebody else wrote to the device meanwhile, so this kind is for
 * guests only.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/mapping.h"

#define DISK "/dev/vda"

static int open_blockdev(const struct dp_mapping *mapping, const struct dp_env *env,
			 struct dp_area *area, struct dp_error *err)
{
	if (!env->guest)
		return dp_skip(err, "mapping a block device of this machine for writing could undo "
				    "the writes of its owner: asked in guests only");
	area->fd = open(DISK, O_RDWR | O_CLOEXEC);
	if (area->fd < 0 && errno == ENOENT)
		return dp_skip(err, "there is no block device that nothing else uses (" DISK ")");
	if (area->fd < 0)
		return dp_fail(err, -errno, "cannot open " DISK);
	return dp_area_map(mapping, env, area, MAP_SHARED, area->fd, err);
}

DP_MAPPING(blockdev, .name = "blockdev", .what = "a block device through the page cache",
	   .rank = 90, .family = DP_FAMILY_PAGECACHE, .frames = DP_FRAMES_RAM, .granule = 2 << 20,
	   .open = open_blockdev);
