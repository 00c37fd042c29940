// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A private mapping of a file without DAX that was only read so far: its pages are those of the
 * page cache. A pin first replaces each of them by an anonymous copy, so the frames change.
 *
 * The address is shifted by a page, so that PTEs map it. Where a PMD can map a large folio of ext4
 * (seen on 7.2), a pin for reading never returns: it asks for a copy, for which the kernel takes
 * the PMD away, and the next fault maps a PMD again.
 */
#include "daxpin/mapping.h"

DP_MAPPING(pagecache_private, .name = "pagecache-private",
	   .what = "a private file mapping on ext4 without DAX, only read so far", .rank = 85,
	   .family = DP_FAMILY_PAGECACHE, .fs = "ext4", .private = true, .frames = DP_FRAMES_RAM,
	   .granule = 2 << 20, .skew = 4096, .populate = DP_POPULATE_READ,
	   .open = dp_area_map_scratch);
