// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prefetching by the kernel's own interface. ibv_advise_mr() only reaches it through the provider's
 * library, and that of rxe has no such call (rdma-core 44), whatever the kernel can do.
 */
#include <errno.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/rdma_user_ioctl.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <string.h>
#include <sys/ioctl.h>

#include "daxpin/rdma.h"

#define ATTRS 4

/* What fits into eight bytes is in an attribute itself, anything else behind a pointer. */
static int ask_kernel(struct ibv_pd *pd, uint32_t driver, const struct ibv_sge *sge)
{
	struct ib_uverbs_sge element = { sge->addr, sge->length, sge->lkey };
	const uint64_t data[ATTRS] = {
		[UVERBS_ATTR_ADVISE_MR_PD_HANDLE] = pd->handle,
		[UVERBS_ATTR_ADVISE_MR_ADVICE] = IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE,
		[UVERBS_ATTR_ADVISE_MR_FLAGS] = IB_UVERBS_ADVISE_MR_FLAG_FLUSH,
		[UVERBS_ATTR_ADVISE_MR_SGE_LIST] = (uintptr_t)&element,
	};
	static const uint16_t sizes[ATTRS] = {
		[UVERBS_ATTR_ADVISE_MR_ADVICE] = sizeof(uint64_t),
		[UVERBS_ATTR_ADVISE_MR_FLAGS] = sizeof(uint32_t),
		[UVERBS_ATTR_ADVISE_MR_SGE_LIST] = sizeof(element),
	};
	union {
		struct ib_uverbs_ioctl_hdr header;
		char room[sizeof(struct ib_uverbs_ioctl_hdr) +
			  ATTRS * sizeof(struct ib_uverbs_attr)];
	} command = { .room = { 0 } };
	struct ib_uverbs_ioctl_hdr *header = &command.header;

	header->length = sizeof(command);
	header->object_id = UVERBS_OBJECT_MR;
	header->method_id = UVERBS_METHOD_ADVISE_MR;
	header->num_attrs = ATTRS;
	header->driver_id = driver;
	for (uint16_t i = 0; i < ATTRS; i++)
		header->attrs[i] = (struct ib_uverbs_attr){ .attr_id = i,
							    .len = sizes[i],
							    .flags = UVERBS_ATTR_F_MANDATORY,
							    .data = data[i] };
	return ioctl(pd->context->cmd_fd, RDMA_VERBS_IOCTL, &command) ? errno : 0;
}

int dp_rdma_prefetch(struct ibv_pd *pd, const char *provider, struct ibv_sge *sge)
{
	int code;

	if (!strcmp(provider, "rxe"))
		code = ask_kernel(pd, RDMA_DRIVER_RXE, sge);
	else
		code = ibv_advise_mr(pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
				     IBV_ADVISE_MR_FLAG_FLUSH, sge, 1);
	return -code;
}
