// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/self/mountinfo: "ID PARENT MAJ:MIN ROOT DIR OPTIONS [TAGS…] - FSTYPE SOURCE SUPEROPTIONS",
 * blanks in names as \040 (Documentation/filesystems/proc.rst, 3.5).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	if (strcmp(mount->fs, "ext4") && strcmp(mount->fs, "xfs"))
		return false;
	unescape(mount->dir);
	if (dp_read_attr(dax, sizeof(dax), "/sys/dev/block/%u:%u/queue/dax", major, minor))
		dp_read_attr(dax, sizeof(dax), "/sys/dev/block/%u:%u/../queue/dax", major, minor);
	*dev = makedev(major, minor);
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
