// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file on overlayfs, over several file systems. mmap() of it makes a mapping of the file on the
 * layer (ovl_mmap(), backing_file_mmap()), so that its pages and its answers are those of the
 * layer.
 *
 * Guests only: nothing is mounted on a machine of somebody's. The mount is in no folder (fsopen(2))
 * and goes with the file; the layers are removed as soon as the file is open.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

#define PAGE      4096
#define FILE_NAME "file"

static const char *const layers[] = { "lower", "upper", "work" };

static int set_layer(int context, const char *base, const char *name, struct dp_error *err)
{
	char key[16], path[PATH_MAX];
	int rc = dp_path(path, sizeof(path), err, "%s/%s", base, name);

	if (rc)
		return rc;
	snprintf(key, sizeof(key), "%sdir", name);
	if (mkdir(path, 0700) || syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, path, 0))
		return dp_fail(err, -errno, "cannot make the layer %s", path);
	return 0;
}

/* Return: a descriptor of the mount, or a negative errno with the reason, or with DP_SKIP. */
static int mount_overlay(const char *base, struct dp_error *err)
{
	dp_autofd int context = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
	int mounted, rc = 0;

	if (context < 0 && errno == ENODEV) {
		dp_skip(err, "this kernel was built without CONFIG_OVERLAY_FS");
		return -ENODEV;
	}
	if (context < 0)
		return dp_fail(err, -errno, "fsopen of overlay");
	for (size_t i = 0; i < DP_ARRAY_SIZE(layers) && !rc; i++)
		rc = set_layer(context, base, layers[i], err);
	if (rc)
		return rc;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return dp_fail(err, -errno, "cannot make an overlay of %s", base);
	mounted = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	return mounted < 0 ? dp_fail(err, -errno, "fsmount of overlay") : mounted;
}

static int open_file(const char *base, struct dp_error *err)
{
	dp_autofd int mounted = mount_overlay(base, err);
	dp_autofd int fd = -1;

	if (mounted < 0)
		return mounted;
	fd = openat(mounted, FILE_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || unlinkat(mounted, FILE_NAME, 0))
		return dp_fail(err, -errno, "cannot make a file on overlayfs");
	return dp_take_fd(&fd);
}

/* Where the upper layer lies: on the file system of the kind, or on a tmpfs. */
static const char *find_folder(const struct dp_mapping *mapping, const struct dp_env *env,
			       struct dp_error *err)
{
	static const char *const usual[] = { "/dev/shm", "/run", "/tmp" };
	struct statfs fs;

	if (mapping->fs)
		return dp_scratch_folder(env, mapping->fs, mapping->family == DP_FAMILY_FSDAX, err);
	for (size_t i = 0; i < DP_ARRAY_SIZE(usual); i++)
		if (!statfs(usual[i], &fs) && fs.f_type == TMPFS_MAGIC)
			return usual[i];
	dp_skip(err, "no tmpfs at /dev/shm, /run or /tmp");
	return NULL;
}

static void find_memory(const char *base, struct dp_area *area)
{
	struct stat st;

	if (stat(base, &st)) {
		area->memory_error = -errno;
		return;
	}
	dp_link_name(area->resource, sizeof(area->resource), "/sys/dev/block/%u:%u",
		     major(st.st_dev), minor(st.st_dev));
	area->memory_error = dp_ranges_of_block("/sys", st.st_dev, &area->memory);
}

static int open_overlay(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_area *area, struct dp_error *err)
{
	const char *folder;
	char base[PATH_MAX];
	int rc;

	if (!env->guest)
		return dp_skip(err,
			       "overlayfs is mounted in guests only: nothing is mounted on this "
			       "machine");
	folder = find_folder(mapping, env, err);
	if (!folder)
		return DP_SKIP;
	rc = dp_path(base, sizeof(base), err, "%s/daxpin-XXXXXX", folder);
	if (rc)
		return rc;
	if (!mkdtemp(base))
		return dp_fail(err, -errno, "cannot make a folder in %s", folder);
	if (mapping->frames == DP_FRAMES_DEVICE)
		find_memory(base, area);
	area->fd = open_file(base, err);
	dp_remove_tree(base);
	if (area->fd < 0)
		return err->code;
	rc = dp_scratch_fill(area->fd, dp_span(mapping, env), err);
	return rc ? rc : dp_area_map(mapping, env, area, MAP_SHARED, area->fd, err);
}

static int64_t unlike_overlay(const struct dp_mapping *mapping, const struct dp_area *area,
			      const struct dp_pages *pages, struct dp_error *err)
{
	struct statfs fs;

	(void)mapping;
	if (fstatfs(area->fd, &fs))
		return dp_fail(err, -errno, "statfs");
	return fs.f_type == OVERLAYFS_SUPER_MAGIC ? 0 : (int64_t)pages->count;
}

#define OVERLAY(ident, ...)                                                                        \
	DP_MAPPING(ident, .granule = 2 << 20, .skew = PAGE, .enough = 64 * PAGE,                   \
		   .modules = "overlay", .check_only = true, .trait = "of a file on overlayfs",    \
		   .unlike = unlike_overlay, .open = open_overlay, __VA_ARGS__)

OVERLAY(overlay_tmpfs, .name = "overlay-tmpfs", .what = "a shared file on overlayfs over tmpfs",
	.rank = 52, .family = DP_FAMILY_SHMEM, .frames = DP_FRAMES_RAM);
OVERLAY(overlay_ext4, .name = "overlay-ext4",
	.what = "a shared file on overlayfs over ext4 without DAX", .rank = 88,
	.family = DP_FAMILY_PAGECACHE, .fs = "ext4", .frames = DP_FRAMES_RAM);
OVERLAY(overlay_fsdax, .name = "overlay-fsdax",
	.what = "a shared file on overlayfs over ext4 with DAX", .rank = 185,
	.family = DP_FAMILY_FSDAX, .fs = "ext4", .frames = DP_FRAMES_DEVICE);
