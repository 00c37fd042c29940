// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A private mapping of a file without DAX. Of one that was only read so far the pages are those of
 * the page cache: a pin first replaces each of them by an anonymous copy, so the frames change. Of
 * one that was written to they are such copies already.
 *
 * The address is shifted by a page, so that PTEs map it. Where a PMD can map a large folio of ext4
 * (seen on 7.2), a pin for reading never returns: it asks for a copy, for which the kernel takes
 * the PMD away, and the next fault maps a PMD again.
 */
#include <linux/kernel-page-flags.h>

#include "daxpin/mapping.h"

static int64_t unlike_copy(const struct dp_mapping *mapping, const struct dp_area *area,
			   const struct dp_pages *pages, struct dp_error *err)
{
	(void)mapping;
	(void)area;
	return dp_pages_without(pages, KPF_ANON, err);
}

DP_MAPPING(pagecache_private, .name = "pagecache-private",
	   .what = "a private file mapping on ext4 without DAX, only read so far", .rank = 85,
	   .family = DP_FAMILY_PAGECACHE, .fs = "ext4", .private = true, .frames = DP_FRAMES_RAM,
	   .granule = 2 << 20, .skew = 4096, .populate = DP_POPULATE_READ,
	   .open = dp_area_map_scratch);
DP_MAPPING(pagecache_private_written, .name = "pagecache-private-written",
	   .what = "a private file mapping on ext4 without DAX, written to", .rank = 86,
	   .family = DP_FAMILY_PAGECACHE, .fs = "ext4", .private = true, .frames = DP_FRAMES_RAM,
	   .leaf = 4096, .granule = 2 << 20, .skew = 4096, .enough = 64 * 4096, .check_only = true,
	   .trait = "anonymous copies", .unlike = unlike_copy, .open = dp_area_map_scratch);
