// SPDX-License-Identifier: GPL-2.0-or-later
/* A file on tmpfs. */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/mapping.h"

/* Where a tmpfs is found on most machines, and always in the guest. */
static const char *const usual[] = { "/dev/shm", "/run", "/tmp" };

static int scratch_on_tmpfs(void)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(usual); i++) {
		struct statfs fs;
		int fd;

		if (statfs(usual[i], &fs) || fs.f_type != TMPFS_MAGIC)
			continue;
		fd = open(usual[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

static int open_tmpfs(const struct dp_mapping *mapping, const struct dp_env *env,
		      struct dp_area *area, struct dp_error *err)
{
	area->fd = scratch_on_tmpfs();
	if (area->fd < 0)
		return dp_skip(err, "no writable tmpfs at /dev/shm, /run or /tmp");
	return dp_area_map_new(mapping, env, area, err);
}

DP_MAPPING(tmpfs, .name = "tmpfs", .what = "a shared file on tmpfs", .rank = 50,
	   .family = DP_FAMILY_SHMEM, .frames = DP_FRAMES_RAM, .leaf = 4096, .granule = 2 << 20,
	   .open = open_tmpfs);
