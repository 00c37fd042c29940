// SPDX-License-Identifier: GPL-2.0-or-later
/* ib_umem_release() subtracts what was charged. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_dereg, .name = "memlock-dereg", .rank = 80,
	 .what = "deregistration gives the charge back",
	 .attempts = { { .pages = DP_LIMIT_PAGES },
		       { .pages = 1 },
		       { .what = DP_LIMIT_RELEASE },
		       { .pages = DP_LIMIT_PAGES } });
