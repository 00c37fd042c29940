// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prefetching by the kernel's own interface. ibv_advise_mr() only reaches it through the provider's
 * library, and that of rxe has no such call (rdma-core 44), whatever the kernel can do.
 */
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <string.h>

#include "uverbs.h"

#include "daxpin/rdma.h"

static int ask_kernel(struct ibv_pd *pd, const char *provider, const struct ibv_sge *sge)
{
	struct ib_uverbs_sge element = { sge->addr, sge->length, sge->lkey };
	struct dp_uverbs call;

	dp_uverbs_begin(&call, provider, UVERBS_METHOD_ADVISE_MR);
	dp_uverbs_add(&call, UVERBS_ATTR_ADVISE_MR_PD_HANDLE, 0, pd->handle);
	dp_uverbs_add(&call, UVERBS_ATTR_ADVISE_MR_ADVICE, sizeof(uint64_t),
		      IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE);
	dp_uverbs_add(&call, UVERBS_ATTR_ADVISE_MR_FLAGS, sizeof(uint32_t),
		      IB_UVERBS_ADVISE_MR_FLAG_FLUSH);
	dp_uverbs_add(&call, UVERBS_ATTR_ADVISE_MR_SGE_LIST, sizeof(element), (uintptr_t)&element);
	return dp_uverbs_make(&call, pd->context);
}

int dp_rdma_prefetch(struct ibv_pd *pd, const char *provider, struct ibv_sge *sge)
{
	if (!strcmp(provider, "rxe"))
		return ask_kernel(pd, provider, sge);
	return -ibv_advise_mr(pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE, IBV_ADVISE_MR_FLAG_FLUSH,
			      sge, 1);
}
