// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extents.h"

#include "daxpin/cleanup.h"

/* Bytes looked at together. */
#define BLOCK (64 << 10)

static bool all_zero(const char *data, size_t len)
{
	return !data[0] && !memcmp(data, data + 1, len - 1);
}

static int walk_extent(int fd, off_t at, off_t end, char *buf,
		       int (*take)(void *arg, off_t at, const char *data, size_t len), void *arg)
{
	for (; at < end; at += BLOCK) {
		ssize_t n = pread(fd, buf, BLOCK, at);
		int rc;

		if (n <= 0)
			return n ? -errno : 0;
		if (all_zero(buf, (size_t)n))
			continue;
		rc = take(arg, at, buf, (size_t)n);
		if (rc)
			return rc;
	}
	return 0;
}

int dp_extents_walk(int fd, int (*take)(void *arg, off_t at, const char *data, size_t len),
		    void *arg)
{
	dp_autofree char *buf = malloc(BLOCK);
	off_t end = 0, data;
	int rc = buf ? 0 : -ENOMEM;

	while (!rc && (data = lseek(fd, end, SEEK_DATA)) >= 0) {
		end = lseek(fd, data, SEEK_HOLE);
		if (end < 0)
			return -errno;
		/* Blocks count from the file's beginning, wherever its data begins and ends. */
		end = (end + BLOCK - 1) / BLOCK * BLOCK;
		rc = walk_extent(fd, data / BLOCK * BLOCK, end, buf, take, arg);
	}
	return rc;
}

int dp_extents_write(int fd, off_t at, const char *data, size_t len)
{
	errno = 0;
	if (pwrite(fd, data, len, at) == (ssize_t)len)
		return 0;
	return errno ? -errno : -ENOSPC;
}
