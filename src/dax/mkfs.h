/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which options of mkfs.xfs a kernel wants; see mkfs.c. */
#ifndef DAXPIN_DAX_MKFS_H
#define DAXPIN_DAX_MKFS_H

#include <stdbool.h>
#include <stddef.h>

#include "daxpin/text.h"

/* More than a file of xfsprogs has. */
#define DP_MKFS_OPTIONS 32

/* Words that dp_fs_format() takes. */
#define DP_MKFS_WORDS 12

struct dp_mkfs_options {
	struct dp_mkfs_option {
		char letter[4]; /* "-m" */
		char text[48];  /* "bigtime=0" */
	} list[DP_MKFS_OPTIONS];
	size_t count;
};

/* The options of a file of xfsprogs, without those that daxpin sets itself. @text is changed. */
void dp_mkfs_parse(char *text, struct dp_mkfs_options *options);

/* Switches off what is newer than a kernel, where no file tells. */
void dp_mkfs_by_hand(struct dp_series kernel, struct dp_mkfs_options *options);

/**
 * dp_mkfs_conf - the file of xfsprogs for a kernel
 * @dir: the folder of the files, lts_MAJOR.MINOR.conf
 * @kernel: the kernel that is to mount
 * @path: receives the latest that is not newer than @kernel
 * @size: size of @path in bytes
 *
 * Return: 0, -ENOENT if there is none, or -ENAMETOOLONG.
 */
int dp_mkfs_conf(const char *dir, struct dp_series kernel, char *path, size_t size);

/* Takes away the option that mkfs.xfs says it does not know. Return: false if it names none. */
bool dp_mkfs_forget(struct dp_mkfs_options *options, const char *output);

#endif
