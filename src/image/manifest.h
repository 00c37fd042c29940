/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest of an image: its files and where they come from. The manifest's key names the image
 * in the cache.
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
	bool module;           /* decompress it, and take off its signature */
	bool carrier;          /* a module that need not be traceable */
};

struct dp_manifest {
	struct dp_entry list[DP_MAX_ENTRIES];
	size_t count;
};

/* ---- manifest.c -------------------------------------------------------------------------- */

/**
 * dp_manifest_add - find the entry of a name, or add it
 * @m: the manifest
 * @name: the name in the image; leading slashes are removed
 * @err: context on failure
 *
 * Return: the entry, or NULL if there is no room for it.
 */
struct dp_entry *dp_manifest_add(struct dp_manifest *m, const char *name, struct dp_error *err);

/* Adds a file that is copied as it is. Return: 0 or -E2BIG. */
int dp_manifest_add_file(struct dp_manifest *m, const char *name, const char *source,
			 struct dp_error *err);

/*
 * Adds a file with the content @text, which the manifest takes over. Return: 0; -ENOMEM, also if
 * @text is NULL; -E2BIG.
 */
int dp_manifest_add_text(struct dp_manifest *m, const char *name, char *text, struct dp_error *err);

/* Makes the key of all entries. Return: 0, or -ENOENT if a file does not exist. */
int dp_manifest_key(const struct dp_manifest *m, char hex[33], struct dp_error *err);

void dp_manifest_free(struct dp_manifest **m);

/* ---- programs.c -------------------------------------------------------------------------- */

/**
 * dp_manifest_add_programs - add daxpin as /init, the verbs provider of rxe and the programs that a
 * guest runs, each with its shared libraries
 * @m: the manifest
 * @kernel: the guest's kernel
 * @err: context on failure; names the package of a missing program
 *
 * Return: 0 or a negative errno.
 */
int dp_manifest_add_programs(struct dp_manifest *m, const struct dp_kernel *kernel,
			     struct dp_error *err);

/* ---- modgroups.c ------------------------------------------------------------------------- */

/**
 * dp_manifest_add_modules - add the modules of a guest, and a list for each group of them in the
 * order of loading
 * @m: the manifest
 * @kernel: gives the modules folder, and the user's files that replace modules
 * @err: context on failure; names the missing modules
 *
 * Return: 0 or a negative errno.
 */
int dp_manifest_add_modules(struct dp_manifest *m, const struct dp_kernel *kernel,
			    struct dp_error *err);

/* ---- write.c ----------------------------------------------------------------------------- */

/*
 * Writes the image, under another name first, so that an image that exists is complete. Return: 0
 * or a negative errno.
 */
int dp_manifest_write(const struct dp_manifest *m, const char *path, struct dp_error *err);

#endif
