// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "daxpin/traffic.h"

/* IB_ODP_SUPPORT_ATOMIC_WRITE, from Linux 6.17 on; no name for it in rdma-core 44. */
#define ODP_SUPPORT_ATOMIC_WRITE (1 << 7)

static const char *unsupported(const struct ibv_device_attr_ex *attr)
{
	return attr->device_cap_flags_ex & DP_CAP_ATOMIC_WRITE
		       ? NULL
		       : "the adapter says it has no atomic write (device_cap_flags_ex)";
}

static int post(struct ibv_qp *qp, struct ibv_sge *sge, uint64_t remote, uint32_t rkey)
{
	struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(qp);

	if (!ex)
		return -EOPNOTSUPP;
	ibv_wr_start(ex);
	ex->wr_id = 0;
	ex->wr_flags = IBV_SEND_SIGNALED;
	ibv_wr_atomic_write(ex, rkey, remote, (void *)(uintptr_t)sge->addr);
	return -ibv_wr_complete(ex);
}

DP_OPERATION(atomic_write, .name = "atomic-write", .what = "an atomic write of eight bytes",
	     .rank = 90, .shape = DP_SHAPE_ATOMIC, .opcode = IBV_WR_ATOMIC_WRITE, .carried = true,
	     .target = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_LOCAL_WRITE,
	     .odp = ODP_SUPPORT_ATOMIC_WRITE, .unsupported = unsupported, .post = post);
