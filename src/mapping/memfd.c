// SPDX-License-Identifier: GPL-2.0-or-later
/* Shared memory of memfd_create(2). */
#include <errno.h>
#include <sys/mman.h>

#include "daxpin/error.h"
#include "daxpin/mapping.h"

static int open_memfd(const struct dp_mapping *mapping, const struct dp_env *env,
		      struct dp_area *area, struct dp_error *err)
{
	area->fd = memfd_create("daxpin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (area->fd < 0)
		return dp_fail(err, -errno, "memfd_create");
	return dp_area_map_new(mapping, env, area, err);
}

DP_MAPPING(memfd, .name = "memfd", .what = "shared memory of a memfd", .rank = 40,
	   .family = DP_FAMILY_SHMEM, .frames = DP_FRAMES_RAM, .leaf = 4096, .granule = 2 << 20,
	   .open = open_memfd);
