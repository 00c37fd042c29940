// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel does by itself: huge pages, merged pages, compaction. Here it is made to, and
 * memory beside the region that is not pinned shows that it has.
 */
#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/state.h"
#include "daxpin/steps.h"

#define KHUGEPAGED "/sys/kernel/mm/transparent_hugepage/khugepaged"
#define KSM        "/sys/kernel/mm/ksm"
/* For two scans of all memory that was advised, and what comes of them, ms. */
#define SCANS_MS 15000
#define POLL_US  20000

#define SMALL ((size_t)4096)
#define HUGE  ((size_t)2 << 20)

static uint64_t scans_of(const char *folder)
{
	char text[32];

	return dp_read_attr(text, sizeof(text), "%s/full_scans", folder) ? 0
									 : strtoull(text, NULL, 10);
}

/*
 * The scan that is under way may have passed the region. @count: to how many pages it has happened,
 * of @pages that nobody has pinned
 */
static int await_scans(const char *folder, const struct dp_beside *control,
		       int (*count)(const struct dp_beside *control, size_t *done,
				    struct dp_error *err),
		       size_t pages, size_t *done, struct dp_error *err)
{
	uint64_t from = scans_of(folder), end = dp_now_ms() + SCANS_MS;
	int rc;

	for (;;) {
		bool scanned = scans_of(folder) >= from + 2;

		rc = count(control, done, err);
		if (rc || (scanned && *done == pages))
			return rc;
		if (dp_now_ms() > end)
			return scanned ? 0
				       : dp_report(err, -ETIMEDOUT, "%s does not scan twice",
						   strrchr(folder, '/') + 1);
		usleep(POLL_US);
	}
}

/* ---- khugepaged --------------------------------------------------------------------------- */

static int needs_khugepaged(const struct dp_stage *stage, struct dp_error *err)
{
	(void)stage;
	if (!dp_exists(KHUGEPAGED))
		return dp_skip(err, "this kernel has no transparent huge pages");
	return 0;
}

static int count_huge(const struct dp_beside *control, size_t *done, struct dp_error *err)
{
	return dp_frames_flagged(control->at, control->len, KPF_THP, done, err);
}

static int let_collapse(struct dp_stage *stage, struct dp_error *err)
{
	dp_cleanup(dp_beside_close) struct dp_beside control = { 0 };
	size_t done = 0, region = 0;
	int rc = dp_beside_open(HUGE, HUGE, &control, err);

	if (rc)
		return rc;
	dp_write_attr("10", KHUGEPAGED "/scan_sleep_millisecs");
	dp_write_attr("10", KHUGEPAGED "/alloc_sleep_millisecs");
	dp_write_attr("65536", KHUGEPAGED "/pages_to_scan");
	madvise(control.at, control.len, MADV_HUGEPAGE);
	if (dp_stage_madvise(stage, MADV_HUGEPAGE, "madvise(MADV_HUGEPAGE)"))
		return 0;
	rc = await_scans(KHUGEPAGED, &control, count_huge, HUGE / SMALL, &done, err);
	if (!rc)
		rc = dp_frames_flagged(stage->view, stage->area.len, KPF_THP, &region, err);
	if (!rc)
		dp_emit(stage->fd, dp_stage_reached(stage, HUGE / SMALL, done, region));
	return rc;
}

static bool is_small_anon(const struct dp_mapping *mapping)
{
	return dp_state_is_anon(mapping) && mapping->leaf == SMALL;
}

DP_STATE(khugepaged, .name = "khugepaged", .what = "khugepaged has scanned the pages twice",
	 .rank = 450, .applies = is_small_anon, .changes = 1, .reached = "made huge pages",
	 .needs = needs_khugepaged, .after = let_collapse,
	 .promise = "khugepaged leaves pages alone that have more references than mappings "
		    "(is_refcount_suitable())");

/* ---- KSM ---------------------------------------------------------------------------------- */

#define PAIRS ((size_t)8)

static int needs_ksm(const struct dp_stage *stage, struct dp_error *err)
{
	(void)stage;
	return dp_exists(KSM) ? 0 : dp_skip(err, "this kernel was built without CONFIG_KSM");
}

/* Pages of one range that have the frame of the same page of the other. */
static int count_shared(const void *one, const void *other, size_t len, size_t *shared,
			struct dp_error *err)
{
	dp_autofree uint64_t *mine = NULL, *its = NULL;
	int rc = dp_frames_note(one, len, &mine, err);

	*shared = 0;
	if (!rc)
		rc = dp_frames_note(other, len, &its, err);
	for (size_t i = 0; !rc && i < len / SMALL; i++)
		*shared += mine[i] && mine[i] == its[i];
	return rc;
}

static int count_merged(const struct dp_beside *control, size_t *done, struct dp_error *err)
{
	return count_shared(control->at, control->at + control->len / 2, control->len / 2, done,
			    err);
}

/* A twin of each page, so that there is something to merge it with. */
static int make_twins(struct dp_stage *stage, struct dp_error *err)
{
	size_t len = stage->area.len;
	char *twin = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (twin == MAP_FAILED)
		return dp_fail(err, -errno, "no memory for copies");
	stage->extra = twin;
	stage->extra_len = len;
	memcpy(twin, stage->view, len);
	madvise(twin, len, MADV_MERGEABLE);
	return 0;
}

static void run_ksm(void)
{
	/* smart_scan (from 6.7 on) would have pages rest that could not be merged before. */
	dp_write_attr("0", KSM "/smart_scan");
	dp_write_attr("10", KSM "/sleep_millisecs");
	dp_write_attr("16384", KSM "/pages_to_scan");
	dp_write_attr("1", KSM "/run");
}

/* The flag of /proc/kpageflags alone shows nothing: 6.12 has it for each anonymous page. */
static void tell_merged(const struct dp_stage *stage, size_t done, size_t region, size_t told)
{
	struct json_object *obj = dp_stage_reached(stage, PAIRS, done, region);

	dp_step_set_int(obj, DP_FIELD_TOLD_BEFORE, (int64_t)told);
	dp_emit(stage->fd, obj);
}

static int let_merge(struct dp_stage *stage, struct dp_error *err)
{
	dp_cleanup(dp_beside_close) struct dp_beside control = { 0 };
	size_t done = 0, region = 0, told = 0;
	int rc = make_twins(stage, err);

	if (!rc)
		rc = dp_beside_open(2 * PAIRS * SMALL, SMALL, &control, err);
	if (rc)
		return rc;
	memcpy(control.at + control.len / 2, control.at, control.len / 2);
	rc = dp_frames_flagged(control.at, control.len, KPF_KSM, &told, err);
	if (rc)
		return rc;
	madvise(control.at, control.len, MADV_MERGEABLE);
	if (dp_stage_madvise(stage, MADV_MERGEABLE, "madvise(MADV_MERGEABLE)"))
		return 0;
	run_ksm();
	rc = await_scans(KSM, &control, count_merged, PAIRS, &done, err);
	if (!rc)
		rc = count_shared(stage->view, stage->extra, stage->area.len, &region, err);
	/* 2 would unmerge what was merged. */
	dp_write_attr("0", KSM "/run");
	if (!rc)
		tell_merged(stage, done, region, told);
	return rc;
}

DP_STATE(ksm, .name = "ksm", .what = "KSM has scanned the pages, which have twins, twice",
	 .rank = 460, .applies = dp_state_is_anon, .changes = 1, .reached = "merged",
	 .needs = needs_ksm, .after = let_merge,
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

/* Memory that is taken before the pages are, and after them, bytes. */
#define AHEAD  ((size_t)32 << 20)
#define BEHIND ((size_t)32 << 20)

static int by_frame(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

/* Gives back those pages that lie first: who asks next is given them. */
static int give_first(const struct dp_beside *ahead, size_t pages, struct dp_error *err)
{
	dp_autofree uint64_t *frames = NULL, *sorted = NULL;
	int rc = dp_frames_note(ahead->at, ahead->len, &frames, err);

	if (!rc)
		rc = dp_frames_note(ahead->at, ahead->len, &sorted, err);
	if (rc)
		return rc;
	qsort(sorted, ahead->len / SMALL, sizeof(*sorted), by_frame);
	for (size_t i = 0; i < ahead->len / SMALL; i++)
		if (frames[i] < sorted[pages])
			madvise(ahead->at + i * SMALL, SMALL, MADV_DONTNEED);
	return 0;
}

/*
 * What is given back must be free, and not be kept by a processor: its lists grow with what is
 * freed at once (nr_pcp_high(), mm/page_alloc.c), to more than BEHIND, and nobody drains them for
 * /proc/sys/vm/compact_memory. A fraction, whichever, ends that and keeps them short.
 */
#define LISTS          "/proc/sys/vm/percpu_pagelist_high_fraction"
#define SMALL_FRACTION "100000"

/*
 * By turns with other memory, so that their pages lie side by side. They are moved only to blocks
 * behind them that are neither full nor empty (suitable_migration_target()): what is free in small
 * pieces, wherever it lies, is used up before, and of what is taken then half of each huge page is
 * given back. It is so much at once because a folio for which there is no free page of its size
 * ends the whole (compaction_alloc(): -ENOMEM).
 */
static int make_pages(struct dp_stage *stage, struct dp_error *err)
{
	dp_cleanup(dp_beside_close) struct dp_beside ahead = { 0 };
	size_t len = stage->area.len, whole = len + BEHIND;
	char *other = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int rc;

	if (other == MAP_FAILED)
		return dp_fail(err, -errno, "no memory to compare the region with");
	stage->extra = other;
	stage->extra_len = whole;
	dp_write_attr(SMALL_FRACTION, LISTS);
	madvise(other, whole, MADV_NOHUGEPAGE);
	rc = dp_beside_open(AHEAD, SMALL, &ahead, err);
	if (!rc)
		rc = give_first(&ahead, 2 * len / SMALL, err);
	if (rc)
		return rc;
	for (size_t at = 0; at < len; at += SMALL)
		stage->view[at] = other[at] = 1;
	for (size_t at = len; at < whole; at += SMALL)
		other[at] = 1;
	for (size_t at = len; at < whole; at += HUGE)
		madvise(other + at, HUGE / 2, MADV_DONTNEED);
	dp_stage_fill(stage->view, len, DP_BYTES_INITIAL);
	return 0;
}

static uint64_t lowest(const uint64_t *frames, size_t pages)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < pages; i++)
		least = frames[i] && frames[i] < least ? frames[i] : least;
	return least;
}

/*
 * Pages to be moved are looked for from the beginning of a zone on (isolate_migratepages()). One
 * that was moved and lay behind the region's first shows that the region's first was looked at.
 */
static int count_behind(const struct dp_stage *stage, const uint64_t *before, uint64_t first,
			size_t *done, struct dp_error *err)
{
	dp_autofree uint64_t *now = NULL;
	int rc = dp_frames_note(stage->extra, stage->area.len, &now, err);

	*done = 0;
	for (size_t i = 0; !rc && i < stage->area.len / SMALL; i++)
		*done += now[i] != before[i] && before[i] > first;
	return rc;
}

/* What one round could not move is no obstacle to the next one where it was freed meanwhile. */
#define ROUNDS 3

static int compact(struct dp_stage *stage, struct dp_error *err)
{
	dp_autofree uint64_t *frames = NULL, *pinned = NULL;
	size_t done = 0, region = 0, len = stage->area.len;
	int rc = dp_frames_note(stage->extra, len, &frames, err), refused = 0;

	if (!rc)
		rc = dp_frames_note(stage->view, len, &pinned, err);
	if (rc)
		return rc;
	for (int i = 0; i < ROUNDS && !rc && !done && !refused; i++) {
		refused = dp_write_attr("1", "/proc/sys/vm/compact_memory");
		rc = count_behind(stage, frames, lowest(pinned, len / SMALL), &done, err);
	}
	dp_stage_changed(stage, "compact_memory", refused);
	if (!rc)
		rc = dp_frames_moved(stage->view, len, pinned, &region, err);
	if (!rc)
		dp_emit(stage->fd, dp_stage_reached(stage, len / SMALL, done, region));
	return rc;
}

/* Huge pages are passed by, pinned or not (skip_isolation_on_order()). */
static bool is_movable(const struct dp_mapping *mapping)
{
	return dp_state_is_any(mapping) && !mapping->ordered && mapping->leaf <= SMALL;
}

DP_STATE(compaction, .name = "compaction", .what = "all memory is compacted", .rank = 470,
	 .applies = is_movable, .changes = 1, .reached = "moved", .needs = needs_compaction,
	 .before = make_pages, .after = compact,
	 .promise = "isolate_migratepages_block() leaves anonymous pages alone that have more "
		    "references than mappings, and migration refuses the others");
