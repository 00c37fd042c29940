// SPDX-License-Identifier: GPL-2.0-or-later
/* The first page is to be taken out of use, as if it had had too many corrected errors. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/state.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

static int offline(struct dp_stage *stage, struct dp_error *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)err;
	dp_stage_changed(stage, "madvise(MADV_SOFT_OFFLINE)",
			 madvise(stage->view, page, MADV_SOFT_OFFLINE) ? -errno : 0);
	return 0;
}

static bool is_offlined(const struct dp_mapping *mapping)
{
	return dp_state_is_any(mapping) && !mapping->ordered;
}

DP_STATE(soft_offline, .name = "soft-offline", .what = "a page is to be soft-offlined", .rank = 490,
	 .applies = is_offlined, .changes = 1, .after = offline,
	 .promise = "soft_offline_in_use_page() migrates the page, and migration refuses one with "
		    "more references than it expects");
