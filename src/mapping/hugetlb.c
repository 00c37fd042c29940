// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory from the hugetlb pool: anonymous, of a memfd, and of a file on hugetlbfs.
 *
 * In a guest hugetlbfs is mounted for the file alone (fsopen(2)): the mount is in no folder, and is
 * gone when the file is closed. On a host a file is made where hugetlbfs is mounted already.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"
#include "daxpin/text.h"

#define POOLS "/sys/kernel/mm/hugepages"
#define PAGE  (2 << 20)
#define GIB   (1 << 30)

/* Where systemd mounts it. */
#define USUAL "/dev/hugepages"

/* Whether the pool has the pages: mmap() reserves them, and without would fail. */
static int look_at_pool(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_error *err)
{
	uint64_t need = dp_span(mapping, env) / mapping->granule;
	char free_pages[32], size[16];

	dp_format_size(mapping->granule, size, sizeof(size));
	if (dp_read_attr(free_pages, sizeof(free_pages),
			 POOLS "/hugepages-%" PRIu64 "kB/free_hugepages", mapping->granule / 1024))
		return dp_skip(err, "this machine has no hugetlb pool of %s pages", size);
	if (strtoull(free_pages, NULL, 10) < need)
		return dp_skip(err,
			       "%" PRIu64 " free huge pages of %s are needed and %s are there: "
			       "raise nr_hugepages in " POOLS ", or boot with hugepages=",
			       need, size, free_pages);
	return 0;
}

static int open_hugetlb(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_area *area, struct dp_error *err)
{
	int rc = look_at_pool(mapping, env, err);

	return rc ? rc
		  : dp_area_map(mapping, env, area,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
					(mapping->granule == GIB ? MAP_HUGE_1GB : MAP_HUGE_2MB),
				-1, err);
}

static int open_memfd(const struct dp_mapping *mapping, const struct dp_env *env,
		      struct dp_area *area, struct dp_error *err)
{
	int rc = look_at_pool(mapping, env, err);

	if (rc)
		return rc;
	area->fd = memfd_create("daxpin", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
	if (area->fd < 0)
		return dp_fail(err, -errno, "memfd_create(MFD_HUGETLB)");
	return dp_area_map_new(mapping, env, area, err);
}

static int configure(int context)
{
	return syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "pagesize", "2M", 0) ||
	       syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

/* A file on a hugetlbfs of its own. */
static int make_file(void)
{
	dp_autofd int context = (int)syscall(SYS_fsopen, "hugetlbfs", FSOPEN_CLOEXEC);
	dp_autofd int mounted = -1;

	if (context < 0 || configure(context))
		return -1;
	mounted = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	return mounted < 0 ? -1 : openat(mounted, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int open_file(const struct dp_mapping *mapping, const struct dp_env *env,
		     struct dp_area *area, struct dp_error *err)
{
	int rc = look_at_pool(mapping, env, err);
	struct statfs fs;

	if (rc)
		return rc;
	if (!env->guest &&
	    (statfs(USUAL, &fs) || fs.f_type != HUGETLBFS_MAGIC || fs.f_bsize != PAGE))
		return dp_skip(err, "no hugetlbfs with pages of 2 MiB is mounted at " USUAL
				    ", and daxpin mounts none on this machine");
	area->fd = env->guest ? make_file() : open(USUAL, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (area->fd < 0)
		return dp_fail(err, -errno, "cannot make a file on hugetlbfs");
	return dp_area_map_new(mapping, env, area, err);
}

static int64_t unlike_hugetlb(const struct dp_mapping *mapping, const struct dp_area *area,
			      const struct dp_pages *pages, struct dp_error *err)
{
	(void)mapping;
	(void)area;
	return dp_pages_without(pages, KPF_HUGE, err);
}

#define HUGETLB(ident, ...)                                                                        \
	DP_MAPPING(ident, .family = DP_FAMILY_HUGETLB, .frames = DP_FRAMES_RAM, __VA_ARGS__)

HUGETLB(hugetlb_2m, .name = "hugetlb-2M", .what = "2 MiB pages of the hugetlb pool", .rank = 30,
	.leaf = PAGE, .granule = PAGE, .open = open_hugetlb);
HUGETLB(hugetlb_1g, .name = "hugetlb-1G", .what = "1 GiB pages of the hugetlb pool", .rank = 31,
	.leaf = GIB, .granule = GIB, .wide = true, .check_only = true, .open = open_hugetlb);
HUGETLB(hugetlb_file, .name = "hugetlb-file", .what = "a shared file on hugetlbfs, 2 MiB pages",
	.rank = 32, .leaf = PAGE, .granule = PAGE, .check_only = true, .trait = "of hugetlb",
	.unlike = unlike_hugetlb, .open = open_file);
HUGETLB(hugetlb_memfd, .name = "hugetlb-memfd", .what = "shared memory of a memfd, 2 MiB pages",
	.rank = 34, .leaf = PAGE, .granule = PAGE, .check_only = true, .trait = "of hugetlb",
	.unlike = unlike_hugetlb, .open = open_memfd);
