// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/traffic.h"

DP_OPERATION(rdma_write, .name = "write", .what = "an RDMA write", .rank = 20,
	     .shape = DP_SHAPE_WRITE, .opcode = IBV_WR_RDMA_WRITE,
	     .target = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_LOCAL_WRITE,
	     .odp = IBV_ODP_SUPPORT_WRITE, .referenced = true);
