// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `daxctl reconfigure-device --mode=system-ram` does: disable it, bind it to kmem, online its
 * memory in ZONE_MOVABLE. Out of ZONE_NORMAL it might not come back, whoever has pinned it: the
 * kernel's own pages cannot be moved.
 */
#include "daxpin/dax.h"
#include "daxpin/teardown.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return dp_dax_to_kmem(target->device, true, err);
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	return dp_dax_to_devdax(target->device, err);
}

DP_EVENT(devdax_to_kmem, .name = "devdax-to-kmem",
	 .what = "the device is given to the page allocator", .rank = 30, .applies = dp_is_devdax,
	 .effect = DP_GONE,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) |
		     DP_BIT(DP_LINK_DELETE) | DP_BIT(DP_NONE),
	 .run = take_away, .undo = bring_back);
