// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file without DAX: its pages are in the page cache. Their size is up to the file system (large
 * folios).
 */
#include "daxpin/mapping.h"

DP_MAPPING(pagecache_ext4, .name = "pagecache-ext4", .what = "a shared file on ext4 without DAX",
	   .rank = 70, .family = DP_FAMILY_PAGECACHE, .fs = "ext4", .frames = DP_FRAMES_RAM,
	   .granule = 2 << 20, .open = dp_area_map_scratch);
DP_MAPPING(pagecache_xfs, .name = "pagecache-xfs", .what = "a shared file on xfs without DAX",
	   .rank = 80, .family = DP_FAMILY_PAGECACHE, .fs = "xfs", .frames = DP_FRAMES_RAM,
	   .granule = 2 << 20, .open = dp_area_map_scratch);
