// SPDX-License-Identifier: GPL-2.0-or-later
/* mm_init() sets pinned_vm of the child to 0. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_fork, .name = "memlock-fork", .rank = 100,
	 .what = "a child does not inherit the charge",
	 .attempts = { { .pages = DP_LIMIT_PAGES },
		       { .pages = DP_LIMIT_PAGES, .who = DP_LIMIT_CHILD },
		       { .pages = 1, .who = DP_LIMIT_CHILD },
		       { .pages = 1 } });
