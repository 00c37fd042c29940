/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the blocks of a file are on its device, as the file system tells (FIEMAP). */
#ifndef DAXPIN_TRAFFIC_BLOCKS_H
#define DAXPIN_TRAFFIC_BLOCKS_H

#include <stdint.h>

struct dp_error;
struct json_object;

struct dp_block {
	uint64_t at;     /* where it is in the file, bytes */
	uint64_t from;   /* where it is on the device, bytes */
	uint64_t length; /* bytes */
};

/**
 * dp_blocks_walk - flush a file and visit each part of it that has data on its device
 * @fd: the file
 * @length: how much of the file is of interest, bytes
 * @take: called with each part, none of which reaches beyond @length; a non-zero return ends the
 *        walk
 * @arg: for @take
 * @err: context on failure, but for what @take returned
 *
 * Return: 0, a negative errno, or what @take returned.
 */
int dp_blocks_walk(int fd, uint64_t length, int (*take)(void *arg, const struct dp_block *block),
		   void *arg, struct dp_error *err);

/* The same as a list for dp_block_read(). @list: is added to. */
int dp_blocks_list(int fd, uint64_t length, struct json_object *list, struct dp_error *err);

/* Reads an element of such a list, believing nothing. Return: 0 or -EBADMSG. */
int dp_block_read(struct json_object *obj, struct dp_block *block);

#endif
