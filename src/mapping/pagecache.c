// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file of an ordinary, not DAX, file system: the pages are page cache with a file behind them. Of
 * what size they are is up to the file system (large folios).
 */
#include <sys/mman.h>

#include "daxpin/error.h"
#include "daxpin/mapping.h"

static int open_pagecache(const struct dp_mapping *mapping, const struct dp_env *env,
			  struct dp_area *area, struct dp_error *err)
{
	area->fd = dp_scratch_open(env, mapping->fs, false, dp_span(mapping, env), err);
	if (area->fd < 0)
		return err->code;
	return dp_area_map(mapping, env, area, MAP_SHARED, area->fd, err);
}

DP_MAPPING(pagecache_ext4, .name = "pagecache-ext4", .what = "a shared file on ext4 without DAX",
	   .rank = 70, .family = DP_FAMILY_PAGECACHE, .owner = "System RAM*", .granule = 2 << 20,
	   .open = open_pagecache, .fs = "ext4");
DP_MAPPING(pagecache_xfs, .name = "pagecache-xfs", .what = "a shared file on xfs without DAX",
	   .rank = 80, .family = DP_FAMILY_PAGECACHE, .owner = "System RAM*", .granule = 2 << 20,
	   .open = open_pagecache, .fs = "xfs");
