// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ext2 on an NVDIMM, without extents and journal, mounted by ext4's driver
 * (CONFIG_EXT4_USE_FOR_EXT2). Its blocks are mapped by an indirect tree: ext4_ind_map_blocks(),
 * fs/ext4/indirect.c, ends what it maps at the twelfth block of a file, so that there is no leaf of
 * 2 MiB. The option dax=inode is refused (MOPT_EXT4_ONLY, fs/ext4/super.c), and is what is done
 * without it.
 */
#include "steps.h"

#include "daxpin/carrier.h"

DP_CARRIER(ext2, .name = "ext2", .what = "ext2 on an NVDIMM, by the driver of ext4", .rank = 140,
	   .layout = { .memories = { 1ULL << 30, 0, 256ULL << 20 },
		       .steps = DP_WORDS("need /sys/fs/ext4", "namespace 0 fsdax 2M",
					 "format ext2 /dev/pmem0",
					 DP_STEPS_OF_MOUNT("ext2", "ext4", "/dev/pmem0", ""),
					 DP_STEP_HUGETLB) });
