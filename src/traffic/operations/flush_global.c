// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/traffic.h"

/* IB_UVERBS_ACCESS_FLUSH_GLOBAL, from Linux 6.2 on; no name for it in rdma-core 44. */
#define ACCESS (1 << 8)

DP_OPERATION(flush_global, .name = "flush-global",
	     .what = "a write, and a flush that makes it visible to all", .rank = 70,
	     .shape = DP_SHAPE_FLUSH,
	     .target = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_LOCAL_WRITE | ACCESS,
	     .odp = DP_ODP_FLUSH, .capability = DP_CAP_FLUSH_GLOBAL);
