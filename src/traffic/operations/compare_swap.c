// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/traffic.h"

DP_OPERATION(compare_swap, .name = "compare-swap", .what = "an atomic compare and swap", .rank = 50,
	     .shape = DP_SHAPE_ATOMIC, .opcode = IBV_WR_ATOMIC_CMP_AND_SWP,
	     .target = IBV_ACCESS_REMOTE_ATOMIC | IBV_ACCESS_LOCAL_WRITE,
	     .source = IBV_ACCESS_LOCAL_WRITE, .odp = IBV_ODP_SUPPORT_ATOMIC);
