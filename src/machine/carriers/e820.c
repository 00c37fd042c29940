// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that the memory map calls persistent (E820_TYPE_PRAM), as memmap=SIZE!START does:
 * e820_pmem_probe(), drivers/nvdimm/e820.c. Each range is a region without labels, so that it holds
 * one namespace. Its descriptor is IORES_DESC_PERSISTENT_MEMORY_LEGACY (e820_type_to_iores_desc(),
 * arch/x86/kernel/e820.c), which is_pmem_page() of rxe does not take for persistent memory.
 */
#include "steps.h"

#include "daxpin/carrier.h"

DP_CARRIER(e820, .name = "e820", .what = "memory that the memory map calls persistent", .rank = 20,
	   .layout = { .memories = { 2ULL << 30 },
		       .cmdline = "memmap=320M!1G memmap=128M!1344M memmap=192M!1472M",
		       .steps = DP_WORDS("need /sys/bus/platform/drivers/e820_pmem",
					 "namespace 0 devdax 2M", "namespace 1 fsdax 2M",
					 DP_STEPS_OF_FS("ext4", "/dev/pmem1"),
					 "namespace 2 fsdax 2M",
					 DP_STEPS_OF_FS("xfs", "/dev/pmem2"), DP_STEP_HUGETLB) });
