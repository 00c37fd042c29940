// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file of a DAX file system that is read only: a private mapping, of which nothing is written.
 * The first file of a folder that is large enough is taken. In a guest the carrier erofs brings it
 * (src/machine/carriers/erofs.c); no other machine of daxpin's has one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

/* linux/magic.h of Debian 12 has it under another name. */
#define EROFS_MAGIC 0xE0F5E1E2

static bool is_wanted(int fd, uint64_t len)
{
	struct statx stx;

	return !statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) && S_ISREG(stx.stx_mode) &&
	       stx.stx_size >= len && (stx.stx_attributes & STATX_ATTR_DAX);
}

/* Return: a descriptor, or -1. */
static int open_in(const char *folder, uint64_t len)
{
	dp_autodir DIR *dir = NULL;
	struct dirent *entry;
	struct statfs st;

	if (statfs(folder, &st) || (unsigned long)st.f_type != EROFS_MAGIC)
		return -1;
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		dp_autofd int fd = openat(dirfd(dir), entry->d_name,
					  O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0 && is_wanted(fd, len))
			return dp_take_fd(&fd);
	}
	return -1;
}

static int open_erofs(const struct dp_mapping *mapping, const struct dp_env *env,
		      struct dp_area *area, struct dp_error *err)
{
	int rc;

	for (size_t i = 0; i < env->ndirs && area->fd < 0; i++)
		area->fd = open_in(env->dirs[i], dp_span(mapping, env));
	if (area->fd < 0)
		return dp_skip(err, "no folder on erofs with DAX has a file of that size: a guest "
				    "has one with --carrier erofs");
	rc = dp_area_map(mapping, env, area, MAP_PRIVATE, area->fd, err);
	return rc ? rc : dp_area_find_disk(area, mapping->name, err);
}

DP_MAPPING(fsdax_erofs_private, .name = "fsdax-erofs-private",
	   .what = "a private file mapping on erofs with DAX, only read so far", .rank = 187,
	   .family = DP_FAMILY_FSDAX, .frames = DP_FRAMES_DEVICE, .granule = 2 << 20, .fs = "erofs",
	   .private = true, .check_only = true, .carried = true, .populate = DP_POPULATE_READ,
	   .open = open_erofs);
