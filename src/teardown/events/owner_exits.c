// SPDX-License-Identifier: GPL-2.0-or-later
/* The owner ends by itself and leaves everything to the kernel: ib_uverbs_close(). */
#include "daxpin/teardown.h"

DP_EVENT(owner_exits, .name = "owner-exits", .what = "the owner of the region exits", .rank = 80,
	 .applies = dp_is_devdax_or_control, .effect = DP_KEEPS, .releases = DP_BIT(DP_NONE),
	 .ends_owner = true);
