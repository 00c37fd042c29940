// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wide machine: 7 GiB of RAM in the place of NVDIMMs, and of it
 *
 *   hugepagesz=1G    one page of the hugetlb pool
 *   memmap=512M$1G   memory that the kernel does not know, for test_hmm's coherent devices
 *   cma=3G           an area for contiguous allocations, of a kernel with CONFIG_CMA: more than
 *                    half of its zone, so that pages are taken from it first (__rmqueue()), and
 *                    more than there is outside, so that not all of it can be moved out
 *
 * The area lies at 4 GiB (cma_alloc_mem(), mm/cma.c), and the page of 1 GiB after it. Nothing of
 * it is there before it is used.
 *
 * It is booted only if something is asked that needs it.
 */
#include "daxpin/agent.h"
#include "daxpin/carrier.h"

const struct dp_layout dp_wide_layout = {
	.memories = { 7ULL << 30 },
	.cmdline =
		DP_WIDE_FLAG " memmap=512M$" DP_WIDE_RESERVED " hugepagesz=1G hugepages=1 cma=3G",
};
