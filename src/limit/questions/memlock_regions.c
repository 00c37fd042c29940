// SPDX-License-Identifier: GPL-2.0-or-later
/* mm->pinned_vm is the sum of all regions. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_regions, .name = "memlock-regions", .rank = 50,
	 .what = "several regions of one process",
	 .attempts = { { .pages = DP_LIMIT_PAGES / 2 },
		       { .pages = DP_LIMIT_PAGES / 2 },
		       { .pages = 1 } });
