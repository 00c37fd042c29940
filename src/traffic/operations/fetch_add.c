// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/traffic.h"

DP_OPERATION(fetch_add, .name = "fetch-add", .what = "an atomic fetch and add", .rank = 60,
	     .shape = DP_SHAPE_ATOMIC, .opcode = IBV_WR_ATOMIC_FETCH_AND_ADD,
	     .target = IBV_ACCESS_REMOTE_ATOMIC | IBV_ACCESS_LOCAL_WRITE,
	     .source = IBV_ACCESS_LOCAL_WRITE, .odp = IBV_ODP_SUPPORT_ATOMIC);
