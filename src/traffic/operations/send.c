// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/traffic.h"

DP_OPERATION(rdma_send, .name = "send", .what = "a send into a receive that was posted", .rank = 10,
	     .shape = DP_SHAPE_SEND, .opcode = IBV_WR_SEND, .target = IBV_ACCESS_LOCAL_WRITE,
	     .odp = IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_RECV);
