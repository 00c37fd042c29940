// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

/* Bytes that are zeroed to erase a file system: they hold the signatures of ext4 and xfs. */
#define SUPERBLOCKS (1 << 20)

int dp_fs_make_dir(const char *parent, const char *name, bool dax, struct dp_error *err)
{
	dp_autofd int fd = -1;
	struct fsxattr attr;
	char path[PATH_MAX];
	int rc = dp_path(path, sizeof(path), err, "%s/%s", parent, name);

	if (rc)
		return rc;
	if (mkdir(path, 0755) && errno != EEXIST)
		return dp_fail(err, -errno, "cannot make %s", path);
	if (!dax)
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, FS_IOC_FSGETXATTR, &attr))
		return dp_fail(err, -errno, "cannot read the flags of %s", path);
	attr.fsx_xflags |= FS_XFLAG_DAX;
	if (ioctl(fd, FS_IOC_FSSETXATTR, &attr))
		return dp_fail(err, -errno, "cannot set the DAX flag of %s", path);
	return 0;
}

int dp_fs_remount(const char *fs, const char *device, const char *dir, struct dp_error *err)
{
	/* Otherwise ext4 zeroes inode tables in the background while questions are asked. */
	const char *options = strcmp(fs, "ext4") ? "dax=inode" : "dax=inode,noinit_itable";

	if (mount(device, dir, fs, 0, options))
		return dp_fail(err, -errno, "cannot mount %s as %s with dax=inode", device, fs);
	return 0;
}

int dp_fs_wipe(const char *device, struct dp_error *err)
{
	dp_autofd int fd = open(device, O_WRONLY | O_EXCL | O_CLOEXEC);
	dp_autofree char *zeros = calloc(1, SUPERBLOCKS);

	if (fd < 0 || !zeros || dp_write_all(fd, zeros, SUPERBLOCKS) || fsync(fd))
		return dp_fail(err, -errno, "cannot wipe the file system off %s", device);
	return 0;
}

int dp_fs_mount(const char *fs, const char *device, const char *dir, struct dp_error *err)
{
	int rc;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return dp_fail(err, -errno, "cannot make %s", dir);
	rc = dp_fs_remount(fs, device, dir, err);
	if (!rc)
		rc = dp_fs_make_dir(dir, "dax", true, err);
	return rc ? rc : dp_fs_make_dir(dir, "cached", false, err);
}
