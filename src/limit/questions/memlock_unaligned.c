// SPDX-License-Identifier: GPL-2.0-or-later
/* ib_umem_num_pages() counts the pages that a region touches. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_unaligned, .name = "memlock-unaligned", .rank = 40,
	 .what = "as long as the limit, but on one page more",
	 .attempts = { { .pages = DP_LIMIT_PAGES + 1, .unaligned = true },
		       { .pages = DP_LIMIT_PAGES, .unaligned = true } });
