// SPDX-License-Identifier: GPL-2.0-or-later
#include "flush.h"

/* IB_UVERBS_ACCESS_FLUSH_GLOBAL, from Linux 6.2 on; no name for it in rdma-core 44. */
#define ACCESS (1 << 8)

static const char *unsupported(const struct ibv_device_attr_ex *attr)
{
	return attr->device_cap_flags_ex & DP_CAP_FLUSH_GLOBAL
		       ? NULL
		       : "the adapter says it cannot flush (device_cap_flags_ex)";
}

#ifdef DP_HAVE_FLUSH
static int post_flush(struct ibv_qp *qp, struct ibv_sge *sge, uint64_t remote, uint32_t rkey)
{
	return dp_post_flush(qp, sge, remote, rkey, IBV_FLUSH_GLOBAL);
}
#else
#define post_flush NULL
#endif

DP_OPERATION(flush_global, .name = "flush-global",
	     .what = "a write, and a flush that makes it visible to all", .rank = 70,
	     .shape = DP_SHAPE_FLUSH,
	     .target = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_LOCAL_WRITE | ACCESS,
	     .odp = ODP_SUPPORT_FLUSH, .lacks = LACKS_FLUSH, .unsupported = unsupported,
	     .post = post_flush);
