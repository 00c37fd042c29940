/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mmap() of a path would give, and what is mapped in a process: asked of the kernel, without
 * a write, an allocation, a registration, or a change of a file's times.
 */
#ifndef DAXPIN_LOOK_H
#define DAXPIN_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "daxpin/mapping.h"

struct dp_error;
struct dp_vma;

struct dp_look {
	/* The mapping's fixed name, or one made like it ("pagecache-nfs"); "" if it is not known.
	 */
	char mapping[64];
	enum dp_family family; /* 0 if it is not known */
	char what[192];        /* what it is, for people */
	int unmappable;        /* errno of open() or mmap(), 0 if it can be mapped */
	bool hole;             /* of an address: nothing is mapped there */
	bool empty;            /* a file without a byte: there is nothing to register yet */
	uint64_t backed;   /* of a mapping: its bytes before the page after the end of its file */
	int persistent;    /* whether its memory is persistent: 1, 0, or -1 if it is not known */
	char unknown[160]; /* why it is not known, and what would tell; or "" */
};

/**
 * dp_look_path - what mmap() of a path would give
 * @path: a file, a folder (then of new files in it), or a device; symbolic links are followed
 * @look: receives it
 * @err: why the path cannot be looked at (bad input)
 *
 * Regular files are opened with O_NOATIME and mapped for a moment with PROT_NONE. Of devices only
 * device-dax and the memory devices are opened, because to open another can change its state.
 *
 * Return: 0 or a negative errno.
 */
int dp_look_path(const char *path, struct dp_look *look, struct dp_error *err);

/**
 * dp_look_vma - what is behind a mapping of a process
 * @pid: the process
 * @vma: the mapping, from dp_vmas_read()
 * @look: receives it
 */
void dp_look_vma(int pid, const struct dp_vma *vma, struct dp_look *look);

#endif
