// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <rdma/rdma_netlink.h>
#include <stdio.h>

#include "netlink.h"

#include "daxpin/error.h"
#include "daxpin/netdev.h"
#include "daxpin/rdma.h"

/* Sends a command about an RDMA link, and waits for the kernel's answer. */
static int ask(struct nl_msg *msg, const char *what, const char *device, struct dp_error *err)
{
	dp_cleanup(put_socket) struct nl_sock *sock = dp_netlink_socket(NETLINK_RDMA);
	int rc;

	if (!sock)
		return dp_report(err, -EIO, "cannot %s the RDMA link %s: no RDMA netlink", what,
				 device);
	rc = nl_send_auto(sock, msg);
	if (rc >= 0)
		rc = nl_wait_for_ack(sock);
	return rc < 0 ? dp_report(err, -EIO, "cannot %s the RDMA link %s: %s", what, device,
				  nl_geterror(rc))
		      : 0;
}

int dp_rxe_add(const char *device, const char *netdev, struct dp_error *err)
{
	return dp_rdma_link_add("rxe", device, netdev, err);
}

int dp_rdma_link_add(const char *type, const char *device, const char *netdev, struct dp_error *err)
{
	dp_cleanup(put_message) struct nl_msg *msg = dp_nldev_message(RDMA_NLDEV_CMD_NEWLINK);

	if (!msg || nla_put_string(msg, RDMA_NLDEV_ATTR_DEV_NAME, device) ||
	    nla_put_string(msg, RDMA_NLDEV_ATTR_LINK_TYPE, type) ||
	    nla_put_string(msg, RDMA_NLDEV_ATTR_NDEV_NAME, netdev))
		return -ENOMEM;
	return ask(msg, "add", device, err);
}

int dp_rxe_delete(const char *device, struct dp_error *err)
{
	dp_cleanup(put_message) struct nl_msg *msg = dp_nldev_message(RDMA_NLDEV_CMD_DELLINK);
	int index = dp_nldev_index(device);

	if (index < 0)
		return dp_fail(err, -ENODEV, "there is no RDMA link %s", device);
	if (!msg || nla_put_u32(msg, RDMA_NLDEV_ATTR_DEV_INDEX, (uint32_t)index))
		return -ENOMEM;
	return ask(msg, "delete", device, err);
}

int dp_rxe_create(const char *device, const char *netdev, struct dp_error *err)
{
	int rc = dp_netdev_veth(netdev, err);

	return rc ? rc : dp_rxe_add(device, netdev, err);
}
