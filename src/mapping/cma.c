// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Anonymous memory whose pages the allocator took from an area for contiguous allocations (CMA). It
 * lends them to what can be moved, and whoever pins for long must have them moved out first
 * (folio_is_longterm_pinnable(): MIGRATE_CMA).
 *
 * Where the areas lie is told in the kernel's log only (cma_declare_contiguous_nid(), mm/cma.c). A
 * page is taken from them while more than half of what is free in its zone is theirs (__rmqueue(),
 * mm/page_alloc.c), but each processor keeps some of other pages at hand, which must be used up
 * before.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/pin.h"

#define PAGE 4096

#define READ_ALL 3  /* SYSLOG_ACTION_READ_ALL */
#define SIZE     10 /* SYSLOG_ACTION_SIZE_BUFFER */

/* What is used up at most, and in one step, bytes. */
#define AHEAD (64 << 20)
#define STEP  (8 << 20)

/* "… cma: Reserved 128 MiB at 0x0000000100000000 …" */
static void add_area(const char *line, struct dp_ranges *areas)
{
	uint64_t mib, start;

	if (areas->count < DP_MAX_RANGES &&
	    sscanf(line, "cma: Reserved %" SCNu64 " MiB at 0x%" SCNx64, &mib, &start) == 2)
		areas->list[areas->count++] = (struct dp_range){ start, mib << 20 };
}

/* Return: 0, or a negative errno: the log may not be read. */
static int find_areas(struct dp_ranges *areas)
{
	int size = klogctl(SIZE, NULL, 0), len;
	dp_autofree char *log = size > 0 ? malloc((size_t)size + 1) : NULL;

	*areas = (struct dp_ranges){ 0 };
	if (!log)
		return size < 0 ? -errno : -ENOMEM;
	len = klogctl(READ_ALL, log, size);
	if (len < 0)
		return -errno;
	log[len] = '\0';
	for (const char *at = strstr(log, "cma: Reserved "); at;
	     at = strstr(at + 1, "cma: Reserved "))
		add_area(at, areas);
	return 0;
}

/* Pages that lie elsewhere; or a negative errno. */
static int64_t count_elsewhere(const struct dp_area *area)
{
	size_t pages = area->len / PAGE;
	dp_autofree uint64_t *frames = calloc(pages, sizeof(*frames));
	int rc = frames ? dp_frames_read(area->addr, pages, frames) : -ENOMEM;
	int64_t count = 0;

	for (size_t i = 0; !rc && i < pages; i++)
		count += !dp_ranges_hold(&area->memory, frames[i] * PAGE);
	return rc ? rc : count;
}

/* What is kept at hand of other memory is used up until a page that is asked for is of the area. */
static int fill(const struct dp_area *area, struct dp_error *err)
{
	char *ahead = mmap(NULL, AHEAD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int64_t elsewhere = -ENOMEM;

	if (ahead == MAP_FAILED)
		return dp_fail(err, -errno, "cannot map %u bytes", AHEAD);
	madvise(ahead, AHEAD, MADV_NOHUGEPAGE);
	for (size_t used = 0; used < AHEAD; used += STEP) {
		memset(area->addr, 0xca, area->len);
		elsewhere = count_elsewhere(area);
		if (elsewhere <= 0)
			break;
		madvise(area->addr, area->len, MADV_DONTNEED);
		memset(ahead + used, 0xca, STEP);
	}
	munmap(ahead, AHEAD);
	if (elsewhere < 0)
		return dp_fail(err, (int)elsewhere, "where the pages lie is not told");
	return elsewhere ? dp_skip(err, "the kernel gives no pages of its CMA areas, which are %zu",
				   area->memory.count)
			 : 0;
}

static int renew_cma(const struct dp_mapping *mapping, const struct dp_area *area)
{
	(void)mapping;
	return madvise(area->addr, area->len, MADV_DONTNEED) ? -errno : fill(area, NULL);
}

static int open_cma(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, struct dp_error *err)
{
	int rc;

	if (!dp_kernel_built_with("CONFIG_CMA"))
		return dp_skip(err, "this kernel was built without CONFIG_CMA");
	rc = find_areas(&area->memory);
	if (rc)
		return dp_fail(err, rc, "the kernel's log cannot be read");
	if (!area->memory.count)
		return dp_skip(err, "the kernel's log tells of no CMA area (cma=)");
	snprintf(area->resource, sizeof(area->resource), "CMA");
	rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);
	if (rc)
		return rc;
	madvise(area->addr, area->len, MADV_NOHUGEPAGE);
	return fill(area, err);
}

DP_MAPPING(cma, .name = "cma",
	   .what = "anonymous memory that lies in an area for contiguous allocations (CMA)",
	   .rank = 18, .family = DP_FAMILY_ANON, .frames = DP_FRAMES_DEVICE, .leaf = PAGE,
	   .granule = 2 << 20, .wide = true, .lent = true, .check_only = true,
	   .populate = DP_POPULATE_MMAP, .renew = renew_cma, .open = open_cma);
