/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An NVDIMM as the machine has it that it is plugged into. What lies where is read from the medium
 * itself, its labels and info blocks, and no kernel is asked. A kernel that is not trusted has
 * written both, so that nothing of them is believed: what does not fit is no namespace.
 *
 *   label area   namespace index, label         drivers/nvdimm/label.h
 *   namespace    at 4 KiB the info block        drivers/nvdimm/pfn.h, struct nd_pfn_sb
 *                at start_pad + dataoff data
 */
#ifndef DAXPIN_MEDIUM_H
#define DAXPIN_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_error;

struct dp_label;

struct dp_medium {
	const char *route;    /* by which it is read: "medium", or "raw-device" */
	uint64_t size;        /* without the label area, bytes */
	uint64_t base;        /* physical address of its first byte in the guest; 0 if unknown */
	const void *labels;   /* the label area */
	size_t labels_length; /* bytes */
	/* Of a medium that is one namespace: what its label would say; NULL for that of the area.
	 */
	const struct dp_label *label;
	/* Reads @length bytes from @at on; both are within the size. Returns 0 or a negative errno.
	 */
	int (*read)(void *arg, uint64_t at, uint64_t length, void *to, struct dp_error *err);
	void *arg;              /* for read */
	const char *unreadable; /* why nothing of it can be read, or NULL */
};

#define DP_UUID_SIZE 16

/* What one label says. */
struct dp_label {
	unsigned char uuid[DP_UUID_SIZE];
	uint64_t offset, size; /* on the medium, bytes */
};

/* A kernel makes a label of 256 bytes for each namespace; 128 KiB have room for 510. */
#define DP_MAX_LABELS 510

/**
 * dp_labels_read - the labels in use
 * @area: the label area
 * @length: of it, bytes
 * @size: of the medium, bytes
 * @labels: receives them, room for DP_MAX_LABELS
 *
 * A label whose checksum, number or range is wrong is left out.
 *
 * Return: how many; 0 also if there is no valid index.
 */
size_t dp_labels_read(const void *area, size_t length, uint64_t size, struct dp_label *labels);

/* Bytes of an info block, and where it is in its namespace. */
#define DP_INFO_SIZE 4096
#define DP_INFO_AT   4096

/* Where the data of a namespace is. */
struct dp_info {
	bool dax;              /* it is device-dax; else a block device */
	uint64_t align;        /* of its page-table leaves, bytes; 0 if it does not say */
	uint64_t data, length; /* on the medium, bytes */
};

/**
 * dp_info_read - read an info block
 * @block: its DP_INFO_SIZE bytes
 * @label: of its namespace
 * @info: receives it
 *
 * Return: 0, or -EBADMSG if it is none, or not of this namespace, or its data is not within it.
 */
int dp_info_read(const void *block, const struct dp_label *label, struct dp_info *info);

/**
 * dp_medium_find - find where the data of a namespace is
 * @medium: on which
 * @align: alignment of a device-dax, bytes; 0 for a block device with a file system
 * @fs: "ext4" or "xfs", NULL with @align
 * @info: receives where
 * @err: that there is none, or more than one
 *
 * Return: 0, -ENOENT, -ENOTUNIQ or another negative errno.
 */
int dp_medium_find(const struct dp_medium *medium, uint64_t align, const char *fs,
		   struct dp_info *info, struct dp_error *err);

/* Whether a range, bytes, is within another one that begins at 0. */
static inline bool dp_within(uint64_t at, uint64_t length, uint64_t size)
{
	return at <= size && length <= size - at;
}

#endif
