// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory is unmapped, and other memory is mapped in its place, which must not be hit. */
#include <errno.h>
#include <sys/mman.h>

#include "daxpin/state.h"

/* On demand a region is one of addresses, whatever is mapped there. */
static enum dp_state_keeps keeps(const struct dp_mapping *mapping, bool on_demand)
{
	(void)mapping;
	return on_demand ? DP_STATE_KEPT : DP_STATE_GIVEN_UP;
}

static int replace(struct dp_stage *stage, struct dp_error *err)
{
	size_t span = dp_span(stage->mapping, stage->env);
	int rc = munmap(stage->view, span) ? -errno : 0;

	dp_stage_changed(stage, "munmap", rc);
	if (rc)
		return 0;
	if (mmap(stage->view, span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) == MAP_FAILED)
		return dp_fail(err, -errno, "cannot map anything in its place");
	dp_stage_fill(stage->view, stage->area.len, DP_BYTES_NEW);
	return 0;
}

DP_STATE(munmap_remap, .name = "munmap-remap",
	 .what = "munmap, and other memory is mapped in its place", .rank = 400,
	 .applies = dp_state_is_any, .changes = 1, .replaces = true, .keeps = keeps,
	 .after = replace,
	 .promise = "a pin is a reference to a page and not to an address; an on-demand region "
		    "follows the page tables (mmu_notifier)");
