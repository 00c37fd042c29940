// SPDX-License-Identifier: GPL-2.0-or-later
/* ib_umem_get(): new_pinned > lock_limit is what is refused. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_below, .name = "memlock-below", .rank = 10, .what = "less than the limit",
	 .attempts = { { .pages = DP_LIMIT_PAGES - 1 } });
