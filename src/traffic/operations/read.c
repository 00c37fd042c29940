// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/traffic.h"

DP_OPERATION(rdma_read, .name = "read", .what = "an RDMA read", .rank = 40, .shape = DP_SHAPE_READ,
	     .opcode = IBV_WR_RDMA_READ, .target = IBV_ACCESS_REMOTE_READ,
	     .source = IBV_ACCESS_LOCAL_WRITE, .odp = IBV_ODP_SUPPORT_READ);
