// SPDX-License-Identifier: GPL-2.0-or-later
/* The charge is the memory's (umem->owning_mm), which can live on; the file of the dead owner does
 * not. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_exit, .name = "memlock-exit", .rank = 90,
	 .what = "the death of the owner gives the charge back",
	 .attempts = { { .pages = DP_LIMIT_PAGES, .who = DP_LIMIT_SHARER },
		       { .pages = DP_LIMIT_PAGES },
		       { .pages = 1 } });
