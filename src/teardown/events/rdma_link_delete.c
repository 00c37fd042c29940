// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nldev_dellink() in drivers/infiniband/core/nldev.c. ib_uverbs_remove_one() waits for the users of
 * a driver that cannot take their objects away (no disassociate_ucontext), rxe up to 6.x among
 * them.
 */
#include "daxpin/rdma.h"
#include "daxpin/teardown.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return dp_rxe_delete(target->rdma, err);
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	return dp_rxe_add(target->rdma, target->netdev, err);
}

DP_EVENT(rdma_link_delete, .name = "rdma-link-delete", .what = "the RDMA link is deleted",
	 .rank = 60, .applies = dp_is_devdax_or_control, .effect = DP_KEEPS,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) | DP_BIT(DP_NONE),
	 .takes_rdma = true, .guest_only = true, .run = take_away, .undo = bring_back,
	 .races = true);
