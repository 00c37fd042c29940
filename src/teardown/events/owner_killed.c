// SPDX-License-Identifier: GPL-2.0-or-later
/* The owner is killed, first in the middle of long registrations, then with a region. */
#include "daxpin/teardown.h"

DP_EVENT(owner_killed, .name = "owner-killed", .what = "the owner of the region is killed",
	 .rank = 90, .applies = dp_is_devdax_or_control, .effect = DP_KEEPS,
	 .releases = DP_BIT(DP_NONE), .ends_owner = true, .kills = true);
