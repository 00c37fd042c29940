// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * erofs on an NVDIMM: read only, its files whole and uncompressed, so that they are DAX files with
 * dax=always (erofs_set_inode_flags(), fs/erofs/inode.c, from 5.15 on: commit 06252e9ce05b). There
 * is one file, which fsdax-erofs-private maps.
 */
#include "steps.h"

#include "daxpin/carrier.h"

DP_CARRIER(erofs, .name = "erofs", .what = "erofs, which is read only, on an NVDIMM", .rank = 130,
	   .layout = {
		   .memories = { 1ULL << 30, 0, 256ULL << 20 },
		   .steps = DP_WORDS(
			   "need /sys/fs/erofs this kernel has no erofs, or that of before 5.16",
			   "namespace 0 fsdax 2M", "folder /run/erofs", "file /run/erofs/file 64M",
			   "format erofs /dev/pmem0 /run/erofs",
			   "mount erofs /dev/pmem0 /mnt/erofs dax=always", "remove /run/erofs",
			   DP_STEP_HUGETLB) });
