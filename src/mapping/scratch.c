// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Temporary files on the file systems of the machine. They have no name, so nothing is left of them
 * however daxpin ends. Only in guests does traffic name a file that must outlive the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* Bytes written at a time: a 2 MiB extent is allocated at once, and the buffer fits a guest. */
#define CHUNK (2 << 20)
/* Bytes removed for env->split: a multiple of the block size of ext4 and xfs. */
#define BLOCK 4096

static bool is_fs(const char *dir, const char *fs)
{
	struct statfs st;

	if (statfs(dir, &st))
		return false;
	return st.f_type == (!strcmp(fs, "xfs") ? XFS_SUPER_MAGIC : EXT4_SUPER_MAGIC);
}

static bool is_dax(int fd)
{
	struct statx stx;

	return statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) == 0 &&
	       (stx.stx_attributes & STATX_ATTR_DAX);
}

int dp_scratch_fill(int fd, uint64_t len, struct dp_error *err)
{
	dp_autofree char *zeros = calloc(1, CHUNK);

	if (!zeros)
		return -ENOMEM;
	for (uint64_t at = 0; at < len; at += CHUNK) {
		size_t n = len - at < CHUNK ? len - at : CHUNK;
		int rc = dp_write_all(fd, zeros, n);

		if (rc)
			return dp_fail(err, rc, "cannot fill a temporary file");
	}
	return 0;
}

static int write_file(int fd, const struct dp_env *env, uint64_t len, struct dp_error *err)
{
	int rc = dp_scratch_fill(fd, len + (env->split ? BLOCK : 0), err);

	if (rc || !env->split)
		return rc;
	if (fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, (off_t)env->split, BLOCK) &&
	    ftruncate(fd, (off_t)len))
		return dp_fail(err, -errno, "cannot shorten a temporary file");
	return 0;
}

/* A file in a folder; -1 if it is not one where such can be made. */
static int open_in(const char *dir, const char *fs, bool dax)
{
	dp_autofd int fd = is_fs(dir, fs) ? open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

	return fd < 0 || is_dax(fd) != dax ? -1 : dp_take_fd(&fd);
}

static void no_folder(const char *fs, bool dax, struct dp_error *err)
{
	dp_skip(err,
		"no folder on %s %s DAX where a temporary file can be made: name one with --dir",
		fs, dax ? "with" : "without");
}

const char *dp_scratch_folder(const struct dp_env *env, const char *fs, bool dax,
			      struct dp_error *err)
{
	for (size_t i = 0; i < env->ndirs; i++) {
		dp_autofd int fd = open_in(env->dirs[i], fs, dax);

		if (fd >= 0)
			return env->dirs[i];
	}
	no_folder(fs, dax, err);
	return NULL;
}

int dp_scratch_open(const struct dp_env *env, const char *fs, bool dax, uint64_t len,
		    struct dp_error *err)
{
	for (size_t i = 0; i < env->ndirs; i++) {
		dp_autofd int fd = open_in(env->dirs[i], fs, dax);
		int rc;

		if (fd < 0)
			continue;
		rc = write_file(fd, env, len, err);
		return rc ? rc : dp_take_fd(&fd);
	}
	no_folder(fs, dax, err);
	return -ENOENT;
}

int dp_area_map_scratch(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_area *area, struct dp_error *err)
{
	bool dax = mapping->family == DP_FAMILY_FSDAX;

	area->fd = dp_scratch_open(env, mapping->fs, dax, dp_span(mapping, env), err);
	if (area->fd < 0)
		return err->code;
	return dp_area_map(mapping, env, area, mapping->private ? MAP_PRIVATE : MAP_SHARED,
			   area->fd, err);
}
