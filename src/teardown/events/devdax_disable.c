// SPDX-License-Identifier: GPL-2.0-or-later
/* What `daxctl disable-device` and `enable-device` do. */
#include "daxpin/dax.h"
#include "daxpin/teardown.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return dp_dax_disable(target->device, err);
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	return dp_dax_to_devdax(target->device, err);
}

DP_EVENT(devdax_disable, .name = "devdax-disable", .what = "daxctl disables the device", .rank = 20,
	 .applies = dp_is_devdax, .effect = DP_GONE,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) |
		     DP_BIT(DP_LINK_DELETE) | DP_BIT(DP_NONE),
	 .lone = true, .run = take_away, .undo = bring_back, .races = true);
