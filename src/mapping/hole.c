// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A range in the middle of which a page is not mapped. A pin gets as far as the hole, is refused
 * there, and must give all of it back.
 */
#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <string.h>
#include <sys/mman.h>

#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/pin.h"

#define PAGE 4096

static uint64_t hole_at(const struct dp_area *area)
{
	return area->len / 2 / PAGE * PAGE;
}

static int open_hole(const struct dp_mapping *mapping, const struct dp_env *env,
		     struct dp_area *area, struct dp_error *err)
{
	int rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);
	char *addr = area->addr;

	if (rc)
		return rc;
	if (area->len < 3 * PAGE)
		return dp_skip(err, "a range with a hole has three pages at least: choose a larger "
				    "--size");
	madvise(addr, area->len, MADV_NOHUGEPAGE);
	rc = dp_area_populate(addr, area->len, DP_POPULATE_WRITE);
	if (rc)
		return dp_fail(err, rc, "cannot fault in the %s mapping", mapping->name);
	return munmap(addr + hole_at(area), PAGE) ? dp_fail(err, -errno, "munmap") : 0;
}

/* mincore(2) knows what is mapped from what is not: the latter is ENOMEM. */
static bool is_mapped(const struct dp_area *area, uint64_t at)
{
	unsigned char there;

	return !mincore((char *)area->addr + at, PAGE, &there) || errno != ENOMEM;
}

static int64_t unlike_hole(const struct dp_mapping *mapping, const struct dp_area *area,
			   const struct dp_pages *pages, struct dp_error *err)
{
	uint64_t hole = hole_at(area) / PAGE;
	int64_t count = is_mapped(area, hole_at(area));

	(void)mapping;
	if (!pages->flags)
		return dp_fail(err, pages->flags_error, "/proc/kpageflags");
	for (size_t i = 0; i < pages->count; i++)
		count += i != hole && !(pages->flags[i] >> KPF_ANON & 1);
	return count;
}

DP_MAPPING(hole, .name = "hole", .what = "anonymous memory with a page that is not mapped",
	   .rank = 235, .family = DP_FAMILY_ANON, .frames = DP_FRAMES_MIXED, .granule = 2 << 20,
	   .enough = 64 * PAGE, .check_only = true, .populate = DP_POPULATE_MMAP,
	   .trait = "anonymous memory around a page that is not mapped", .unlike = unlike_hole,
	   .open = open_hole);
