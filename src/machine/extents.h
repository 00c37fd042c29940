/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a sparse file holds. */
#ifndef DAXPIN_MACHINE_EXTENTS_H
#define DAXPIN_MACHINE_EXTENTS_H

#include <stddef.h>
#include <sys/types.h>

/**
 * dp_extents_walk - go through what a file holds, in blocks
 * @fd: the file; its position is moved
 * @take: called with the offset and the content of each block that is not all zero, whether the
 *        zero ones take up disk or not; the last block of a file can be shorter. A non-zero return
 *        ends the walk
 * @arg: for @take
 *
 * Return: 0, a negative errno, or what @take returned.
 */
int dp_extents_walk(int fd, int (*take)(void *arg, off_t at, const char *data, size_t len),
		    void *arg);

/* Writes a block to another file. Return: 0 or a negative errno. */
int dp_extents_write(int fd, off_t at, const char *data, size_t len);

#endif
