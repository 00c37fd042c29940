// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/traffic.h"

/* IB_UVERBS_ACCESS_FLUSH_PERSISTENT, from Linux 6.2 on; no name for it in rdma-core 44. */
#define ACCESS (1 << 9)

DP_OPERATION(flush_persistent, .name = "flush-persistent",
	     .what = "a write, and a flush that makes it persistent", .rank = 80,
	     .shape = DP_SHAPE_FLUSH,
	     .target = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_LOCAL_WRITE | ACCESS,
	     .odp = DP_ODP_FLUSH, .capability = DP_CAP_FLUSH_PERSISTENT);
