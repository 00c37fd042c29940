// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/route/link/veth.h>
#include <stdio.h>
#include <unistd.h>

#include "netlink.h"

#include "daxpin/error.h"
#include "daxpin/netdev.h"

struct nl_sock *dp_netlink_socket(int protocol)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (sock && nl_connect(sock, protocol)) {
		nl_socket_free(sock);
		return NULL;
	}
	return sock;
}

int dp_link_up(struct nl_sock *sock, const char *name, unsigned int mtu)
{
	dp_cleanup(put_link) struct rtnl_link *link = NULL;
	dp_cleanup(put_link) struct rtnl_link *change = rtnl_link_alloc();
	int rc = rtnl_link_get_kernel(sock, 0, name, &link);

	if (rc)
		return rc;
	if (!change)
		return -NLE_NOMEM;
	if (mtu)
		rtnl_link_set_mtu(change, mtu);
	rtnl_link_set_flags(change, rtnl_link_str2flags("up"));
	return rtnl_link_change(sock, link, change, 0);
}

int dp_link_move(const char *name, int netns)
{
	dp_cleanup(put_socket) struct nl_sock *sock = dp_netlink_socket(NETLINK_ROUTE);
	dp_cleanup(put_link) struct rtnl_link *link = NULL;
	dp_cleanup(put_link) struct rtnl_link *change = rtnl_link_alloc();
	int rc = sock ? rtnl_link_get_kernel(sock, 0, name, &link) : -NLE_NOMEM;

	if (rc || !change)
		return rc ? rc : -NLE_NOMEM;
	rtnl_link_set_ns_fd(change, netns);
	return rtnl_link_change(sock, link, change, 0);
}

int dp_netdev_veth(const char *netdev, struct dp_error *err)
{
	dp_cleanup(put_socket) struct nl_sock *sock = dp_netlink_socket(NETLINK_ROUTE);
	char peer[32];
	int rc = sock ? 0 : -NLE_NOMEM;

	snprintf(peer, sizeof(peer), "%sp", netdev);
	if (!rc)
		rc = rtnl_link_veth_add(sock, netdev, peer, getpid());
	if (!rc)
		rc = dp_link_up(sock, peer, 0);
	if (!rc)
		rc = dp_link_up(sock, netdev, 0);
	return rc ? dp_report(err, -EIO, "cannot make the veth pair %s: %s", netdev,
			      nl_geterror(rc))
		  : 0;
}

int dp_netdev_delete(const char *netdev, struct dp_error *err)
{
	dp_cleanup(put_socket) struct nl_sock *sock = dp_netlink_socket(NETLINK_ROUTE);
	dp_cleanup(put_link) struct rtnl_link *link = rtnl_link_alloc();
	int rc;

	if (!sock || !link)
		return -ENOMEM;
	rtnl_link_set_name(link, netdev);
	rc = rtnl_link_delete(sock, link);
	return rc ? dp_report(err, -EIO, "cannot delete %s: %s", netdev, nl_geterror(rc)) : 0;
}
