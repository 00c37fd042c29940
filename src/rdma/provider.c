// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The driver behind an RDMA device. The kernel tells its id when it is asked for the character
 * device of the client "uverbs" (RDMA_NLDEV_CMD_GET_CHARDEV, since Linux 5.3). libibverbs chooses
 * its provider in the same way (ibdev_nl.c). A driver may decline to tell its id
 * (uverbs_no_driver_id_binding).
 */
#include <ctype.h>
#include <errno.h>
#include <netlink/netlink.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/rdma_netlink.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

#include "daxpin/file.h"
#include "daxpin/rdma.h"

/* By enum rdma_driver_id. The headers of Debian 12 lack the last ones. */
static const char *const names[] = {
	[RDMA_DRIVER_UNKNOWN] = "unknown",
	[RDMA_DRIVER_MLX5] = "mlx5",
	[RDMA_DRIVER_MLX4] = "mlx4",
	[RDMA_DRIVER_CXGB3] = "cxgb3",
	[RDMA_DRIVER_CXGB4] = "cxgb4",
	[RDMA_DRIVER_MTHCA] = "mthca",
	[RDMA_DRIVER_BNXT_RE] = "bnxt_re",
	[RDMA_DRIVER_OCRDMA] = "ocrdma",
	[RDMA_DRIVER_NES] = "nes",
	[RDMA_DRIVER_IRDMA] = "irdma",
	[RDMA_DRIVER_VMW_PVRDMA] = "vmw_pvrdma",
	[RDMA_DRIVER_QEDR] = "qedr",
	[RDMA_DRIVER_HNS] = "hns",
	[RDMA_DRIVER_USNIC] = "usnic",
	[RDMA_DRIVER_RXE] = "rxe",
	[RDMA_DRIVER_HFI1] = "hfi1",
	[RDMA_DRIVER_QIB] = "qib",
	[RDMA_DRIVER_EFA] = "efa",
	[RDMA_DRIVER_SIW] = "siw",
	[RDMA_DRIVER_ERDMA] = "erdma",
	[20 /* RDMA_DRIVER_MANA */] = "mana",
	[21 /* RDMA_DRIVER_IONIC */] = "ionic",
};

void dp_provider_name(uint32_t id, char *provider, size_t size)
{
	if (id < DP_ARRAY_SIZE(names))
		snprintf(provider, size, "%s", names[id]);
	else
		snprintf(provider, size, "unknown(%u)", id);
}

uint32_t dp_provider_id(const char *name)
{
	for (uint32_t i = 1; i < DP_ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return i;
	return RDMA_DRIVER_UNKNOWN;
}

bool dp_provider_known(const char *name)
{
	return dp_provider_id(name) != RDMA_DRIVER_UNKNOWN;
}

/* Modules and devices have more before, or after, their provider's name: rdma_rxe, mlx5_0,
 * iw_cxgb4. */
const char *dp_provider_meant(const char *name)
{
	for (size_t i = 1; i < DP_ARRAY_SIZE(names); i++) {
		const char *at = strstr(name, names[i]);
		size_t len = strlen(names[i]);

		if (at && (at == name || at[-1] == '_') &&
		    (!at[len] || at[len] == '_' || isdigit((unsigned char)at[len])))
			return names[i];
	}
	return NULL;
}

void dp_provider_list(char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 1; i < DP_ARRAY_SIZE(names) && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i > 1 ? ", " : "",
					 names[i]);
}

int dp_provider_parse(struct nlmsghdr *answer, uint32_t *id)
{
	static struct nla_policy policy[RDMA_NLDEV_ATTR_MAX] = {
		[RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID] = { .type = NLA_U32 },
	};
	struct nlattr *attrs[RDMA_NLDEV_ATTR_MAX];

	if (nlmsg_parse(answer, 0, attrs, RDMA_NLDEV_ATTR_MAX - 1, policy) ||
	    !attrs[RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID])
		return -ENODATA;
	*id = nla_get_u32(attrs[RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID]);
	return 0;
}

static int take_id(struct nl_msg *msg, void *id)
{
	dp_provider_parse(nlmsg_hdr(msg), id);
	return NL_OK;
}

/* The kernel answers, or refuses, before the call that sends the question returns. */
static uint32_t ask_id(const char *device)
{
	dp_cleanup(put_socket) struct nl_sock *sock = dp_netlink_socket(NETLINK_RDMA);
	dp_cleanup(put_message) struct nl_msg *msg = dp_nldev_message(RDMA_NLDEV_CMD_GET_CHARDEV);
	uint32_t id = RDMA_DRIVER_UNKNOWN;
	int index = dp_nldev_index(device);

	if (!sock || !msg || index < 0 ||
	    nla_put_u32(msg, RDMA_NLDEV_ATTR_DEV_INDEX, (uint32_t)index) ||
	    nla_put_string(msg, RDMA_NLDEV_ATTR_CHARDEV_TYPE, "uverbs"))
		return id;
	nl_socket_disable_auto_ack(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_id, &id);
	if (!nl_socket_set_nonblocking(sock) && nl_send_auto(sock, msg) >= 0)
		nl_recvmsgs_default(sock);
	return id;
}

/*
 * Drivers that do not tell their id (uverbs_no_driver_id_binding), by the name under which the
 * adapter is bound: ib_mthca binds its PCI device itself, hns_roce is a client of hns3.
 */
const char *dp_provider_by_driver(const char *driver)
{
	static const struct {
		const char *driver, *provider;
	} known[] = { { "ib_mthca", "mthca" }, { "hns3", "hns" }, { "hns_roce", "hns" } };

	for (size_t i = 0; i < DP_ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].driver, driver))
			return known[i].provider;
	return NULL;
}

void dp_rdma_provider(const char *device, char *provider, size_t size)
{
	uint32_t id = ask_id(device);
	const char *bound = NULL;
	char driver[64];

	if (id == RDMA_DRIVER_UNKNOWN &&
	    !dp_link_name(driver, sizeof(driver), "/sys/class/infiniband/%s/device/driver", device))
		bound = dp_provider_by_driver(driver);
	dp_provider_name(id, provider, size);
	if (bound)
		snprintf(provider, size, "%s", bound);
}
