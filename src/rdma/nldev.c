// SPDX-License-Identifier: GPL-2.0-or-later
#include <infiniband/verbs.h>
#include <netlink/netlink.h>
#include <rdma/rdma_netlink.h>
#include <string.h>

#include "netlink.h"

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
