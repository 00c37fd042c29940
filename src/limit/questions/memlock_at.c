// SPDX-License-Identifier: GPL-2.0-or-later
/* ib_umem_get(): new_pinned may be lock_limit. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_at, .name = "memlock-at", .rank = 20, .what = "exactly the limit",
	 .attempts = { { .pages = DP_LIMIT_PAGES } });
