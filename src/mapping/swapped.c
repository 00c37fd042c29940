// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Anonymous memory that has been swapped out: its entries name a slot of the swap, and there is no
 * frame. A pin has it read back (do_swap_page(), mm/memory.c).
 *
 * In a guest a file on ext4 is the swap, while the mapping is there. On a host the swap is what is
 * on already: none is switched on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"
#include "daxpin/pin.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21 /* from Linux 5.4 on */
#endif

#define PAGE      4096
#define ENOUGH    (16 * PAGE)
#define SWAP_SIZE (1 << 20)

/* Pages that are on their way to a list of the reclaim are passed over, and asked for again. */
#define LIMIT_MS 5000
#define POLL_US  1000

static void switch_off(struct dp_area *area)
{
	swapoff(area->resource);
	unlink(area->resource);
}

static int switch_on(const struct dp_mapping *mapping, const struct dp_env *env,
		     struct dp_area *area, struct dp_error *err)
{
	const char *folder = dp_scratch_folder(env, mapping->fs, false, err);
	dp_autofd int fd = -1;
	int rc;

	if (!folder)
		return DP_SKIP;
	rc = dp_path(area->resource, sizeof(area->resource), err, "%s/daxpin-%d.swap", folder,
		     getpid());
	if (rc)
		return rc;
	fd = open(area->resource, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return dp_fail(err, -errno, "cannot make %s", area->resource);
	area->undo = switch_off;
	rc = dp_scratch_fill(fd, SWAP_SIZE, err);
	if (!rc)
		rc = dp_swap_format(fd, SWAP_SIZE, err);
	if (!rc && swapon(area->resource, 0))
		rc = dp_fail(err, -errno, "swapon of %s", area->resource);
	return rc;
}

/* The first line of /proc/swaps is a heading. */
static bool has_swap(void)
{
	dp_autofree char *text = NULL;
	const char *end;

	if (dp_read_file("/proc/swaps", 65536, &text, NULL, NULL))
		return false;
	end = strchr(text, '\n');
	return end && end[1];
}

static int64_t unlike_swapped(const struct dp_mapping *mapping, const struct dp_area *area,
			      const struct dp_pages *pages, struct dp_error *err)
{
	int64_t count = 0;

	(void)mapping;
	(void)area;
	(void)err;
	for (size_t i = 0; i < pages->count; i++)
		count += !(pages->words[i] & DP_PM_SWAPPED) || pages->words[i] & DP_PM_PRESENT;
	return count;
}

static int swap_out(const struct dp_mapping *mapping, const struct dp_area *area,
		    struct dp_error *err)
{
	uint64_t words[ENOUGH / PAGE], end = dp_now_ms() + LIMIT_MS;
	const struct dp_pages pages = { .count = area->len / PAGE, .words = words };

	for (;;) {
		int rc;

		if (madvise(area->addr, area->len, MADV_PAGEOUT))
			return dp_fail(err, -errno, "madvise(MADV_PAGEOUT)");
		rc = dp_pagemap_read(area->addr, pages.count, words);
		if (rc && rc != -EPERM)
			return dp_fail(err, rc, "/proc/self/pagemap");
		if (!unlike_swapped(mapping, area, &pages, err))
			return 0;
		if (dp_now_ms() > end)
			return dp_skip(err, "the kernel has not swapped the pages out within %u s",
				       LIMIT_MS / 1000);
		usleep(POLL_US);
	}
}

static int renew_swapped(const struct dp_mapping *mapping, const struct dp_area *area)
{
	return swap_out(mapping, area, NULL);
}

static int open_swapped(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_area *area, struct dp_error *err)
{
	int rc;

	if (!env->guest && !has_swap())
		return dp_skip(err, "no swap is on on this machine, and daxpin switches none on");
	rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);
	if (rc)
		return rc;
	madvise(area->addr, area->len, MADV_NOHUGEPAGE);
	memset(area->addr, 0xa5, area->len);
	rc = env->guest ? switch_on(mapping, env, area, err) : 0;
	return rc ? rc : swap_out(mapping, area, err);
}

DP_MAPPING(swapped, .name = "swapped", .what = "anonymous memory that is swapped out", .rank = 17,
	   .family = DP_FAMILY_ANON, .fs = "ext4", .frames = DP_FRAMES_ABSENT, .granule = 2 << 20,
	   .enough = ENOUGH, .check_only = true, .populate = DP_POPULATE_MMAP,
	   .trait = "swapped out", .unlike = unlike_swapped, .renew = renew_swapped,
	   .open = open_swapped);
