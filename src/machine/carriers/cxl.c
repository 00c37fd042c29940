// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of a CXL device behind a root port of a host bridge. With one root port only, QEMU 7.2
 * loses data without a word: so there are two. QEMU calls itself a hypervisor unless it is told not
 * to, and the kernel maps no CXL region then, as it cannot flush the processor's caches
 * (cpu_cache_has_invalidate_memregion(), arch/x86/mm/pat/set_memory.c).
 */
#include "steps.h"

#include "daxpin/carrier.h"
#include "daxpin/control.h"

#define SYSFS "/sys/bus/cxl/devices/"

/* @memory: what the device has, as options of cxl-type3 */
#define MACHINE(memory)                                                                            \
	DP_WORDS("-machine", "cxl=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G", "-object",      \
		 "memory-backend-ram,id=cxlmem,size=1G", "-object",                                \
		 "memory-backend-ram,id=cxllsa,size=1M", "-device",                                \
		 "pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1", "-device",                               \
		 "cxl-rp,port=0,bus=cxl.1,id=cxlport0,chassis=2,slot=2", "-device",                \
		 "cxl-rp,port=1,bus=cxl.1,id=cxlport1,chassis=2,slot=3", "-device",                \
		 "cxl-type3,bus=cxlport0,id=" DP_CONTROL_CXL "," memory, "-global",                \
		 "max-x86_64-cpu.hypervisor=off", "-global", "host-x86_64-cpu.hypervisor=off")

/*
 * Interrupts of these root ports do not arrive under QEMU 7.2, which has no MSI for them: the slots
 * are asked whether somebody wants a device to be unplugged (pciehp_poll(),
 * drivers/pci/hotplug/pciehp_hpc.c).
 */
#define CMDLINE "pciehp.pciehp_poll_mode=1 pciehp.pciehp_poll_time=1"

/* A step that only pmem wants; with its comma. */
#define UUID "write " SYSFS "region0/uuid 6d1f3f5a-6f6c-4a3b-9d3c-2f0a5b7c9e11",
#define NONE

/* @kind: "pmem" or "ram"; @uuid: UUID or NONE */
#define REGION(kind, uuid)                                                                         \
	"need /sys/bus/cxl/drivers/cxl_mem", "await " SYSFS "decoder2.0",                          \
		"write " SYSFS "decoder0.0/create_" kind "_region region0",                        \
		uuid "write " SYSFS "region0/interleave_granularity 256",                          \
		"write " SYSFS "region0/interleave_ways 1",                                        \
		"write " SYSFS "decoder2.0/mode " kind,                                            \
		"write " SYSFS "decoder2.0/dpa_size 0x40000000",                                   \
		"write " SYSFS "region0/size 0x40000000",                                          \
		"write " SYSFS "region0/target0 decoder2.0", "write " SYSFS "region0/commit 1",    \
		"write /sys/bus/cxl/drivers/cxl_region/bind region0"

#define AUTOPROBE "write /sys/bus/dax/drivers_autoprobe "

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): paths that are put together */

/* cxl_pci of Linux 6.3 and later reads the device's event log, which QEMU has from 8.1 on. */
DP_CARRIER(cxl_pmem, .name = "cxl-pmem", .what = "persistent memory of a CXL device", .rank = 40,
	   .unsaved = true, .since = "8.1", .served = "6.3",
	   .layout = { .memories = { 1ULL << 30 },
		       .cmdline = CMDLINE,
		       .qemu = MACHINE("memdev=cxlmem,lsa=cxllsa,sn=1"),
		       .steps = DP_WORDS(REGION("pmem", UUID), "await /sys/bus/nd/devices/region0",
					 "labels 0", "namespace 0 fsdax 2M 64M",
					 DP_STEPS_OF_FS("ext4", "/dev/pmem0"),
					 "namespace 0 fsdax 2M 128M",
					 DP_STEPS_OF_FS("xfs", "/dev/pmem0.1"),
					 "namespace 0 devdax 4K 192M", "namespace 0 devdax 2M 256M",
					 DP_STEP_HUGETLB) });

/*
 * The region of volatile memory becomes a device-dax of type generic (cxl_dax_region,
 * drivers/dax/cxl.c, from 6.3 on), and that memory of the page allocator, unless another driver has
 * it first. To take it back is a race: the link "driver" is there while kmem is still adding
 * memory, and what goes online after daxctl has looked stays (dev_dax_kmem_remove(), "cannot be
 * hotremoved until the next reboot"). Its range is reserved then: device_dax gets EBUSY, and after
 * that EINVAL, as dev_dax_probe() leaves dev_dax->pgmap set where it fails (drivers/dax/device.c).
 * So nobody takes it by himself until device_dax has been told to.
 */
DP_CARRIER(cxl_ram, .name = "cxl-ram", .what = "volatile memory of a CXL device", .rank = 50,
	   .unsaved = true, .since = "8.1",
	   .layout = { .memories = { 1ULL << 30 },
		       .cmdline = CMDLINE,
		       .qemu = MACHINE("volatile-memdev=cxlmem,sn=1"),
		       .steps = DP_WORDS("need /sys/bus/cxl/drivers/cxl_dax_region", AUTOPROBE "0",
					 REGION("ram", NONE), "await /sys/bus/dax/devices/dax0.0",
					 "dax dax0.0 devdax", AUTOPROBE "1", DP_STEP_HUGETLB) });

/* NOLINTEND(bugprone-suspicious-missing-comma) */
