// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Persistent memory of a virtual machine: a file of the host, and a flush that the host does
 * (drivers/nvdimm/virtio_pmem.c). The flush wants a file: QEMU's virtio_pmem_flush() fails with EIO
 * where the memory has none.
 */
#include "steps.h"

#include "daxpin/carrier.h"

#define DEVICE(n, size)                                                                            \
	"-object", "memory-backend-memfd,id=vpmem" n ",size=" size, "-device",                     \
		"virtio-pmem-pci,memdev=vpmem" n

DP_CARRIER(virtio_pmem, .name = "virtio-pmem", .what = "persistent memory of a virtual machine",
	   .rank = 60, .unsaved = true,
	   .layout = {
		   .memories = { 1ULL << 30 },
		   .qemu = DP_WORDS(DEVICE("0", "320M"), DEVICE("1", "128M"), DEVICE("2", "256M")),
		   .steps = DP_WORDS("need /sys/bus/virtio/drivers/virtio_pmem",
				     "namespace 0 devdax 2M", "namespace 1 fsdax 2M",
				     DP_STEPS_OF_FS("ext4", "/dev/pmem1"), "namespace 2 fsdax 2M",
				     DP_STEPS_OF_FS("xfs", "/dev/pmem2"), DP_STEP_HUGETLB) });
