// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Anonymous pages that KSM has merged into one, as their content is the same (mm/ksm.c). That page
 * is shared and never the process's own (PageAnonExclusive()), so a pin breaks it up first.
 *
 * In a guest ksmd is switched on until the pages are merged. On a host it is left as it is: where
 * it does not run, there is no such page.
 */
#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"
#include "daxpin/pin.h"

#define PAGE   4096
#define ENOUGH (16 * PAGE)
#define KSM    "/sys/kernel/mm/ksm"

/* Two scans are needed: one for the checksums, and one that finds them unchanged. */
#define LIMIT_MS 5000
#define POLL_US  1000

/*
 * The flag alone does not show it: 6.12 has it for each anonymous page (stable_page_flags() asks
 * for any bit of PAGE_MAPPING_KSM, of which one is PAGE_MAPPING_ANON). But all pages have the
 * same content, so that all are mapped to the same frame.
 */
static int64_t unlike_ksm(const struct dp_mapping *mapping, const struct dp_area *area,
			  const struct dp_pages *pages, struct dp_error *err)
{
	int64_t count = 0;

	(void)mapping;
	(void)area;
	if (!pages->flags)
		return dp_fail(err, pages->flags_error, "/proc/kpageflags");
	for (size_t i = 0; i < pages->count; i++)
		count += !(pages->flags[i] >> KPF_KSM & 1) ||
			 (pages->words[i] & DP_PM_FRAME) != (pages->words[i ? 0 : 1] & DP_PM_FRAME);
	return count;
}

/* Whether the pages are merged; or a negative errno. */
static int is_merged(const struct dp_mapping *mapping, const struct dp_area *area,
		     struct dp_error *err)
{
	uint64_t words[ENOUGH / PAGE], flags[ENOUGH / PAGE];
	struct dp_pages pages = { .count = area->len / PAGE, .words = words, .flags = flags };
	int rc = dp_pagemap_read(area->addr, pages.count, words);

	if (!rc)
		rc = dp_kpageflags_read(words, pages.count, flags);
	return rc ? dp_fail(err, rc, "whether KSM has merged the pages is not told")
		  : !unlike_ksm(mapping, area, &pages, err);
}

static int await_merge(const struct dp_mapping *mapping, const struct dp_area *area,
		       struct dp_error *err)
{
	uint64_t end = dp_now_ms() + LIMIT_MS;
	int rc;

	while (!(rc = is_merged(mapping, area, err))) {
		if (dp_now_ms() > end)
			return dp_skip(err, "ksmd has not merged the pages within %u s",
				       LIMIT_MS / 1000);
		usleep(POLL_US);
	}
	return rc < 0 ? rc : 0;
}

/* Only our pages are mergeable in a guest. smart_scan (from 6.7 on) would have them rest. */
static int switch_on(struct dp_error *err)
{
	int rc;

	dp_write_attr("0", KSM "/smart_scan");
	dp_write_attr("1", KSM "/sleep_millisecs");
	dp_write_attr("1000", KSM "/pages_to_scan");
	rc = dp_write_attr("1", KSM "/run");
	return rc ? dp_fail(err, rc, "cannot switch KSM on") : 0;
}

static int merge(const struct dp_mapping *mapping, const struct dp_env *env,
		 const struct dp_area *area, struct dp_error *err)
{
	int rc = env->guest ? switch_on(err) : 0;

	if (!rc)
		rc = await_merge(mapping, area, err);
	if (env->guest)
		dp_write_attr("0", KSM "/run");
	return rc;
}

static int open_ksm(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, struct dp_error *err)
{
	char run[16];
	int rc;

	if (dp_read_attr(run, sizeof(run), KSM "/run"))
		return dp_skip(err, "this kernel was built without CONFIG_KSM");
	if (!env->guest && strcmp(run, "1"))
		return dp_skip(err, "KSM is off on this machine (" KSM
				    "/run), and daxpin does not switch it on");
	if (env->size < 2 * PAGE)
		return dp_skip(err, "one page cannot be merged: choose a larger --size");
	rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);
	if (rc)
		return rc;
	madvise(area->addr, area->len, MADV_NOHUGEPAGE);
	memset(area->addr, 0x5a, area->len);
	if (madvise(area->addr, area->len, MADV_MERGEABLE))
		return dp_fail(err, -errno, "madvise(MADV_MERGEABLE)");
	return merge(mapping, env, area, err);
}

DP_MAPPING(ksm, .name = "ksm", .what = "anonymous pages that KSM has merged into one", .rank = 16,
	   .family = DP_FAMILY_ANON, .frames = DP_FRAMES_RAM, .leaf = PAGE, .granule = 2 << 20,
	   .enough = ENOUGH, .check_only = true, .populate = DP_POPULATE_MMAP,
	   .trait = "merged by KSM", .unlike = unlike_ksm, .open = open_ksm);
