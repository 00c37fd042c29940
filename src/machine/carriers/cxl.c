// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of a CXL device behind a root port of a host bridge. With one root port only, QEMU 7.2
 * loses data without a word: so there are two. QEMU calls itself a hypervisor unless it is told not
 * to, and the kernel maps no CXL region then, as it cannot flush the processor's caches
 * (cpu_cache_has_invalidate_memregion(), arch/x86/mm/pat/set_memory.c).
 */
#include "steps.h"

#include "daxpin/carrier.h"

#define SYSFS "/sys/bus/cxl/devices/"

DP_CARRIER(
	cxl_pmem, .name = "cxl-pmem", .what = "persistent memory of a CXL device", .rank = 40,
	.unsaved = true,
	.layout = {
		.memories = { 1ULL << 30 },
		.qemu = DP_WORDS("-machine", "cxl=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G",
				 "-object", "memory-backend-ram,id=cxlmem,size=1G", "-object",
				 "memory-backend-ram,id=cxllsa,size=1M", "-device",
				 "pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1", "-device",
				 "cxl-rp,port=0,bus=cxl.1,id=cxlport0,chassis=2,slot=2", "-device",
				 "cxl-rp,port=1,bus=cxl.1,id=cxlport1,chassis=2,slot=3", "-device",
				 "cxl-type3,bus=cxlport0,memdev=cxlmem,lsa=cxllsa,id=cxldev"),
		.steps = DP_WORDS(
			"need /sys/bus/cxl/drivers/cxl_mem", "await " SYSFS "decoder2.0",
			"write " SYSFS "decoder0.0/create_pmem_region region0",
			"write " SYSFS "region0/uuid 6d1f3f5a-6f6c-4a3b-9d3c-2f0a5b7c9e11",
			"write " SYSFS "region0/interleave_granularity 256",
			"write " SYSFS "region0/interleave_ways 1",
			"write " SYSFS "decoder2.0/mode pmem",
			"write " SYSFS "decoder2.0/dpa_size 0x40000000",
			"write " SYSFS "region0/size 0x40000000",
			"write " SYSFS "region0/target0 decoder2.0",
			"write " SYSFS "region0/commit 1",
			"write /sys/bus/cxl/drivers/cxl_region/bind region0",
			"await /sys/bus/nd/devices/region0", "labels 0", "namespace 0 fsdax 2M 64M",
			DP_STEPS_OF_FS("ext4", "/dev/pmem0"), "namespace 0 fsdax 2M 128M",
			DP_STEPS_OF_FS("xfs", "/dev/pmem0.1"), "namespace 0 devdax 4K 192M",
			"namespace 0 devdax 2M 256M", DP_STEP_HUGETLB) });
