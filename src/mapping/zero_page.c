// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Anonymous memory that was only read so far: each entry maps the kernel's one zero page
 * (do_anonymous_page(), mm/memory.c). Whoever pinned it would write into, or watch, a page of
 * everybody's; so a pin gets a page of the process's own.
 */
#include <linux/kernel-page-flags.h>
#include <sys/mman.h>

#include "daxpin/mapping.h"

static int open_zero_page(const struct dp_mapping *mapping, const struct dp_env *env,
			  struct dp_area *area, struct dp_error *err)
{
	int rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);

	/* There is a huge zero page, too. */
	if (!rc)
		madvise(area->addr, area->len, MADV_NOHUGEPAGE);
	return rc;
}

static int64_t unlike_zero(const struct dp_mapping *mapping, const struct dp_area *area,
			   const struct dp_pages *pages, struct dp_error *err)
{
	(void)mapping;
	(void)area;
	return dp_pages_without(pages, KPF_ZERO_PAGE, err);
}

DP_MAPPING(zero_page, .name = "zero-page", .what = "anonymous memory, only read so far", .rank = 15,
	   .family = DP_FAMILY_ANON, .frames = DP_FRAMES_RAM, .leaf = 4096, .granule = 2 << 20,
	   .enough = 64 * 4096, .refaults = true, .check_only = true, .eternal = true,
	   .populate = DP_POPULATE_READ, .trait = "the zero page", .unlike = unlike_zero,
	   .open = open_zero_page);
