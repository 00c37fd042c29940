/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device-dax, namespaces, and file systems on pmem. What is here changes devices, and is called by
 * the guest's agent, and by teardowns of a device that was named; the last part reads.
 */
#ifndef DAXPIN_DAX_H
#define DAXPIN_DAX_H

#include <ndctl/libndctl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
struct dp_error;

enum dp_namespace_mode {
	DP_NS_DEVDAX,
	DP_NS_FSDAX,
};

struct dp_namespace_spec {
	enum dp_namespace_mode mode;
	uint64_t size;  /* raw bytes taken from the region */
	uint64_t align; /* 4K, 2M or 1G */
};

/**
 * dp_region_init_labels - write empty label indexes to the DIMMs of a region
 * @region: disabled for the time being, as the kernel refuses otherwise
 * @err: context on failure
 *
 * Without labels a region is one namespace that cannot be split.
 *
 * Return: 0 or a negative errno.
 */
int dp_region_init_labels(struct ndctl_region *region, struct dp_error *err);

/**
 * dp_namespace_create - make a namespace and enable it, its page map in memory
 * @region: where
 * @spec: what
 * @device: receives "pmem0" or "dax0.0"
 * @size: size of @device in bytes
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_namespace_create(struct ndctl_region *region, const struct dp_namespace_spec *spec,
			char *device, size_t size, struct dp_error *err);

/**
 * dp_namespace_claim - make device-dax of the one namespace that a region without labels is
 * @region: where
 * @align: 4K, 2M or 1G
 * @device: receives "dax1.0"
 * @size: size of @device in bytes
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_namespace_claim(struct ndctl_region *region, uint64_t align, char *device, size_t size,
		       struct dp_error *err);

/**
 * dp_dax_to_kmem - give a device-dax to the page allocator
 * @device: "dax1.0"
 * @movable: online in ZONE_MOVABLE rather than ZONE_NORMAL
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_dax_to_kmem(const char *device, bool movable, struct dp_error *err);

/*
 * What `daxctl disable-device`, `daxctl reconfigure-device` and their likes do, by device name
 * ("dax0.1", "namespace0.1", "region0"). Each returns 0 or a negative errno with its context.
 */
int dp_dax_disable(const char *device, struct dp_error *err);
/* Binds it to device_dax; memory that is online is given back first. */
int dp_dax_to_devdax(const char *device, struct dp_error *err);
/* Offlines its memory and unbinds it from kmem. */
int dp_dax_offline(const char *device, struct dp_error *err);
int dp_namespace_disable(const char *name, struct dp_error *err);
int dp_namespace_enable(const char *name, struct dp_error *err);
int dp_region_disable(const char *name, struct dp_error *err);
int dp_region_enable(const char *name, struct dp_error *err);

/**
 * dp_fs_format - make a file system that lays out 2 MiB extents
 * @fs: "ext4" or "xfs"
 * @device: block device, "/dev/pmem0"; what it holds is lost
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_fs_format(const char *fs, const char *device, struct dp_error *err);

/**
 * dp_fs_mount - mount it with dax=inode
 * @fs: "ext4" or "xfs"
 * @device: block device
 * @dir: mount point, made if missing; below it "dax" (files are DAX) and "cached" (files are not)
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_fs_mount(const char *fs, const char *device, const char *dir, struct dp_error *err);

/**
 * dp_fs_remount - mount a file system that has been mounted by dp_fs_mount() before
 * As dp_fs_mount(), without making folders below @dir.
 */
int dp_fs_remount(const char *fs, const char *device, const char *dir, struct dp_error *err);

/**
 * dp_fs_wipe - have a disk no longer recognised as a file system (ext4, xfs)
 * @device: block device, not mounted
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_fs_wipe(const char *device, struct dp_error *err);

/* One mounted file system on which daxpin can ask. */
struct dp_mount {
	char dir[256];
	char fs[16];
	char source[64];
	bool dax; /* the block device can do DAX (queue/dax) */
};

/**
 * dp_mounts_read - the ext4 and xfs mounts of this machine, from /proc/self/mountinfo
 * @mounts: receives an array, to be freed
 * @count: receives how many
 *
 * Return: 0 or a negative errno.
 */
int dp_mounts_read(struct dp_mount **mounts, size_t *count);

/* A device that somebody wants to have torn down, and that is nobody's. */
struct dp_claim {
	char name[64];  /* "dax0.1", "pmem0" */
	char node[80];  /* "/dev/dax0.1" */
	bool block;     /* a disk, rather than device-dax */
	uint64_t align; /* of device-dax, bytes */
	uint64_t size;  /* bytes */
};

/**
 * dp_device_claim - find out whether a device may be destroyed
 * @device: its name, or the path of its node
 * @claim: receives what it is
 * @err: why not (bad input): there is no such device, it is of another kind, mounted or held, in
 * use by a process, or carries a file system or a partition table
 *
 * Needs root. Changes nothing.
 *
 * Return: 0, -EINVAL, or another negative errno if it could not be looked at.
 */
int dp_device_claim(const char *device, struct dp_claim *claim, struct dp_error *err);

/**
 * dp_inventory_dax - the device-dax and kmem devices
 *
 * Return: an array of {"device","driver","align","size","target_node"}.
 */
struct json_object *dp_inventory_dax(void);

/**
 * dp_inventory_namespaces - the namespaces of persistent memory
 *
 * Return: an array of {"namespace","mode","size","blockdev","region"}.
 */
struct json_object *dp_inventory_namespaces(void);

/**
 * dp_inventory_mounts - the mounts of ext4 and xfs whose device can do DAX
 *
 * Return: an array of {"dir","fs","source"}.
 */
struct json_object *dp_inventory_mounts(void);

#endif
