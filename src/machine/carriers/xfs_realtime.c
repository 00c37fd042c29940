// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xfs with a realtime section on an NVDIMM of its own, in which all files are (rtinherit). DAX is
 * that device's (xfs_inode_buftarg(), fs/xfs/xfs_inode.h: bt_daxdev). Its extents have 2 MiB, so
 * that a leaf can.
 */
#include "steps.h"

#include "daxpin/carrier.h"

#define FORMAT "format xfs /dev/pmem0 -r rtdev=/dev/pmem1,extsize=2m -d rtinherit=1"
#define MOUNT  "rtdev=/dev/pmem1,dax=inode"

DP_CARRIER(xfs_realtime, .name = "xfs-realtime",
	   .what = "the realtime section of xfs on an NVDIMM of its own", .rank = 110,
	   .layout = { .memories = { 1ULL << 30, 0, 256ULL << 20, 256ULL << 20 },
		       .steps = DP_WORDS("need /sys/fs/xfs", "namespace 0 fsdax 2M",
					 "namespace 1 fsdax 2M", FORMAT,
					 DP_STEPS_OF_MOUNT("xfs", "xfs", "/dev/pmem0", MOUNT),
					 DP_STEP_HUGETLB) });
