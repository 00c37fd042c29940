// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/agent.h"
#include "daxpin/cleanup.h"

/*
 * What soft dependencies hide: crc32c for ext4 and xfs, and crc32 for rxe up to 6.12, are asked for
 * by name from the crypto layer, which would call a modprobe that the guest does not have.
 */
static const char *const stream[] = { "?virtio_pci", "?virtio_console" };
static const char *const nvdimm[] = { "nfit",      "nd_pmem",    "?dax_pmem_core",
				      "?dax_pmem", "device_dax", "?kmem" };
static const char *const rdma[] = { "?crc32_generic", "?crc32_pclmul", "ib_uverbs", "rdma_rxe",
				    "veth" };
static const char *const fs[] = { "?crc32c_generic", "?crc32c_intel", "ext4", "xfs" };
static const char *const traffic[] = { "?rdma_ucm" };
static const char *const disks[] = { "?virtio_blk", "?nvme" };

#define GROUP(name, carrier)                                                                       \
	{                                                                                          \
#name, name, DP_ARRAY_SIZE(name), carrier                                          \
	}
static const struct dp_module_group groups[] = { GROUP(stream, true), GROUP(nvdimm, false),
						 GROUP(rdma, false),  GROUP(fs, true),
						 GROUP(disks, false), GROUP(traffic, false) };

const struct dp_module_group *dp_module_groups(size_t *count)
{
	*count = DP_ARRAY_SIZE(groups);
	return groups;
}
