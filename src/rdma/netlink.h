/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces and RDMA links by libnl, and scope cleanup for its objects. */
#ifndef DAXPIN_RDMA_NETLINK_H
#define DAXPIN_RDMA_NETLINK_H

#include <netlink/msg.h>
#include <netlink/route/link.h>

#include "daxpin/cleanup.h"

static inline void put_socket(struct nl_sock **sock)
{
	if (*sock)
		nl_socket_free(*sock);
}

static inline void put_message(struct nl_msg **msg)
{
	if (*msg)
		nlmsg_free(*msg);
}

static inline void put_link(struct rtnl_link **link)
{
	if (*link)
		rtnl_link_put(*link);
}

/* ---- netdev.c ---------------------------------------------------------------------------- */

/*
 * A socket of a netlink protocol (NETLINK_ROUTE, NETLINK_RDMA), in the network namespace that the
 * caller is in. Return: NULL on failure.
 */
struct nl_sock *dp_netlink_socket(int protocol);

/* Sets an interface up, with an MTU in bytes unless it is 0. Return: 0 or -NLE_…. */
int dp_link_up(struct nl_sock *sock, const char *name, unsigned int mtu);

/* Moves an interface to the network namespace of a descriptor. Return: 0 or -NLE_…. */
int dp_link_move(const char *name, int netns);

/* ---- nldev.c ----------------------------------------------------------------------------- */

/* An empty message for an RDMA_NLDEV_CMD_…. Return: NULL without memory. */
struct nl_msg *dp_nldev_message(int command);

/* The kernel's index of an RDMA device. Return: -1 if there is no such device. */
int dp_nldev_index(const char *device);

#endif
