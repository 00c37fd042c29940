// SPDX-License-Identifier: GPL-2.0-or-later
/* Where one of the two is held. */
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/order.h"

static const char *const points[DP_POINTS] = {
	[DP_POINT_FAST] = "fast",           [DP_POINT_FAST_GRAB] = "fast-grab",
	[DP_POINT_DROP] = "drop",           [DP_POINT_SLOW] = "slow",
	[DP_POINT_CHECK] = "check",         [DP_POINT_SLOW_GRAB] = "slow-grab",
	[DP_POINT_FAULT] = "fault",         [DP_POINT_MIGRATE] = "migrate",
	[DP_POINT_ON_DEMAND] = "on-demand", [DP_POINT_RETURNED] = "returned",
	[DP_POINT_UNMAP] = "unmap",         [DP_POINT_FLUSH] = "flush",
	[DP_POINT_TAKE] = "take",           [DP_POINT_TAKEN] = "taken",
	[DP_POINT_COMPLETED] = "completed",
};

const char *dp_point_name(enum dp_point point)
{
	return points[point];
}

enum dp_point dp_point_find(const char *name)
{
	for (int i = 0; name && i < DP_POINTS; i++)
		if (!strcmp(points[i], name))
			return (enum dp_point)i;
	return DP_POINTS;
}

static const struct dp_station stations[] = {
	{ .name = "fast-read",
	  .what = "gup-fast has read the entry, and has no reference yet",
	  .at = DP_POINT_FAST_GRAB,
	  .owns = true },
	{ .name = "fast-grabbed",
	  .what = "gup-fast has its reference, and has not looked at the entry again",
	  .at = DP_POINT_FAST_GRAB,
	  .returned = true,
	  .owns = true },
	{ .name = "pinned",
	  .what = "the pages are pinned, and ib_umem_get() does not have them yet",
	  .at = DP_POINT_FAST,
	  .returned = true,
	  .success = true,
	  .writes = true,
	  .owns = true },
	{ .name = "slow-checked",
	  .what = "the slow path has passed check_vma_flags()",
	  .at = DP_POINT_CHECK,
	  .returned = true,
	  .success = true,
	  .unmapped = true,
	  .writes = true },
	{ .name = "slow-followed",
	  .what = "the slow path has followed the entry, and has no reference yet",
	  .at = DP_POINT_SLOW_GRAB,
	  .writes = true,
	  .owns = true },
	{ .name = "fault",
	  .what = "the registration has caused a page fault",
	  .at = DP_POINT_FAULT,
	  .unmapped = true,
	  .writes = true },
	{ .name = "migrate",
	  .what = "pages are to be moved before they are pinned",
	  .at = DP_POINT_MIGRATE,
	  .renewed = true,
	  .writes = true,
	  .applies = dp_is_kmem },
	{ .name = "on-demand",
	  .what = "an on-demand region has looked its pages up, and has not looked again",
	  .at = DP_POINT_ON_DEMAND,
	  .returned = true,
	  .writes = true,
	  .on_demand = true,
	  .applies = dp_is_fsdax },
	{ .name = "unmapped",
	  .what = "the event has unmapped, and has not taken the memory away",
	  .kind = DP_HOLD_EVENT,
	  .at = DP_POINT_TAKE,
	  .writes = true },
	{ .name = "removed",
	  .what = "the event has taken the memory away",
	  .kind = DP_HOLD_EVENT,
	  .at = DP_POINT_TAKEN,
	  .writes = true },
	{ .name = "release-unmapped",
	  .what = "a region is released once the event has unmapped",
	  .kind = DP_HOLD_RELEASE,
	  .at = DP_POINT_TAKE,
	  .writes = true },
	{ .name = "release-removed",
	  .what = "a region is released once the event has taken the memory away",
	  .kind = DP_HOLD_RELEASE,
	  .at = DP_POINT_TAKEN,
	  .writes = true },
};

const struct dp_station *dp_stations(size_t *count)
{
	*count = DP_ARRAY_SIZE(stations);
	return stations;
}

const struct dp_station *dp_station_find(const char *name)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(stations); i++)
		if (!strcmp(stations[i].name, name))
			return &stations[i];
	return NULL;
}
