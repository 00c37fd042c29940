// SPDX-License-Identifier: GPL-2.0-or-later
/* What `ndctl disable-namespace` and `enable-namespace` do. */
#include "daxpin/dax.h"
#include "daxpin/teardown.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return dp_namespace_disable(target->ns, err);
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	return dp_namespace_enable(target->ns, err);
}

DP_EVENT(namespace_disable, .name = "namespace-disable", .what = "libndctl disables the namespace",
	 .rank = 40, .applies = dp_is_devdax, .effect = DP_GONE,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) |
		     DP_BIT(DP_LINK_DELETE) | DP_BIT(DP_NONE),
	 .run = take_away, .undo = bring_back);
