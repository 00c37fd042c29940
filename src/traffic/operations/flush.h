/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_TRAFFIC_FLUSH_H
#define DAXPIN_TRAFFIC_FLUSH_H

#include <errno.h>

#include "daxpin/traffic.h"

/* IB_ODP_SUPPORT_FLUSH, from Linux 6.17 on; no name for it in rdma-core 44. */
#define ODP_SUPPORT_FLUSH (1 << 6)

#ifdef DP_HAVE_FLUSH
#define LACKS_FLUSH NULL

/* Flushes what a write has put there: the range of the element. */
static inline int dp_post_flush(struct ibv_qp *qp, struct ibv_sge *sge, uint64_t remote,
				uint32_t rkey, uint8_t type)
{
	struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(qp);

	if (!ex)
		return -EOPNOTSUPP;
	ibv_wr_start(ex);
	ex->wr_id = 0;
	ex->wr_flags = IBV_SEND_SIGNALED;
	ibv_wr_flush(ex, rkey, remote, sge->length, type, IBV_FLUSH_RANGE);
	return -ibv_wr_complete(ex);
}
#else
#define LACKS_FLUSH                                                                                \
	"the libibverbs that this daxpin was built with cannot post a flush (no ibv_wr_flush())"
#endif

#endif
