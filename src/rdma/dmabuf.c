// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Regions of a dma-buf. ibv_reg_dmabuf_mr() does not get as far as the kernel where the provider's
 * library has no such call, as those of rxe and siw have not: it answers EOPNOTSUPP by itself.
 */
#include <rdma/ib_user_ioctl_cmds.h>

#include "uverbs.h"

#include "daxpin/rdma.h"

int dp_dmabuf_register(const struct dp_rdma *rdma, int fd, uint64_t len, uint64_t iova,
		       unsigned int access, uint32_t *handle)
{
	uint32_t lkey, rkey;
	struct dp_uverbs call;
	int rc;

	dp_uverbs_begin(&call, rdma->provider, UVERBS_METHOD_REG_DMABUF_MR);
	dp_uverbs_add(&call, UVERBS_ATTR_REG_DMABUF_MR_HANDLE, 0, 0);
	dp_uverbs_add(&call, UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, 0, rdma->pd->handle);
	dp_uverbs_add(&call, UVERBS_ATTR_REG_DMABUF_MR_OFFSET, sizeof(uint64_t), 0);
	dp_uverbs_add(&call, UVERBS_ATTR_REG_DMABUF_MR_LENGTH, sizeof(uint64_t), len);
	dp_uverbs_add(&call, UVERBS_ATTR_REG_DMABUF_MR_IOVA, sizeof(uint64_t), iova);
	dp_uverbs_add(&call, UVERBS_ATTR_REG_DMABUF_MR_FD, sizeof(uint32_t), (uint32_t)fd);
	dp_uverbs_add(&call, UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS, sizeof(uint32_t), access);
	dp_uverbs_add(&call, UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, sizeof(lkey), (uintptr_t)&lkey);
	dp_uverbs_add(&call, UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, sizeof(rkey), (uintptr_t)&rkey);
	rc = dp_uverbs_make(&call, rdma->context);
	*handle = rc ? 0 : (uint32_t)dp_uverbs_data(&call, 0);
	return rc;
}

int dp_dmabuf_deregister(const struct dp_rdma *rdma, uint32_t handle)
{
	struct dp_uverbs call;

	dp_uverbs_begin(&call, rdma->provider, UVERBS_METHOD_MR_DESTROY);
	dp_uverbs_add(&call, UVERBS_ATTR_DESTROY_MR_HANDLE, 0, handle);
	return dp_uverbs_make(&call, rdma->context);
}
