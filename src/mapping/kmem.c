// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Persistent memory that the kmem driver has given to the page allocator. Its memory blocks are
 * online in ZONE_NORMAL or in ZONE_MOVABLE. A long-term pin first moves pages out of ZONE_MOVABLE
 * (check_and_migrate_movable_pages(), mm/gup.c).
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"
#include "daxpin/pin.h"

#define BUS "/sys/bus/dax/devices"
/* Nodes that the bit mask for mbind() has room for: one word of them is enough. */
#define NODES 64

/* Whether the first memory block of the device that is online is in this zone. */
static bool has_zone(const char *device, const char *wanted)
{
	char text[32], zone[16];
	uint64_t start, size, block;

	if (dp_read_attr(text, sizeof(text), "/sys/devices/system/memory/block_size_bytes"))
		return false;
	block = strtoull(text, NULL, 16);
	if (!block || dp_read_attr(text, sizeof(text), BUS "/%s/resource", device))
		return false;
	start = strtoull(text, NULL, 0);
	if (dp_read_attr(text, sizeof(text), BUS "/%s/size", device))
		return false;
	size = strtoull(text, NULL, 0);
	for (uint64_t at = (start + block - 1) / block * block; at + block <= start + size;
	     at += block)
		if (!dp_zone_of(at, zone, sizeof(zone)) && !strcmp(zone, wanted))
			return true;
	return false;
}

static int find_node(const char *zone, char *device, size_t size)
{
	dp_autodir DIR *bus = opendir(BUS);
	struct dirent *entry;
	char driver[32], node[16];

	while (bus && (entry = readdir(bus))) {
		if (entry->d_name[0] == '.' ||
		    dp_link_name(driver, sizeof(driver), BUS "/%s/driver", entry->d_name) ||
		    strcmp(driver, "kmem") || !has_zone(entry->d_name, zone) ||
		    dp_read_attr(node, sizeof(node), BUS "/%s/target_node", entry->d_name) ||
		    dp_path(device, size, NULL, "%s", entry->d_name))
			continue;
		return atoi(node);
	}
	return -ENODEV;
}

static int open_kmem(const struct dp_mapping *mapping, const struct dp_env *env,
		     struct dp_area *area, struct dp_error *err)
{
	int node = find_node(mapping->zone, area->resource, sizeof(area->resource));
	unsigned long mask;
	int rc;

	if (node < 0 || node >= NODES)
		return dp_skip(err, "no kmem device has memory online in ZONE_%s", mapping->zone);
	rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);
	if (rc)
		return rc;
	madvise(area->addr, area->len, MADV_NOHUGEPAGE);
	area->memory_error = dp_ranges_of_node("/sys", node, &area->memory);
	mask = 1UL << node;
	if (syscall(SYS_mbind, area->addr, area->len, MPOL_BIND, &mask, NODES + 1, 0))
		return dp_fail(err, -errno, "mbind to node %d of %s", node, area->resource);
	return 0;
}

DP_MAPPING(kmem, .name = "kmem", .what = "anonymous memory on a kmem node, ZONE_NORMAL",
	   .rank = 190, .family = DP_FAMILY_KMEM, .frames = DP_FRAMES_DEVICE, .leaf = 4096,
	   .granule = 2 << 20, .zone = "Normal", .open = open_kmem);
DP_MAPPING(kmem_movable, .name = "kmem-movable",
	   .what = "anonymous memory on a kmem node, ZONE_MOVABLE", .rank = 200,
	   .family = DP_FAMILY_KMEM, .frames = DP_FRAMES_DEVICE, .leaf = 4096, .granule = 2 << 20,
	   .zone = "Movable", .open = open_kmem);
