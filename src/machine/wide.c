// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wide machine: 4 GiB of RAM in the place of NVDIMMs, and of it
 *
 *   hugepagesz=1G    one page of the hugetlb pool
 *   memmap=512M$1G   memory that the kernel does not know, for test_hmm's coherent devices
 *
 * It is booted only if something is asked that needs it.
 */
#include "daxpin/agent.h"
#include "daxpin/carrier.h"

const struct dp_layout dp_wide_layout = {
	.memories = { 4ULL << 30 },
	.cmdline = DP_WIDE_FLAG " memmap=512M$" DP_WIDE_RESERVED " hugepagesz=1G hugepages=1",
};
