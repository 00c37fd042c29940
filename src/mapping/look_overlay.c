// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mapping of a file on overlayfs is one of the file in its layer (ovl_mmap() in
 * fs/overlayfs/file.c), but which layer that is, the kernel does not tell.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "looked.h"

#include "daxpin/cleanup.h"
#include "daxpin/file.h"

#define MOUNTINFO_LIMIT (8 << 20)

static bool is_on_tmpfs(const char *dir)
{
	struct statfs fs;

	return !statfs(dir, &fs) && (unsigned long)fs.f_type == TMPFS_MAGIC;
}

/* "…,lowerdir=A:B,upperdir=C,…" */
static bool has_layer_on_tmpfs(char *options)
{
	char *rest = options;

	for (char *option = strsep(&rest, ","); option; option = strsep(&rest, ",")) {
		char *dirs = strchr(option, '=');

		if (!dirs || (strncmp(option, "lowerdir", 8) && strncmp(option, "upperdir", 8)))
			continue;
		dirs++;
		for (char *dir = strsep(&dirs, ":"); dir; dir = strsep(&dirs, ":"))
			if (*dir && is_on_tmpfs(dir))
				return true;
	}
	return false;
}

bool dp_look_overlays_tmpfs(const char *path)
{
	dp_autofree char *text = NULL;
	struct statx stx;
	char *rest, id[32];

	/* Not by st_dev: that of a file on overlayfs may be the layer's. */
	if (statx(AT_FDCWD, path, 0, STATX_MNT_ID, &stx) || !(stx.stx_mask & STATX_MNT_ID) ||
	    dp_read_file("/proc/self/mountinfo", MOUNTINFO_LIMIT, &text, NULL, NULL))
		return false;
	snprintf(id, sizeof(id), "%llu ", (unsigned long long)stx.stx_mnt_id);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		char *options = strncmp(line, id, strlen(id)) ? NULL : strstr(line, " - overlay ");

		if (options)
			return has_layer_on_tmpfs(strrchr(options, ' ') + 1);
	}
	return false;
}
