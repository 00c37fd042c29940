// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `ndctl disable-region` and `enable-region` do. All namespaces of the region go with it, so
 * file systems on them are unmounted before.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/teardown.h"

static int unmount_all(const struct dp_target *target, struct dp_error *err)
{
	dp_autofree struct dp_mount *mounts = NULL;
	size_t count = 0;

	(void)target;
	dp_mounts_read(&mounts, &count);
	for (size_t i = 0; i < count; i++)
		if (mounts[i].dax && umount(mounts[i].dir))
			return dp_fail(err, -EBUSY, "cannot unmount %s", mounts[i].dir);
	return 0;
}

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return dp_region_disable(target->region, err);
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	return dp_region_enable(target->region, err);
}

DP_EVENT(region_disable, .name = "region-disable", .what = "libndctl disables the region",
	 .rank = 50, .applies = dp_is_devdax, .effect = DP_GONE,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) |
		     DP_BIT(DP_LINK_DELETE) | DP_BIT(DP_NONE),
	 .guest_only = true, .prepare = unmount_all, .run = take_away, .undo = bring_back);
