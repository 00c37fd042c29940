// SPDX-License-Identifier: GPL-2.0-or-later
/* capable(CAP_IPC_LOCK) in ib_umem_get(); what was registered with it stays charged. */
#include "daxpin/limit.h"

DP_LIMIT(memlock_capable, .name = "memlock-capable", .rank = 70,
	 .what = "CAP_IPC_LOCK lifts the limit",
	 .attempts = { { .pages = DP_LIMIT_PAGES + 1 },
		       { .pages = DP_LIMIT_PAGES + 1, .capable = true },
		       { .pages = 1 } });
