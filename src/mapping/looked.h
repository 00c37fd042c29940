/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What look.c and look_vma.c share. */
#ifndef DAXPIN_MAPPING_LOOKED_H
#define DAXPIN_MAPPING_LOOKED_H

#include <sys/stat.h>
#include <sys/vfs.h>

#include "daxpin/look.h"

/* A file that is looked at. */
struct dp_looked {
	const char *path; /* NULL for one that is only known by its descriptor */
	int fd;           /* O_PATH */
	struct stat st;
	struct statfs fs;
	bool private; /* a private mapping of it */
};

/* What mmap() of it would give. Return: 0, or -EINVAL for what is no file, folder or device. */
int dp_look_at(const struct dp_looked *s, struct dp_look *look);

/* Says which mapping it is. */
__attribute__((format(printf, 3, 4))) void dp_look_name(struct dp_look *look, enum dp_family family,
							const char *fmt, ...);

/* Says why it is not known, and what would tell. */
__attribute__((format(printf, 2, 3))) void dp_look_unknown(struct dp_look *look, const char *fmt,
							   ...);

/* Whether a file on overlayfs may lie on tmpfs: one of the layers that can be seen does. */
bool dp_look_overlays_tmpfs(const char *path);

/* Whether the kernel has marked a mapping as one without struct pages. */
bool dp_look_is_pfnmap(const struct dp_vma *vma);

#endif
