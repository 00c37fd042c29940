// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xfs whose files may share blocks, as mkfs.xfs makes it by default, and daxpin does not. With
 * dax=inode each kernel mounts it: before 6.0 DAX is refused to files that do share
 * (xfs_inode_supports_dax(), fs/xfs/xfs_iops.c: xfs_is_reflink_inode()) and to the whole with
 * dax=always (xfs_fc_fill_super(), fs/xfs/xfs_super.c). A new file shares nothing.
 */
#include "steps.h"

#include "daxpin/carrier.h"

DP_CARRIER(xfs_reflink, .name = "xfs-reflink", .what = "xfs with reflink on an NVDIMM", .rank = 120,
	   .layout = { .memories = { 1ULL << 30, 0, 256ULL << 20 },
		       .steps = DP_WORDS("need /sys/fs/xfs", "namespace 0 fsdax 2M",
					 "format xfs /dev/pmem0 -m reflink=1",
					 DP_STEPS_OF_MOUNT("xfs", "xfs", "/dev/pmem0", "dax=inode"),
					 DP_STEP_HUGETLB) });
