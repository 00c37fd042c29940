// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MADV_DONTNEED: private memory is given up, and the next access finds other pages. Shared memory
 * is only unmapped: its pages stay those of the file.
 */
#include <sys/mman.h>

#include "daxpin/state.h"

static enum dp_state_keeps keeps(const struct dp_mapping *mapping, bool on_demand)
{
	return dp_state_is_cow(mapping) && !on_demand ? DP_STATE_GIVEN_UP : DP_STATE_KEPT;
}

static int drop(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	dp_stage_madvise(stage, MADV_DONTNEED, "madvise(MADV_DONTNEED)");
	return 0;
}

DP_STATE(madv_dontneed, .name = "madv-dontneed", .what = "MADV_DONTNEED", .rank = 300,
	 .applies = dp_state_is_any, .changes = 1, .keeps = keeps, .after = drop,
	 .promise = "zap_page_range() takes the pages out of the page tables, and a pin is a "
		    "reference that keeps them from being freed; an on-demand region follows the "
		    "page tables (mmu_notifier)");
