// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory is offlined and removed. offline_pages() in mm/memory_hotplug.c tries to move what is
 * on it for as long as nobody interrupts it; pages that are pinned cannot be moved. A pin out of
 * ZONE_MOVABLE has moved them before, so that it must not stand in the way.
 *
 * In ZONE_NORMAL the kernel itself may have taken pages that cannot be moved either
 * (has_unmovable_pages(), mm/page_isolation.c): hence the rehearsal.
 *
 * The pin counters are kept per node and processor, and folded into the sums for nodes that are
 * online (refresh_cpu_vm_stats(), mm/vmstat.c): what a node that goes has not yet handed over is
 * lost. But its memory can go only if nothing pins it.
 */
#include <string.h>

#include "daxpin/dax.h"
#include "daxpin/teardown.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return dp_dax_offline(target->device, err);
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	return dp_dax_to_kmem(target->device, !strcmp(target->mapping->zone, "Movable"), err);
}

DP_EVENT(kmem_offline, .name = "kmem-offline", .what = "the memory is offlined and removed",
	 .rank = 150, .applies = dp_is_kmem, .effect = DP_KEEPS, .limit_ms = 3000,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) | DP_BIT(DP_NONE),
	 .guest_only = true, .rehearsed = true, .uncounts = true, .run = take_away,
	 .undo = bring_back);
