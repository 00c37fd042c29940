// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/traffic.h"

DP_OPERATION(write_imm, .name = "write-imm",
	     .what = "an RDMA write with immediate data, which completes a receive", .rank = 30,
	     .shape = DP_SHAPE_WRITE, .opcode = IBV_WR_RDMA_WRITE_WITH_IMM, .immediate = true,
	     .target = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_LOCAL_WRITE,
	     .odp = IBV_ODP_SUPPORT_WRITE);
