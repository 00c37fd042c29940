// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A dma-buf whose pages are those of a memfd (drivers/dma-buf/udmabuf.c), as it is handed from one
 * driver to another. "dmabuf" is registered as what it is, by its descriptor; "udmabuf" is the same
 * buffer, registered by the address at which it is mapped.
 *
 * From 6.12 on its maker pins the pages of the memfd (memfd_pin_folios()), and mmap() of it gives a
 * VM_PFNMAP mapping; before, one of struct pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

#define DEVICE "/dev/udmabuf"
#define PAGE   4096
/* The module's size_limit_mb is 64. */
#define ENOUGH (2 << 20)
/* Each page of the memfd begins with this and its number. */
#define MARK 0xdabf000000000000ULL

/* Writes to the memfd alone: that the buffer has the same is seen through its own mapping. */
static int mark_pages(int memfd, uint64_t len, struct dp_error *err)
{
	for (uint64_t i = 0; i < len / PAGE; i++) {
		uint64_t mark = MARK | i;

		if (pwrite(memfd, &mark, sizeof(mark), (off_t)(i * PAGE)) != sizeof(mark))
			return dp_fail(err, -errno, "cannot write to the memfd");
	}
	return 0;
}

/* Return: a dma-buf of @len bytes, or a negative errno. */
static int make_buffer(uint64_t len, struct dp_error *err)
{
	dp_autofd int memfd = memfd_create("daxpin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	dp_autofd int maker = open(DEVICE, O_RDWR | O_CLOEXEC);
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = len };
	int fd, rc;

	if (maker < 0)
		return dp_fail(err, -errno, "cannot open " DEVICE);
	if (memfd < 0 || ftruncate(memfd, (off_t)len) || fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		return dp_fail(err, -errno, "cannot make a memfd of %llu bytes",
			       (unsigned long long)len);
	rc = mark_pages(memfd, len, err);
	if (rc)
		return rc;
	create.memfd = (uint32_t)memfd;
	fd = ioctl(maker, UDMABUF_CREATE, &create);
	return fd < 0 ? dp_fail(err, -errno, "UDMABUF_CREATE of %llu bytes",
				(unsigned long long)len)
		      : fd;
}

/* dma_buf_show_fdinfo() has the name of whoever has made it. */
static bool is_udmabuf(int fd)
{
	dp_autofree char *text = NULL;
	char path[64];

	return !dp_path(path, sizeof(path), NULL, "/proc/self/fdinfo/%d", fd) &&
	       !dp_read_file(path, PAGE, &text, NULL, NULL) && strstr(text, "exp_name:\tudmabuf\n");
}

static int64_t unlike_memfd(const struct dp_mapping *mapping, const struct dp_area *area,
			    const struct dp_pages *pages, struct dp_error *err)
{
	int64_t count = 0;

	(void)mapping;
	if (!is_udmabuf(area->fd))
		return dp_fail(err, -ENODATA, "its fdinfo does not name udmabuf");
	for (size_t i = 0; i < pages->count; i++)
		count += *(volatile uint64_t *)((char *)area->addr + i * PAGE) != (MARK | i);
	return count;
}

static int open_buffer(const struct dp_mapping *mapping, const struct dp_env *env,
		       struct dp_area *area, struct dp_error *err)
{
	int rc;

	if (!dp_kernel_built_with("CONFIG_UDMABUF"))
		return dp_skip(err, "this kernel was built without CONFIG_UDMABUF");
	if (!dp_exists(DEVICE))
		return dp_skip(err,
			       "this machine has no " DEVICE ", which makes a dma-buf of a memfd");
	area->fd = make_buffer(dp_span(mapping, env), err);
	if (area->fd < 0) {
		rc = area->fd;
		area->fd = -1;
		return rc;
	}
	rc = dp_area_map(mapping, env, area, MAP_SHARED, area->fd, err);
	/* MADV_POPULATE_READ takes no VM_PFNMAP. */
	for (uint64_t at = 0; !rc && at < area->len; at += PAGE)
		(void)*(volatile char *)((char *)area->addr + at);
	return rc;
}

#define BUFFER(ident, ...)                                                                         \
	DP_MAPPING(ident, .family = DP_FAMILY_SHMEM, .frames = DP_FRAMES_ABSENT,                   \
		   .granule = 2 << 20, .enough = ENOUGH, .check_only = true, .pins = true,         \
		   .populate = DP_POPULATE_MMAP, .trait = "of a memfd, through udmabuf",           \
		   .unlike = unlike_memfd, .open = open_buffer, __VA_ARGS__)

BUFFER(dmabuf, .name = "dmabuf", .what = "a dma-buf over a memfd, registered as such", .rank = 46,
       .dmabuf = true);
BUFFER(udmabuf, .name = "udmabuf", .what = "the same dma-buf, mapped and registered by address",
       .rank = 47);
