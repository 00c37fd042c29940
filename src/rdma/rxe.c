// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <rdma/rdma_netlink.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

#include "daxpin/error.h"
#include "daxpin/netdev.h"
#include "daxpin/rdma.h"

/* One command about an RDMA link, and the kernel's answer to it. */
static int ask(struct nl_msg *msg, const char *what, const char *device, struct dp_error *err)
{
	dp_cleanup(put_socket) struct nl_sock *sock = nl_socket_alloc();
	int rc;

	if (!sock)
		return -ENOMEM;
	rc = nl_connect(sock, NETLINK_RDMA);
	if (!rc)
		rc = nl_send_auto(sock, msg);
	if (rc >= 0)
		rc = nl_wait_for_ack(sock);
	return rc < 0 ? dp_report(err, -EIO, "cannot %s the RDMA link %s: %s", what, device,
				  nl_geterror(rc))
		      : 0;
}

int dp_rxe_add(const char *device, const char *netdev, struct dp_error *err)
{
	dp_cleanup(put_message) struct nl_msg *msg = nlmsg_alloc_simple(
		RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_NEWLINK), NLM_F_REQUEST | NLM_F_ACK);

	if (!msg || nla_put_string(msg, RDMA_NLDEV_ATTR_DEV_NAME, device) ||
	    nla_put_string(msg, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe") ||
	    nla_put_string(msg, RDMA_NLDEV_ATTR_NDEV_NAME, netdev))
		return -ENOMEM;
	return ask(msg, "add", device, err);
}

static int device_index(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	int index = -1;

	for (struct ibv_device **d = list; d && *d; d++)
		if (!strcmp(ibv_get_device_name(*d), name))
			index = ibv_get_device_index(*d);
	if (list)
		ibv_free_device_list(list);
	return index;
}

int dp_rxe_delete(const char *device, struct dp_error *err)
{
	dp_cleanup(put_message) struct nl_msg *msg = nlmsg_alloc_simple(
		RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_DELLINK), NLM_F_REQUEST | NLM_F_ACK);
	int index = device_index(device);

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
