// SPDX-License-Identifier: GPL-2.0-or-later
/* What madvise() may ask of pages: to free them, swap them out, make a huge page of them. */
#include <errno.h>
#include <sys/mman.h>

#include "daxpin/state.h"

/* From Linux 5.4, 5.14 and 6.1 on; not in the headers of all suites. */
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define PAGEOUT "madvise(MADV_PAGEOUT)"

static enum dp_state_keeps perhaps(const struct dp_mapping *mapping, bool on_demand)
{
	(void)mapping;
	(void)on_demand;
	return DP_STATE_PERHAPS;
}

static enum dp_state_keeps given_up(const struct dp_mapping *mapping, bool on_demand)
{
	(void)mapping;
	return on_demand ? DP_STATE_KEPT : DP_STATE_GIVEN_UP;
}

static int pageout(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	dp_stage_madvise(stage, MADV_PAGEOUT, PAGEOUT);
	return 0;
}

/* Reclaim frees them, if it may. */
static int free_lazily(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	dp_stage_madvise(stage, MADV_FREE, "madvise(MADV_FREE)");
	dp_stage_madvise(stage, MADV_PAGEOUT, PAGEOUT);
	return 0;
}

static int remove_all(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	dp_stage_madvise(stage, MADV_REMOVE, "madvise(MADV_REMOVE)");
	return 0;
}

/* madvise_behavior_valid() comes before the length. */
static int needs_collapse(const struct dp_stage *stage, struct dp_error *err)
{
	(void)stage;
	return madvise(NULL, 0, MADV_COLLAPSE)
		       ? dp_skip(err, "this kernel has no MADV_COLLAPSE, which came with 6.1")
		       : 0;
}

static int collapse(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	/* VM_NOHUGEPAGE would have it refused whatever is pinned. */
	madvise(stage->view, stage->area.len, MADV_HUGEPAGE);
	dp_stage_madvise(stage, MADV_COLLAPSE, "madvise(MADV_COLLAPSE)");
	return 0;
}

static bool is_anon_or_shmem(const struct dp_mapping *mapping)
{
	return dp_state_is_anon(mapping) || dp_state_is_shmem(mapping);
}

static bool is_pageable(const struct dp_mapping *mapping)
{
	return is_anon_or_shmem(mapping) || (mapping->private && dp_state_is_cow(mapping));
}

DP_STATE(madv_free, .name = "madv-free", .what = "MADV_FREE, and MADV_PAGEOUT, which reclaims",
	 .rank = 310, .applies = dp_state_is_anon, .changes = 2, .keeps = perhaps,
	 .after = free_lazily,
	 .promise = "try_to_unmap_one() frees a page only if nobody but the page tables has a "
		    "reference to it");

DP_STATE(madv_remove, .name = "madv-remove", .what = "MADV_REMOVE, which punches a hole",
	 .rank = 320, .applies = dp_state_is_shmem, .file = true, .changes = 1, .keeps = given_up,
	 .after = remove_all,
	 .promise =
		 "shmem_fallocate() takes the pages out of the file, and a pin is a reference "
		 "that keeps them from being freed; an on-demand region follows the page tables");

DP_STATE(madv_collapse, .name = "madv-collapse", .what = "MADV_COLLAPSE asks for a huge page",
	 .rank = 330, .applies = is_anon_or_shmem, .changes = 1, .needs = needs_collapse,
	 .after = collapse,
	 .promise = "khugepaged's code refuses pages that have more references than mappings "
		    "(__collapse_huge_page_isolate(), collapse_file())");

DP_STATE(madv_pageout, .name = "madv-pageout", .what = "MADV_PAGEOUT", .rank = 340,
	 .applies = is_pageable, .changes = 1, .after = pageout,
	 .promise = "shrink_page_list() and shrink_folio_list() leave what may be pinned alone "
		    "(feb889fb40fa), and others are not freed while they have references");
