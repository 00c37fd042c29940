/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device-dax, namespaces, and file systems on pmem.
 *
 * The functions up to dp_fs_wipe() change devices. They are for the agent of a guest, and for
 * teardowns of a device that the user has named. Those that follow only read.
 */
#ifndef DAXPIN_DAX_H
#define DAXPIN_DAX_H

#include <ndctl/libndctl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
#include "daxpin/medium.h"

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

/* Releases a context of libndctl, if there is one; for dp_cleanup(). */
void dp_ndctl_put(struct ndctl_ctx **ctx);

/**
 * dp_regions - the regions of all NVDIMM buses
 * @ctx: context of libndctl
 * @list: receives them, in the order of their addresses
 * @most: how many @list has room for; more are left out
 *
 * Return: how many there are in @list.
 */
size_t dp_regions(struct ndctl_ctx *ctx, struct ndctl_region **list, size_t most);

/**
 * dp_region_init_labels - write empty label indexes to the DIMMs of a region
 * @region: is disabled meanwhile, because the kernel refuses to write otherwise
 * @err: context on failure
 *
 * A region without labels is one namespace, which cannot be split.
 *
 * Return: 0 or a negative errno.
 */
int dp_region_init_labels(struct ndctl_region *region, struct dp_error *err);

/**
 * dp_namespace_create - make a namespace and enable it; its struct pages are in RAM
 * @region: the region that has room for it
 * @spec: mode, size and alignment
 * @device: receives "pmem0" or "dax0.0"
 * @size: size of @device in bytes
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_namespace_create(struct ndctl_region *region, const struct dp_namespace_spec *spec,
			char *device, size_t size, struct dp_error *err);

/**
 * dp_namespace_claim - enable a region without labels, which is one namespace
 * @region: the region
 * @mode: device-dax, or a disk
 * @align: 4K, 2M or 1G
 * @device: receives "dax1.0" or "pmem1"
 * @size: size of @device in bytes
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_namespace_claim(struct ndctl_region *region, enum dp_namespace_mode mode, uint64_t align,
		       char *device, size_t size, struct dp_error *err);

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
 * The same as `daxctl disable-device`, `daxctl reconfigure-device` and the commands of ndctl, for a
 * device by name ("dax0.1", "namespace0.1", "region0"). Each returns 0 or a negative errno, with
 * the context in @err.
 */
int dp_dax_disable(const char *device, struct dp_error *err);
/* Binds it to device_dax. Memory of it that is online is offlined first. */
int dp_dax_to_devdax(const char *device, struct dp_error *err);
/* Offlines its memory and unbinds it from kmem. */
int dp_dax_offline(const char *device, struct dp_error *err);
int dp_namespace_disable(const char *name, struct dp_error *err);
int dp_namespace_enable(const char *name, struct dp_error *err);
int dp_region_disable(const char *name, struct dp_error *err);
int dp_region_enable(const char *name, struct dp_error *err);

/*
 * Give a namespace that nobody uses its raw personality, a block device, whose node @node receives
 * ("/dev/pmem0", @size bytes); and the one that its info block says.
 */
int dp_namespace_to_raw(const char *name, char *node, size_t size, struct dp_error *err);
int dp_namespace_from_raw(const char *name, struct dp_error *err);

/* A device-dax that is read without its driver. */
struct dp_raw {
	char ns[64];             /* "namespace0.1" */
	bool changed;            /* it is not device-dax for the time being */
	int fd;                  /* of its raw block device */
	struct dp_label label;   /* where the namespace is on that: it is all of it */
	struct dp_medium medium; /* refers to this structure */
};

/**
 * dp_raw_open - have the namespace of a device-dax be a raw block device
 * @device: "dax0.0", which nobody has open
 * @raw: receives it; to be released with dp_raw_close() in any case
 * @err: context on failure
 *
 * Takes root. Nothing is written.
 *
 * Return: 0, -ENOTSUP if it is of no namespace, or another negative errno.
 */
int dp_raw_open(const char *device, struct dp_raw *raw, struct dp_error *err);

/* Has it be the device-dax again that it was. Return: 0 or a negative errno. */
int dp_raw_close(struct dp_raw *raw, struct dp_error *err);

/* The namespace that a device-dax is made of: "namespace0.1". Return: 0 or -ENODEV. */
int dp_dax_namespace(const char *device, char *ns, size_t size);

/* The files of xfsprogs that tell what long-term kernels can mount; a guest has them there, too. */
#define DP_MKFS_CONFS "/usr/share/xfsprogs/mkfs"

/**
 * dp_swap_format - write the header of a swap space
 * @fd: of a file or a disk, open for writing
 * @bytes: its size, a multiple of the page size
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_swap_format(int fd, uint64_t bytes, struct dp_error *err);

/**
 * dp_fs_format - make a file system that lays out 2 MiB extents, for the kernel that runs
 * @fs: "ext4", "ext3", "ext2", "xfs" or "erofs"
 * @device: block device, "/dev/pmem0"; what it holds is lost
 * @words: further options for the mkfs, in place of those that daxpin gives it; of erofs, the
 * folder whose files it has
 * @count: how many words, at most 12
 * @err: context on failure
 *
 * Return: 0, DP_SKIP if mkfs.erofs is not there, -EINVAL for another file system (bad input), or
 * another negative errno.
 */
int dp_fs_format(const char *fs, const char *device, const char *const *words, size_t count,
		 struct dp_error *err);

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
 * dp_fs_make_dir - make a folder
 * @parent: the folder in which it is made
 * @name: its name; it may be there already
 * @dax: give it FS_XFLAG_DAX, which its new files inherit
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_fs_make_dir(const char *parent, const char *name, bool dax, struct dp_error *err);

/**
 * dp_fs_remount - mount a file system that was mounted by dp_fs_mount() before
 *
 * As dp_fs_mount(), but it makes no folders below @dir.
 */
int dp_fs_remount(const char *fs, const char *device, const char *dir, struct dp_error *err);

/**
 * dp_fs_wipe - erase the signature of a file system (ext4, xfs) from a disk
 * @device: block device, not mounted
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_fs_wipe(const char *device, struct dp_error *err);

/* One mounted file system on which temporary files can be made. */
struct dp_mount {
	char dir[256];
	char fs[16];
	char source[64];
	char realtime[64]; /* the device of xfs's realtime section, or "" */
	bool dax; /* the block device can do DAX (queue/dax), and it is not mounted dax=never */
	bool dax_always; /* it is mounted dax=always: by default a file's own attribute decides */
};

/**
 * dp_mounts_read - the mounts of ext4 (also as ext2 and ext3) and xfs of this machine, from
 * /proc/self/mountinfo
 * @mounts: receives an array, to be freed
 * @count: receives how many
 *
 * Return: 0 or a negative errno.
 */
int dp_mounts_read(struct dp_mount **mounts, size_t *count);

/**
 * dp_mount_find - the mount of ext4 or xfs on a device
 * @dev: the device number of a file on it
 * @mount: receives it
 *
 * Return: 0, -ENOENT, or another negative errno.
 */
int dp_mount_find(uint64_t dev, struct dp_mount *mount);

/**
 * dp_file_device - the device with the blocks of a file on ext4 or xfs
 * @fd: the file
 * @dev: receives its number: that of the file system, or of the realtime section of xfs, if the
 * file is in it
 *
 * Return: 0 or a negative errno.
 */
int dp_file_device(int fd, uint64_t *dev);

/* A device that the user wants to tear down, and that is not in use. */
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
 * @claim: receives name, kind and size
 * @err: why it may not (bad input): there is no such device, it is of another kind, it is mounted,
 *       held or in use by a process, or it carries a file system or a partition table
 *
 * Takes root. Changes nothing.
 *
 * Return: 0, -EINVAL, or another negative errno if it could not be looked at.
 */
int dp_device_claim(const char *device, struct dp_claim *claim, struct dp_error *err);

/**
 * dp_inventory_dax - the device-dax and kmem devices
 *
 * Return: an array of {"device","driver","align","size","target_node"}. It is NULL, here and below,
 * if what there is cannot be read, which is not the same as none.
 */
struct json_object *dp_inventory_dax(void);

/**
 * dp_inventory_namespaces - the namespaces of persistent memory
 *
 * Return: an array of {"namespace","mode","size","align","blockdev","region"}; "align" is left out
 * where there is none, or where it cannot be read.
 */
struct json_object *dp_inventory_namespaces(void);

/**
 * dp_inventory_cxl_memdevs - the CXL memory devices
 *
 * Return: an array of {"memdev","host","serial","pmem_size","ram_size","numa_node","enabled"}. Here
 * and below, a number that the kernel does not tell is absent, and all arrays are empty on a
 * machine without CXL.
 */
struct json_object *dp_inventory_cxl_memdevs(void);

/**
 * dp_inventory_cxl_decoders - the decoders that map something: of roots, switches and endpoints
 *
 * Return: an array of {"decoder","port","resource","size"}, of endpoints with "dpa_size", "mode"
 * and "memdev", with "region" where they are a part of one.
 */
struct json_object *dp_inventory_cxl_decoders(void);

/**
 * dp_inventory_cxl_regions - the regions: ranges of addresses that one device or several share
 *
 * Return: an array of {"region","decoder","resource","size","ways","granularity","enabled",
 * "memdevs"}.
 */
struct json_object *dp_inventory_cxl_regions(void);

/**
 * dp_inventory_mounts - the mounts of ext4 and xfs whose device can do DAX
 *
 * Return: an array of {"dir","fs","source"}.
 */
struct json_object *dp_inventory_mounts(void);

#endif
