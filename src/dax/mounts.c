// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/self/mountinfo: "ID PARENT MAJ:MIN ROOT DIR OPTIONS [TAGS…] - FSTYPE SOURCE SUPEROPTIONS",
 * blanks in names as \040 (Documentation/filesystems/proc.rst, 3.5).
 */
#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/file.h"
#include "daxpin/list.h"

#define MOUNTINFO_LIMIT (8 << 20)

static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned int octal;

		if (*text == '\\' && sscanf(text + 1, "%3o", &octal) == 1) {
			*to++ = (char)octal;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* Of the file system's own options, which are after the source. */
static bool has_option(const char *options, const char *option)
{
	size_t len = strlen(option);

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',' || *at == ' ';
		if (!strncmp(at, option, len) && (!at[len] || at[len] == ','))
			return true;
	}
	return false;
}

/* The value of "rtdev=…", or "" without one. A path that does not fit is none. */
static void take_realtime(const char *options, char *path, size_t size)
{
	static const char key[] = "rtdev=";
	const char *at = strstr(options, key);

	path[0] = '\0';
	if (!at || (at[-1] != ',' && at[-1] != ' '))
		return;
	at += strlen(key);
	dp_path(path, size, NULL, "%.*s", (int)strcspn(at, ","), at);
}

static bool is_known(const char *fs)
{
	static const char *const known[] = { "ext4", "ext3", "ext2", "xfs" };

	for (size_t i = 0; i < DP_ARRAY_SIZE(known); i++)
		if (!strcmp(fs, known[i]))
			return true;
	return false;
}

/* False also if a path does not fit: one that was cut off would be another folder or device. */
static bool parse_mount(const char *line, struct dp_mount *mount, uint64_t *dev)
{
	const char *tail = strstr(line, " - ");
	unsigned int major, minor;
	int dir_end, source_end;
	char dax[8] = "";

	if (!tail ||
	    sscanf(line, "%*d %*d %u:%u %*s %255s%n", &major, &minor, mount->dir, &dir_end) != 3 ||
	    sscanf(tail, " - %15s %63s%n", mount->fs, mount->source, &source_end) != 2 ||
	    line[dir_end] != ' ' || tail[source_end] != ' ')
		return false;
	if (!is_known(mount->fs))
		return false;
	unescape(mount->dir);
	if (dp_read_attr(dax, sizeof(dax), "/sys/dev/block/%u:%u/queue/dax", major, minor))
		dp_read_attr(dax, sizeof(dax), "/sys/dev/block/%u:%u/../queue/dax", major, minor);
	*dev = makedev(major, minor);
	take_realtime(tail + source_end, mount->realtime, sizeof(mount->realtime));
	mount->dax = dax[0] == '1' && !has_option(tail + source_end, "dax=never");
	mount->dax_always = mount->dax && (has_option(tail + source_end, "dax=always") ||
					   has_option(tail + source_end, "dax"));
	return true;
}

/* Those on one device, or all (0). */
static int read_mounts(uint64_t only, struct dp_mount **mounts, size_t *count)
{
	dp_autofree struct dp_mount *list = NULL;
	dp_autofree char *text = NULL;
	char *rest;
	int rc = dp_read_file("/proc/self/mountinfo", MOUNTINFO_LIMIT, &text, NULL, NULL);

	*count = 0;
	if (rc)
		return rc;
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		struct dp_mount mount = { 0 }, *added;
		uint64_t dev;

		if (!parse_mount(line, &mount, &dev) || (only && dev != only))
			continue;
		added = dp_list_add(list, *count);
		if (!added)
			return -ENOMEM;
		*added = mount;
	}
	*mounts = dp_take_ptr(list);
	return 0;
}

int dp_mounts_read(struct dp_mount **mounts, size_t *count)
{
	return read_mounts(0, mounts, count);
}

int dp_mount_find(uint64_t dev, struct dp_mount *mount)
{
	dp_autofree struct dp_mount *list = NULL;
	size_t count;
	int rc = read_mounts(dev, &list, &count);

	if (rc || !count)
		return rc ? rc : -ENOENT;
	*mount = list[0];
	return 0;
}

int dp_file_device(int fd, uint64_t *dev)
{
	struct dp_mount mount;
	struct fsxattr attr;
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	*dev = st.st_dev;
	if (ioctl(fd, FS_IOC_FSGETXATTR, &attr) || !(attr.fsx_xflags & FS_XFLAG_REALTIME))
		return 0;
	if (dp_mount_find(st.st_dev, &mount) || !mount.realtime[0] || stat(mount.realtime, &st) ||
	    !S_ISBLK(st.st_mode))
		return -ENODEV;
	*dev = st.st_rdev;
	return 0;
}
