// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A range whose first half is anonymous memory and whose second half is a file of filesystem-dax.
 * What is refused of a part is refused of all, and what was pinned of the first half is given back.
 */
#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/pin.h"

#define PAGE 4096

static uint64_t half_of(const struct dp_area *area)
{
	return area->len / 2 / PAGE * PAGE;
}

/* Maps the file over the second half. */
static int map_file(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, struct dp_error *err)
{
	uint64_t half = half_of(area), rest = area->len - half;
	char *at = (char *)area->addr + half;
	struct stat st;
	int rc;

	area->fd = dp_scratch_open(env, mapping->fs, true, rest, err);
	if (area->fd < 0)
		return err->code;
	if (fstat(area->fd, &st) || mmap(at, rest, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
					 area->fd, 0) == MAP_FAILED)
		return dp_fail(err, -errno, "cannot map the file of %s", mapping->name);
	area->memory_error = dp_ranges_of_block("/sys", st.st_dev, &area->memory);
	rc = dp_area_populate(area->addr, area->len, DP_POPULATE_WRITE);
	return rc ? dp_fail(err, rc, "cannot fault in the %s mapping", mapping->name) : 0;
}

static int open_span(const struct dp_mapping *mapping, const struct dp_env *env,
		     struct dp_area *area, struct dp_error *err)
{
	int rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);

	if (rc)
		return rc;
	if (area->len < 2 * PAGE)
		return dp_skip(err, "a range of two kinds has two pages at least: choose a larger "
				    "--size");
	madvise(area->addr, area->len, MADV_NOHUGEPAGE);
	return map_file(mapping, env, area, err);
}

static int64_t unlike_span(const struct dp_mapping *mapping, const struct dp_area *area,
			   const struct dp_pages *pages, struct dp_error *err)
{
	size_t half = half_of(area) / PAGE;
	int64_t count = 0;

	(void)mapping;
	if (!pages->flags)
		return dp_fail(err, pages->flags_error, "/proc/kpageflags");
	if (area->memory_error)
		return dp_fail(err, area->memory_error, "where the memory of the file lies");
	for (size_t i = 0; i < half; i++)
		count += !(pages->flags[i] >> KPF_ANON & 1);
	for (size_t i = half; i < pages->count; i++)
		count += !(pages->words[i] & DP_PM_PRESENT) ||
			 !dp_ranges_hold(&area->memory, (pages->words[i] & DP_PM_FRAME) * PAGE);
	return count;
}

DP_MAPPING(span, .name = "span", .what = "anonymous memory, then a file on ext4 with DAX",
	   .rank = 230, .family = DP_FAMILY_ANON, .fs = "ext4", .frames = DP_FRAMES_MIXED,
	   .granule = 2 << 20, .enough = 64 * PAGE, .check_only = true,
	   .populate = DP_POPULATE_MMAP,
	   .trait = "anonymous memory in the first half and the file's in the second",
	   .unlike = unlike_span, .open = open_span);
