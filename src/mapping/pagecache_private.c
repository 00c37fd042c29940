// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A private mapping of a file of an ordinary, not DAX, file system, only read so far: its pages are
 * those of the page cache. A pin replaces each by an anonymous copy first, so the frames change.
 *
 * The address is shifted by a page, so that PTEs map it. Where a PMD can map a large folio of ext4
 * (seen on 7.2), a pin for reading never returns: it asks for a copy, for which the kernel takes
 * the PMD away, and the next fault maps a PMD again.
 */
#include <sys/mman.h>

#include "daxpin/error.h"
#include "daxpin/mapping.h"

static int open_private(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_area *area, struct dp_error *err)
{
	area->fd = dp_scratch_open(env, mapping->fs, false, dp_span(mapping, env), err);
	if (area->fd < 0)
		return err->code;
	return dp_area_map(mapping, env, area, MAP_PRIVATE, area->fd, err);
}

DP_MAPPING(pagecache_private, .name = "pagecache-private",
	   .what = "a private file mapping on ext4 without DAX, only read so far", .rank = 85,
	   .family = DP_FAMILY_PAGECACHE, .fs = "ext4", .private = true, .owner = "System RAM*",
	   .granule = 2 << 20, .skew = 4096, .populate = DP_POPULATE_READ, .open = open_private);
