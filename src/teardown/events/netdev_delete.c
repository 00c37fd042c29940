// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The interface below the adapter goes: rxe_notify() in drivers/infiniband/sw/rxe/rxe_net.c. Where
 * the adapter waits for its users, netdev_wait_allrefs_any() in net/core/dev.c looks four times a
 * second whether the interface is free: busy, rather than asleep.
 */
#include "daxpin/netdev.h"
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
	 .applies = dp_is_devdax_or_control, .effect = DP_KEEPS,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) | DP_BIT(DP_NONE),
	 .takes_rdma = true, .guest_only = true, .run = take_away, .undo = bring_back);
