// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel does by itself: huge pages, merged pages, compaction. Here it is made to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/clock.h"
#include "daxpin/file.h"
#include "daxpin/state.h"

#define KHUGEPAGED "/sys/kernel/mm/transparent_hugepage/khugepaged"
#define KSM        "/sys/kernel/mm/ksm"
/* For two scans of all memory that was advised, ms. */
#define SCANS_MS 15000

static uint64_t scans_of(const char *folder)
{
	char text[32];

	return dp_read_attr(text, sizeof(text), "%s/full_scans", folder) ? 0
									 : strtoull(text, NULL, 10);
}

/* The scan that is under way may have passed the region. */
static int await_scans(const char *folder)
{
	uint64_t from = scans_of(folder), end = dp_now_ms() + SCANS_MS;

	while (scans_of(folder) < from + 2) {
		if (dp_now_ms() > end)
			return -ETIMEDOUT;
		usleep(20000);
	}
	return 0;
}

/* ---- khugepaged --------------------------------------------------------------------------- */

static int needs_khugepaged(const struct dp_stage *stage, struct dp_error *err)
{
	(void)stage;
	if (!dp_exists(KHUGEPAGED))
		return dp_skip(err, "this kernel has no transparent huge pages");
	return 0;
}

static int let_collapse(struct dp_stage *stage, struct dp_error *err)
{
	int rc;

	dp_write_attr("10", KHUGEPAGED "/scan_sleep_millisecs");
	dp_write_attr("10", KHUGEPAGED "/alloc_sleep_millisecs");
	dp_write_attr("65536", KHUGEPAGED "/pages_to_scan");
	if (dp_stage_madvise(stage, MADV_HUGEPAGE, "madvise(MADV_HUGEPAGE)"))
		return 0;
	rc = await_scans(KHUGEPAGED);
	return rc ? dp_fail(err, rc, "khugepaged does not scan twice") : 0;
}

static bool is_small_anon(const struct dp_mapping *mapping)
{
	return dp_state_is_anon(mapping) && mapping->leaf == 4096;
}

DP_STATE(khugepaged, .name = "khugepaged", .what = "khugepaged has scanned the pages twice",
	 .rank = 450, .applies = is_small_anon, .changes = true, .needs = needs_khugepaged,
	 .after = let_collapse,
	 .promise = "khugepaged leaves pages alone that have more references than mappings "
		    "(is_refcount_suitable())");

/* ---- KSM ---------------------------------------------------------------------------------- */

static int needs_ksm(const struct dp_stage *stage, struct dp_error *err)
{
	(void)stage;
	return dp_exists(KSM) ? 0 : dp_skip(err, "this kernel was built without CONFIG_KSM");
}

/* A twin of each page, so that there is something to merge it with. */
static int let_merge(struct dp_stage *stage, struct dp_error *err)
{
	size_t len = stage->area.len;
	char *twin = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int rc;

	if (twin == MAP_FAILED)
		return dp_fail(err, -errno, "no memory for copies");
	stage->extra = twin;
	stage->extra_len = len;
	memcpy(twin, stage->view, len);
	madvise(twin, len, MADV_MERGEABLE);
	if (dp_stage_madvise(stage, MADV_MERGEABLE, "madvise(MADV_MERGEABLE)"))
		return 0;
	dp_write_attr("10", KSM "/sleep_millisecs");
	dp_write_attr("16384", KSM "/pages_to_scan");
	dp_write_attr("1", KSM "/run");
	rc = await_scans(KSM);
	/* 2 would unmerge what was merged. */
	dp_write_attr("0", KSM "/run");
	return rc ? dp_fail(err, rc, "KSM does not scan twice") : 0;
}

DP_STATE(ksm, .name = "ksm", .what = "KSM has scanned the pages, which have twins, twice",
	 .rank = 460, .applies = dp_state_is_anon, .changes = true, .needs = needs_ksm,
	 .after = let_merge,
	 .promise = "write_protect_page() leaves pages alone that have more references than "
		    "mappings");

/* ---- compaction --------------------------------------------------------------------------- */

static int needs_compaction(const struct dp_stage *stage, struct dp_error *err)
{
	(void)stage;
	return dp_exists("/proc/sys/vm/compact_memory")
		       ? 0
		       : dp_skip(err, "this kernel was built without CONFIG_COMPACTION");
}

static int compact(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	dp_stage_changed(stage, "compact_memory",
			 dp_write_attr("1", "/proc/sys/vm/compact_memory"));
	return 0;
}

static bool is_movable(const struct dp_mapping *mapping)
{
	return dp_state_is_any(mapping) && !mapping->ordered;
}

DP_STATE(compaction, .name = "compaction", .what = "all memory is compacted", .rank = 470,
	 .applies = is_movable, .changes = true, .needs = needs_compaction, .after = compact,
	 .promise = "isolate_migratepages_block() leaves anonymous pages alone that have more "
		    "references than mappings, and migration refuses the others");
