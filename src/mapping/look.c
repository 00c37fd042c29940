// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "looked.h"

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/look.h"
#include "daxpin/pin.h"
#include "daxpin/text.h"
#include "daxpin/vma.h"

/* The memory devices (drivers/char/mem.c): to open one of these changes nothing. */
#define MEM_MAJOR 1
#define DEV_MEM   1
#define DEV_ZERO  5

#ifndef SECRETMEM_MAGIC
#define SECRETMEM_MAGIC 0x5345434d
#endif
#define XFS_MAGIC  0x58465342
#define FUSE_MAGIC 0x65735546
#define F2FS_MAGIC 0xF2F52010

void dp_look_name(struct dp_look *look, enum dp_family family, const char *fmt, ...)
{
	va_list ap;

	look->family = family;
	va_start(ap, fmt);
	vsnprintf(look->mapping, sizeof(look->mapping), fmt, ap);
	va_end(ap);
}

void dp_look_unknown(struct dp_look *look, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(look->unknown, sizeof(look->unknown), fmt, ap);
	va_end(ap);
}

static void say(struct dp_look *look, const char *what)
{
	snprintf(look->what, sizeof(look->what), "%s", what);
}

static void refuse(struct dp_look *look, int errnum)
{
	look->unmappable = errnum;
}

/* ---- whether memory is persistent --------------------------------------------------------- */

static int is_persistent(const struct dp_ranges *ranges)
{
	struct dp_iomem iomem = { 0 };
	int persistent = dp_iomem_read(&iomem, NULL) ? -1 : 1;

	for (size_t i = 0; i < ranges->count && persistent > 0; i++) {
		const struct dp_resource *res = dp_iomem_find(&iomem, ranges->list[i].start);

		persistent = res ? dp_resource_is(res, DP_PERSISTENT_MEMORY) : -1;
	}
	dp_iomem_clear(&iomem);
	return persistent;
}

static int of_dax(const char *device)
{
	struct dp_ranges ranges;

	return dp_ranges_of_dax("/sys", device, &ranges) ? -1 : is_persistent(&ranges);
}

static int of_block(uint64_t dev)
{
	struct dp_ranges ranges;

	return dp_ranges_of_block("/sys", dev, &ranges) ? -1 : is_persistent(&ranges);
}

/* ---- a mapping, made and looked at -------------------------------------------------------- */

/* Return: 0, or the errno of mmap(). */
static int map_briefly(int fd, size_t len, struct dp_vma *vma)
{
	dp_autofree struct dp_vma *list = NULL;
	const struct dp_vma *found;
	void *at = mmap(NULL, len, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	size_t count;

	if (at == MAP_FAILED)
		return errno;
	if (!dp_vmas_read(0, &list, &count, NULL)) {
		found = dp_vma_find(list, count, (uintptr_t)at);
		if (found)
			*vma = *found;
	}
	munmap(at, len);
	return 0;
}

bool dp_look_is_pfnmap(const struct dp_vma *vma)
{
	return dp_vma_has(vma, "pf") || dp_vma_has(vma, "io");
}

/* ---- files -------------------------------------------------------------------------------- */

static const char *fs_name(const struct statfs *fs)
{
	static const struct {
		long magic;
		const char *name;
	} known[] = {
		{ EXT4_SUPER_MAGIC, "ext4" },   { XFS_MAGIC, "xfs" },
		{ BTRFS_SUPER_MAGIC, "btrfs" }, { F2FS_MAGIC, "f2fs" },
		{ NFS_SUPER_MAGIC, "nfs" },     { OVERLAYFS_SUPER_MAGIC, "overlayfs" },
		{ FUSE_MAGIC, "fuse" },
	};

	for (size_t i = 0; i < DP_ARRAY_SIZE(known); i++)
		if ((long)fs->f_type == known[i].magic)
			return known[i].name;
	return NULL;
}

static bool is_dax_file(const struct dp_looked *s)
{
	struct statx stx;

	return statx(s->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) == 0 &&
	       (stx.stx_attributes & STATX_ATTR_DAX);
}

/* What a new file of a folder will be: xfs_inode_should_enable_dax(), ext4_should_enable_dax(). */
static bool makes_dax_files(const struct dp_looked *s)
{
	dp_autofd int fd = -1;
	struct dp_mount mount;
	struct fsxattr attr;

	if (dp_mount_find(s->st.st_dev, &mount) || !mount.dax)
		return false;
	if (mount.dax_always)
		return true;
	fd = s->path ? open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOATIME) : -1;
	return fd >= 0 && ioctl(fd, FS_IOC_FSGETXATTR, &attr) == 0 &&
	       (attr.fsx_xflags & FS_XFLAG_DAX);
}

static void look_at_pages(const struct dp_looked *s, struct dp_look *look)
{
	bool folder = S_ISDIR(s->st.st_mode);
	bool dax = folder ? makes_dax_files(s) : is_dax_file(s);
	const char *fs = fs_name(&s->fs), *kind = folder ? "a folder on" : "a file on";

	if (!fs && !dax) {
		snprintf(look->what, sizeof(look->what), "%s a file system of type %#lx", kind,
			 (unsigned long)s->fs.f_type);
		dp_look_unknown(look, "daxpin does not know how this file system maps its files; "
				      "daxpin check --dir tells");
		return;
	}
	if (folder && !strcmp(fs ? fs : "", "overlayfs")) {
		say(look, "a folder on overlayfs");
		dp_look_unknown(look,
				"its new files are made on the upper layer: ask for a file in it, "
				"or for that layer's folder");
		return;
	}
	if (!dax && !strcmp(fs ? fs : "", "overlayfs") && s->path &&
	    dp_look_overlays_tmpfs(s->path)) {
		say(look, "a file on overlayfs, of which a layer is on tmpfs");
		dp_look_unknown(look, "it is not told which layer the file is on: ask for the file "
				      "in its layer");
		return;
	}
	snprintf(look->what, sizeof(look->what), "%s %s %s DAX%s", kind, fs ? fs : "a file system",
		 dax ? "with" : "without", folder ? ", as its new files will be" : "");
	look->empty = !folder && !s->st.st_size;
	look->persistent = dax ? of_block(s->st.st_dev) : 0;
	if (dax)
		dp_look_name(look, DP_FAMILY_FSDAX, "fsdax-%s%s", fs ? fs : "other",
			     s->private ? "-private" : "");
	else if (s->private)
		dp_look_name(look, DP_FAMILY_PAGECACHE, "pagecache-private");
	else
		dp_look_name(look, DP_FAMILY_PAGECACHE, "pagecache-%s", fs);
}

static void look_at_hugetlb(const struct dp_looked *s, struct dp_look *look)
{
	char size[16];

	dp_format_size((uint64_t)s->fs.f_bsize, size, sizeof(size));
	dp_look_name(look, DP_FAMILY_HUGETLB, "hugetlb-%s", size);
	snprintf(look->what, sizeof(look->what), "hugetlbfs with pages of %s", size);
	look->empty = S_ISREG(s->st.st_mode) && !s->st.st_size;
}

/* By where it is, not by how it is called: p2pmem_alloc_mmap() allocates with each mmap(). */
static bool is_peer_memory(const struct dp_looked *s)
{
	char link[32], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", s->fd);
	len = readlink(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	return strstr(path, "/p2pmem/allocate");
}

/* Attributes, and the BARs of PCI devices: whatever mmap() says. */
static void look_at_kernel_file(const struct dp_looked *s, struct dp_look *look)
{
	dp_autofd int fd = -1;
	struct dp_vma vma = { 0 };

	say(look, "a file of the kernel's (sysfs, proc)");
	if (S_ISDIR(s->st.st_mode)) {
		refuse(look, ENODEV);
		return;
	}
	if (is_peer_memory(s)) {
		say(look, s->path ? "PCI peer-to-peer memory (not mapped now: mmap() allocates it)"
				  : "PCI peer-to-peer memory");
		dp_look_name(look, DP_FAMILY_P2PDMA, "p2pdma");
		return;
	}
	if (!s->path) {
		dp_look_unknown(look, "its VmFlags tell no kind that daxpin knows");
		return;
	}
	fd = open(s->path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		fd = open(s->path, O_RDONLY | O_CLOEXEC);
	refuse(look, fd < 0 ? errno : map_briefly(fd, (size_t)sysconf(_SC_PAGESIZE), &vma));
	if (look->unmappable)
		return;
	if (dp_look_is_pfnmap(&vma)) {
		say(look, "memory of a device without struct pages (VM_PFNMAP), a PCI BAR");
		dp_look_name(look, DP_FAMILY_PFNMAP, "pfnmap");
	} else {
		dp_look_unknown(look, "VmFlags%s tell no kind that daxpin knows", vma.flags);
	}
}

static void look_at_file(const struct dp_looked *s, struct dp_look *look)
{
	switch ((unsigned long)s->fs.f_type) {
	case SYSFS_MAGIC:
	case PROC_SUPER_MAGIC:
		look_at_kernel_file(s, look);
		break;
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		say(look, "a file of the kernel's (debugfs, tracefs, cgroup, …)");
		dp_look_unknown(look, "it is not opened, as that can stop a trace or start one");
		break;
	case HUGETLBFS_MAGIC:
		look_at_hugetlb(s, look);
		break;
	case SECRETMEM_MAGIC:
		dp_look_name(look, DP_FAMILY_SECRETMEM, "secretmem");
		say(look, "memory of memfd_secret(2)");
		break;
	case TMPFS_MAGIC:
		dp_look_name(look, DP_FAMILY_SHMEM, "tmpfs");
		say(look,
		    S_ISDIR(s->st.st_mode) ? "a folder on tmpfs" : "shared memory (tmpfs, memfd)");
		look->empty = S_ISREG(s->st.st_mode) && !s->st.st_size;
		break;
	default:
		look_at_pages(s, look);
	}
}

/* ---- devices ------------------------------------------------------------------------------ */

static void look_at_dax(const struct dp_looked *s, const char *name, struct dp_look *look)
{
	char driver[32] = "", align[32], size[16] = "?";
	dp_autofd int fd = -1;
	struct dp_vma vma = { 0 };
	uint64_t bytes = 0;

	dp_link_name(driver, sizeof(driver), "/sys/bus/dax/devices/%s/driver", name);
	if (!dp_read_attr(align, sizeof(align), "/sys/bus/dax/devices/%s/align", name))
		bytes = strtoull(align, NULL, 0);
	dp_format_size(bytes, size, sizeof(size));
	if (!strcmp(driver, "kmem"))
		say(look, "device-dax that is bound to kmem: its memory is in use as System RAM");
	else if (!driver[0])
		say(look, "device-dax that is bound to no driver");
	else
		snprintf(look->what, sizeof(look->what), "device-dax, aligned to %s", size);
	if (s->path)
		fd = open(s->path, O_RDWR | O_CLOEXEC);
	if (s->path && fd < 0)
		refuse(look, errno);
	else if (s->path && bytes)
		refuse(look, map_briefly(fd, bytes, &vma));
	if (look->unmappable)
		return;
	dp_look_name(look, DP_FAMILY_DEVDAX, "devdax-%s", size);
	look->persistent = of_dax(name);
}

static void look_at_mem(const struct dp_looked *s, struct dp_look *look)
{
	dp_autofd int fd = -1;
	struct dp_vma vma = { 0 };

	say(look, "a memory device");
	if (minor(s->st.st_rdev) == DEV_ZERO) {
		say(look, "/dev/zero: a private mapping is anonymous memory, a shared one shmem");
		dp_look_name(look, DP_FAMILY_ANON, "anon");
		return;
	}
	if (!s->path) {
		dp_look_unknown(look, "its VmFlags tell no kind that daxpin knows");
		return;
	}
	fd = open(s->path, O_RDONLY | O_CLOEXEC);
	refuse(look, fd < 0 ? errno : map_briefly(fd, (size_t)sysconf(_SC_PAGESIZE), &vma));
	if (minor(s->st.st_rdev) == DEV_MEM || (!look->unmappable && dp_look_is_pfnmap(&vma))) {
		say(look, "physical memory without struct pages behind the mapping (VM_PFNMAP)");
		if (!look->unmappable)
			dp_look_name(look, DP_FAMILY_PFNMAP, "pfnmap");
	} else if (!look->unmappable) {
		dp_look_unknown(look, "VmFlags%s tell no kind that daxpin knows", vma.flags);
	}
}

static void look_at_device(const struct dp_looked *s, struct dp_look *look)
{
	char name[64];

	if (major(s->st.st_rdev) == MEM_MAJOR) {
		look_at_mem(s, look);
		return;
	}
	if (!dp_link_name(name, sizeof(name), "/sys/dev/char/%u:%u", major(s->st.st_rdev),
			  minor(s->st.st_rdev)) &&
	    dp_exists("/sys/bus/dax/devices/%s", name)) {
		look_at_dax(s, name, look);
		return;
	}
	say(look, "a character device that daxpin does not know");
	dp_look_unknown(look,
			"it is not opened, as that can change its state; of a process that has it "
			"mapped, explain --pid PID ADDRESS tells");
}

/* A drive or a loop device that has nothing in it: opening it to ask could load something. */
static bool has_no_medium(dev_t dev)
{
	char sectors[32];

	return !dp_read_attr(sectors, sizeof(sectors), "/sys/dev/block/%u:%u/size", major(dev),
			     minor(dev)) &&
	       !strcmp(sectors, "0");
}

int dp_look_at(const struct dp_looked *s, struct dp_look *look)
{
	if (S_ISCHR(s->st.st_mode)) {
		look_at_device(s, look);
	} else if (S_ISREG(s->st.st_mode) || S_ISDIR(s->st.st_mode)) {
		look_at_file(s, look);
	} else if (S_ISBLK(s->st.st_mode)) {
		dp_look_name(look, DP_FAMILY_PAGECACHE, "blockdev");
		say(look, "a block device, mapped through the page cache");
		look->empty = has_no_medium(s->st.st_rdev);
	} else {
		return -EINVAL;
	}
	return 0;
}

/* Whether mmap() agrees, of a file that it may be asked about without changing its times. */
static void try_file(const struct dp_looked *s, struct dp_look *look)
{
	dp_autofd int fd = -1;
	struct dp_vma vma = { 0 };

	if (!S_ISREG(s->st.st_mode) || look->unmappable ||
	    (look->family != DP_FAMILY_FSDAX && look->family != DP_FAMILY_PAGECACHE))
		return;
	fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOATIME);
	if (fd >= 0)
		refuse(look, map_briefly(fd, (size_t)sysconf(_SC_PAGESIZE), &vma));
}

int dp_look_path(const char *path, struct dp_look *look, struct dp_error *err)
{
	dp_autofd int fd = open(path, O_PATH | O_CLOEXEC);
	struct dp_looked s = { .path = path, .fd = fd };
	int rc = fd < 0 || fstat(fd, &s.st) || fstatfs(fd, &s.fs) ? -errno : 0;

	*look = (struct dp_look){ 0 };
	if (rc) {
		dp_fail(err, rc, "cannot look at %s", path);
		if (err)
			err->input = true;
		return -EINVAL;
	}
	if (dp_look_at(&s, look))
		return dp_bad_input(err, "%s is neither a file, a folder nor a device", path);
	try_file(&s, look);
	return 0;
}
