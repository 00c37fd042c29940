// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <rdma/rdma_netlink.h>
#include <stdio.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/rdma.h"

static void put_socket(struct nl_sock **sock)
{
	if (*sock)
		nl_socket_free(*sock);
}

static void put_message(struct nl_msg **msg)
{
	if (*msg)
		nlmsg_free(*msg);
}

static void put_link(struct rtnl_link **link)
{
	if (*link)
		rtnl_link_put(*link);
}

static int bring_up(struct nl_sock *sock, const char *name)
{
	dp_cleanup(put_link) struct rtnl_link *link = NULL;
	dp_cleanup(put_link) struct rtnl_link *change = rtnl_link_alloc();
	int rc = rtnl_link_get_kernel(sock, 0, name, &link);

	if (rc)
		return rc;
	if (!change)
		return -NLE_NOMEM;
	rtnl_link_set_flags(change, rtnl_link_str2flags("up"));
	return rtnl_link_change(sock, link, change, 0);
}

static int make_veth(const char *netdev, struct dp_error *err)
{
	dp_cleanup(put_socket) struct nl_sock *sock = nl_socket_alloc();
	char peer[32];
	int rc;

	if (!sock)
		return -ENOMEM;
	snprintf(peer, sizeof(peer), "%sp", netdev);
	rc = nl_connect(sock, NETLINK_ROUTE);
	if (!rc)
		rc = rtnl_link_veth_add(sock, netdev, peer, getpid());
	if (!rc)
		rc = bring_up(sock, peer);
	if (!rc)
		rc = bring_up(sock, netdev);
	return rc ? dp_report(err, -EIO, "cannot make the veth pair %s: %s", netdev,
			      nl_geterror(rc))
		  : 0;
}

int dp_rxe_create(const char *device, const char *netdev, struct dp_error *err)
{
	dp_cleanup(put_socket) struct nl_sock *sock = nl_socket_alloc();
	dp_cleanup(put_message) struct nl_msg *msg = NULL;
	int rc = make_veth(netdev, err);

	if (rc)
		return rc;
	msg = nlmsg_alloc_simple(RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_NEWLINK),
				 NLM_F_REQUEST | NLM_F_ACK);
	if (!sock || !msg || nla_put_string(msg, RDMA_NLDEV_ATTR_DEV_NAME, device) ||
	    nla_put_string(msg, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe") ||
	    nla_put_string(msg, RDMA_NLDEV_ATTR_NDEV_NAME, netdev))
		return -ENOMEM;
	rc = nl_connect(sock, NETLINK_RDMA);
	if (!rc)
		rc = nl_send_auto(sock, msg);
	if (rc >= 0)
		rc = nl_wait_for_ack(sock);
	return rc < 0 ? dp_report(err, -EIO, "cannot add the rxe link %s on %s: %s", device, netdev,
				  nl_geterror(rc))
		      : 0;
}
