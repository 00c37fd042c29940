// SPDX-License-Identifier: GPL-2.0-or-later
/* ib_umem_get() refuses with ENOMEM, and takes its charge back: what fits then succeeds. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_above, .name = "memlock-above", .rank = 30, .what = "one page more than the limit",
	 .attempts = { { .pages = DP_LIMIT_PAGES + 1 }, { .pages = DP_LIMIT_PAGES } });
