// SPDX-License-Identifier: GPL-2.0-or-later
/* mm->pinned_vm is that of all threads. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_threads, .name = "memlock-threads", .rank = 60,
	 .what = "regions of several threads of one process",
	 .attempts = { { .pages = DP_LIMIT_PAGES / 2 },
		       { .pages = DP_LIMIT_PAGES / 2, .who = DP_LIMIT_THREAD },
		       { .pages = 1, .who = DP_LIMIT_THREAD },
		       { .pages = 1 } });
