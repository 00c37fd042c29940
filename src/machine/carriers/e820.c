// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that the firmware calls persistent in the memory map (E820_TYPE_PRAM), as
 * memmap=SIZE!START does: e820_pmem_probe(), drivers/nvdimm/e820.c. Each range is a region without
 * labels, so that it holds one namespace. The resource is IORES_DESC_PERSISTENT_MEMORY_LEGACY
 * (e820_type_to_iores_desc(), arch/x86/kernel/e820.c), which is_pmem_page() of rxe does not take
 * for persistent memory.
 */
#include "daxpin/carrier.h"

DP_CARRIER(e820, .name = "e820",
	   .what = "memory that the memory map calls persistent (memmap=SIZE!START)", .rank = 20,
	   .layout = { .memories = { 2ULL << 30 },
		       .cmdline = "memmap=320M!1G memmap=128M!1344M memmap=192M!1472M",
		       .steps = DP_WORDS("need /sys/bus/platform/drivers/e820_pmem",
					 "namespace 0 devdax 2M", "namespace 1 fsdax 2M",
					 "format ext4 /dev/pmem1",
					 "mount ext4 /dev/pmem1 /mnt/ext4 dax=inode",
					 "folder /mnt/ext4/dax dax", "folder /mnt/ext4/cached",
					 "namespace 2 fsdax 2M", "format xfs /dev/pmem2",
					 "mount xfs /dev/pmem2 /mnt/xfs dax=inode",
					 "folder /mnt/xfs/dax dax", "folder /mnt/xfs/cached") });
