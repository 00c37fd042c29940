// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks of the device mapper over namespaces of NVDIMMs, and a partition of one: a file system on
 * one is as much on DAX as on a namespace (dm_dax_direct_access(), drivers/md/dm.c).
 */
#include "steps.h"

#include "daxpin/carrier.h"

#define TWO_NAMESPACES "namespace 0 fsdax 2M", "namespace 1 fsdax 2M"

#define TWO_NVDIMMS                                                                                \
	{                                                                                          \
		1ULL << 30, 0, 256ULL << 20, 256ULL << 20                                          \
	}

DP_CARRIER(dm_linear, .name = "dm-linear", .what = "dm-linear over NVDIMMs", .rank = 80,
	   .layout = { .memories = TWO_NVDIMMS,
		       .steps = DP_WORDS("need /sys/class/misc/device-mapper", TWO_NAMESPACES,
					 "dm first linear /dev/pmem0",
					 "dm second linear /dev/pmem1",
					 DP_STEPS_OF_FS("ext4", "/dev/dm-0"),
					 DP_STEPS_OF_FS("xfs", "/dev/dm-1"), DP_STEP_HUGETLB) });
DP_CARRIER(dm_stripe, .name = "dm-stripe", .what = "dm-stripe over two NVDIMMs", .rank = 90,
	   .layout = { .memories = TWO_NVDIMMS,
		       .steps = DP_WORDS("need /sys/class/misc/device-mapper", TWO_NAMESPACES,
					 "dm pool striped /dev/pmem0 /dev/pmem1",
					 DP_STEPS_OF_FS("xfs", "/dev/dm-0"), DP_STEP_HUGETLB) });
DP_CARRIER(partition, .name = "partition", .what = "partitions of NVDIMMs", .rank = 100,
	   .layout = { .memories = TWO_NVDIMMS,
		       .steps = DP_WORDS(TWO_NAMESPACES, "partition /dev/pmem0 4M 200M",
					 "partition /dev/pmem1 4M 200M",
					 DP_STEPS_OF_FS("ext4", "/dev/pmem0p1"),
					 DP_STEPS_OF_FS("xfs", "/dev/pmem1p1"), DP_STEP_HUGETLB) });
