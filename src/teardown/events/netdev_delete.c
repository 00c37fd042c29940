// SPDX-License-Identifier: GPL-2.0-or-later
/* The interface below the adapter goes: rxe_notify() in drivers/infiniband/sw/rxe/rxe_net.c. */
#include "daxpin/rdma.h"
#include "daxpin/teardown.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return dp_netdev_delete(target->netdev, err);
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	return dp_rxe_create(target->rdma, target->netdev, err);
}

DP_EVENT(netdev_delete, .name = "netdev-delete",
	 .what = "the interface below the RDMA link is deleted", .rank = 70,
	 .applies = dp_is_devdax_or_anon, .effect = DP_KEEPS,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) | DP_BIT(DP_NONE),
	 .takes_rdma = true, .guest_only = true, .run = take_away, .undo = bring_back);
