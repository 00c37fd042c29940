/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the memory of a device lies, asked of the kernel: sysfs names the device, and what its
 * memory is part of. No name of a bus or a driver is looked at, so that it holds for whatever
 * brings device-dax or a disk with DAX.
 */
#ifndef DAXPIN_RANGE_H
#define DAXPIN_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most ranges of one device. */
#define DP_MAX_RANGES 32

struct dp_range {
	uint64_t start, len; /* physical, bytes */
	uint64_t at;         /* its first byte is this one of the device, if they are ordered */
};

struct dp_ranges {
	struct dp_range list[DP_MAX_RANGES];
	size_t count;
	bool ordered; /* it is known which byte of the device lies where */
};

/**
 * dp_ranges_of_dax - the memory of a device-dax
 * @sys: where sysfs is mounted, "/sys"
 * @device: "dax0.0"
 * @ranges: receives its data, without what the page map takes, in the order of the device
 *
 * mapping%d/{start,end,page_offset} from 5.10, otherwise resource and size (drivers/dax/bus.c).
 *
 * Return: 0; -EPERM or -EACCES where only root is told; -ENOENT if the kernel does not tell.
 */
int dp_ranges_of_dax(const char *sys, const char *device, struct dp_ranges *ranges);

/**
 * dp_ranges_of_block - the memory of a disk or a partition
 * @sys: where sysfs is mounted
 * @dev: its device number, or that of a file on it
 * @ranges: receives the memory in which its pages can lie. They are ordered unless a disk is made
 *          of others (device mapper, RAID)
 *
 * A disk that is made of others has them in slaves/. Any other has its memory in the attribute
 * "resource" of its device, or of the device that this is part of: a pfn device, a namespace, a
 * region.
 *
 * Return: as dp_ranges_of_dax().
 */
int dp_ranges_of_block(const char *sys, uint64_t dev, struct dp_ranges *ranges);

/* The BARs of a PCI device, from its file "resource"; not ordered. Return: as dp_ranges_of_dax().
 */
int dp_ranges_of_pci(const char *sys, const char *address, struct dp_ranges *ranges);

/**
 * dp_ranges_of_node - the memory that kmem has given to a node
 * @sys: where sysfs is mounted
 * @node: the node
 * @ranges: receives the memory of all device-dax with this target_node that are bound to kmem
 *
 * Return: as dp_ranges_of_dax().
 */
int dp_ranges_of_node(const char *sys, int node, struct dp_ranges *ranges);

/* Whether a physical address lies in one of them. */
bool dp_ranges_hold(const struct dp_ranges *ranges, uint64_t phys);

/**
 * dp_ranges_find - where a byte of the device lies
 * @ranges: ordered
 * @at: the byte
 * @phys: receives its physical address
 *
 * Return: whether the device has it.
 */
bool dp_ranges_find(const struct dp_ranges *ranges, uint64_t at, uint64_t *phys);

#endif
