// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/agent.h"
#include "daxpin/cleanup.h"

static const char *const stream[] = { "?virtio_pci", "?virtio_console" };
/* A kernel without one of these skips the mappings that need it. */
static const char *const nvdimm[] = { "?nfit",     "?nd_pmem",    "?dax_pmem_core",
				      "?dax_pmem", "?device_dax", "?kmem" };
/*
 * rxe up to 6.12 asks the crypto layer for crc32 by name (rxe_icrc_init()), which would call a
 * modprobe that the guest does not have, and no dependency of the module says so.
 */
static const char *const rdma[] = { "?crc32_generic", "?crc32_pclmul", "ib_uverbs", "rdma_rxe",
				    "veth" };
static const char *const fs[] = { "?ext4", "?xfs" };
static const char *const traffic[] = { "?rdma_ucm" };
/* What only some mappings need is loaded when they are asked about (struct dp_mapping). */
static const char *const overlay[] = { "?overlay" };
/* For pages that are swapped out. */
static const char *const swap[] = { "?zram" };
static const char *const disks[] = { "?virtio_blk", "?nvme" };

/* What brings memory, disks and file systems to the machines of others. */
static const char *const foreign[] = { "?nd_e820",  "?dm_mod",  "?dax_hmem", "?virtio_pmem",
				       "?cxl_acpi", "?cxl_pci", "?cxl_mem",  "?cxl_port",
				       "?cxl_pmem", "?dax_cxl", "?loop",     "?overlay",
				       "?erofs" };

/* What gives a device and its IOMMU to a process. */
static const char *const vfio[] = { "?vfio_iommu_type1", "?vfio_pci" };

/* What has the host take memory back. */
static const char *const balloon[] = { "?virtio_balloon" };

#define GROUP(name, ...)                                                                           \
	{                                                                                          \
#name, name, DP_ARRAY_SIZE(name), __VA_ARGS__                                      \
	}
static const struct dp_module_group groups[] = {
	GROUP(stream, .carrier = true),
	GROUP(nvdimm),
	GROUP(rdma),
	GROUP(fs, .carrier = true),
	GROUP(disks),
	GROUP(traffic),
	GROUP(overlay),
	GROUP(swap, .carrier = true),
	GROUP(foreign, .foreign = true),
	GROUP(vfio, .iommu = true),
	GROUP(balloon, .balloon = true),
};

const struct dp_module_group *dp_module_groups(size_t *count)
{
	*count = DP_ARRAY_SIZE(groups);
	return groups;
}
