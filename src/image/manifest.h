/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes where in an image: made first, as its key names the image in the cache.
 */
#ifndef DAXPIN_IMAGE_MANIFEST_H
#define DAXPIN_IMAGE_MANIFEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct archive;
struct dp_error;
struct dp_kernel;

#define DP_MAX_ENTRIES 512

struct dp_entry {
	char name[256];        /* in the image, without leading slash */
	char source[PATH_MAX]; /* file to copy, or "" */
	char *text;            /* content if there is no source */
	bool module;           /* decompress, and leave the signature behind */
	bool carrier;          /* of a group that need not be traceable */
};

struct dp_manifest {
	struct dp_entry list[DP_MAX_ENTRIES];
	size_t count;
};

/* ---- manifest.c -------------------------------------------------------------------------- */

/**
 * dp_manifest_add - the entry of this name, added if it is not there yet
 * @m: the manifest
 * @name: in the image; a leading slash is left away
 * @err: context on failure
 *
 * Return: NULL if there is no room for it.
 */
struct dp_entry *dp_manifest_add(struct dp_manifest *m, const char *name, struct dp_error *err);

/* Adds a file that is copied as it is. Return: 0 or -E2BIG. */
int dp_manifest_add_file(struct dp_manifest *m, const char *name, const char *source,
			 struct dp_error *err);

/* Adds a file with this content, which the manifest frees; NULL is no memory. Return: 0, -ENOMEM or
 * -E2BIG. */
int dp_manifest_add_text(struct dp_manifest *m, const char *name, char *text, struct dp_error *err);

/* The key of all that it names and of what that holds. Return: 0, or -ENOENT for a file that is not
 * there. */
int dp_manifest_key(const struct dp_manifest *m, char hex[33], struct dp_error *err);

void dp_manifest_free(struct dp_manifest **m);

/* ---- programs.c -------------------------------------------------------------------------- */

/**
 * dp_manifest_add_programs - daxpin as /init, the verbs provider of rxe and the programs that a
 * guest runs, each with its shared libraries
 * @m: receives them
 * @kernel: whose guest it is
 * @err: context on failure; names the package of a program that is missing
 *
 * Return: 0 or a negative errno.
 */
int dp_manifest_add_programs(struct dp_manifest *m, const struct dp_kernel *kernel,
			     struct dp_error *err);

/* ---- modgroups.c ------------------------------------------------------------------------- */

/**
 * dp_manifest_add_modules - the modules of a guest and, for each group of them, a list in the order
 * of loading
 * @m: receives them
 * @kernel: its modules folder, and the user's files that replace modules
 * @err: context on failure; names the modules that are missing
 *
 * Return: 0 or a negative errno.
 */
int dp_manifest_add_modules(struct dp_manifest *m, const struct dp_kernel *kernel,
			    struct dp_error *err);

/* ---- write.c ----------------------------------------------------------------------------- */

/* Writes the image, under another name first: one that is there is whole. Return: 0 or a negative
 * errno. */
int dp_manifest_write(const struct dp_manifest *m, const char *path, struct dp_error *err);

#endif
