// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes. Then the machine is killed and booted again with the same NVDIMMs, and must find the data
 * there. The campaign kills and boots it; dp_traffic_reread() is the second half.
 */
#include "daxpin/traffic.h"

static bool is_on_media(const struct dp_mapping *mapping)
{
	return dp_is_devdax(mapping) || (mapping->fs && !mapping->private);
}

DP_OPERATION(power_loss, .name = "power-loss",
	     .what = "RDMA writes, and then the machine is killed and booted again", .rank = 100,
	     .shape = DP_SHAPE_WRITE, .opcode = IBV_WR_RDMA_WRITE, .kept = true,
	     .target = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_LOCAL_WRITE,
	     .odp = IBV_ODP_SUPPORT_WRITE, .applies = is_on_media);
