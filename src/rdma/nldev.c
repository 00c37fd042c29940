// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <infiniband/verbs.h>
#include <netlink/netlink.h>
#include <rdma/rdma_netlink.h>
#include <string.h>

#include "netlink.h"

#include "daxpin/rdma.h"

struct nl_msg *dp_nldev_message(int command)
{
	return nlmsg_alloc_simple(RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command), NLM_F_REQUEST);
}

int dp_nldev_index(const char *device)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	int index = -1;

	for (struct ibv_device **d = list; d && *d; d++)
		if (!strcmp(ibv_get_device_name(*d), device))
			index = ibv_get_device_index(*d);
	if (list)
		ibv_free_device_list(list);
	return index;
}

/* The summary is a list of entries, each with a name and a number. */
static int take_summary(struct nl_msg *msg, void *arg)
{
	struct nlattr *table = nlmsg_find_attr(nlmsg_hdr(msg), 0, RDMA_NLDEV_ATTR_RES_SUMMARY);
	struct nlattr *entry;
	int left;

	if (!table)
		return NL_OK;
	nla_for_each_nested(entry, table, left)
	{
		struct nlattr *name, *number;

		name = nla_find(nla_data(entry), nla_len(entry),
				RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_NAME);
		number = nla_find(nla_data(entry), nla_len(entry),
				  RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_CURR);
		if (name && number && !nla_strcmp(name, "mr"))
			*(int64_t *)arg = (int64_t)nla_get_u64(number);
	}
	return NL_OK;
}

int dp_rdma_regions(const char *device, uint64_t *count)
{
	dp_cleanup(put_message) struct nl_msg *msg = dp_nldev_message(RDMA_NLDEV_CMD_RES_GET);
	dp_cleanup(put_socket) struct nl_sock *sock = dp_netlink_socket(NETLINK_RDMA);
	int index = dp_nldev_index(device);
	int64_t number = -1;

	if (index < 0)
		return -ENODEV;
	if (!msg || !sock || nla_put_u32(msg, RDMA_NLDEV_ATTR_DEV_INDEX, (uint32_t)index))
		return -EIO;
	nl_socket_disable_seq_check(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_summary, &number);
	if (nl_send_auto(sock, msg) < 0 || nl_recvmsgs_default(sock) < 0 || number < 0)
		return -EIO;
	*count = (uint64_t)number;
	return 0;
}
