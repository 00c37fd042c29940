// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/traffic.h"

DP_OPERATION(atomic_write, .name = "atomic-write", .what = "an atomic write of eight bytes",
	     .rank = 90, .shape = DP_SHAPE_ATOMIC, .opcode = IBV_WR_ATOMIC_WRITE, .carried = true,
	     .target = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_LOCAL_WRITE, .odp = DP_ODP_ATOMIC_WRITE,
	     .capability = DP_CAP_ATOMIC_WRITE);
