/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initramfs of a guest, and the modules in it.
 */
#ifndef DAXPIN_IMAGE_H
#define DAXPIN_IMAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive;
struct dp_error;
struct dp_kernel;
struct dp_module_group;

/* ---- modules.c --------------------------------------------------------------------------- */

/* More modules than a group has, and names longer than the kernel's (MODULE_NAME_LEN). */
#define DP_MAX_MODULES 128
#define DP_MODULE_NAME 64

struct dp_modules {
	size_t count;
	struct dp_module {
		char name[DP_MODULE_NAME]; /* with '_' for '-' */
		char path[256];            /* below the folder */
	} list[DP_MAX_MODULES];
};

/**
 * dp_modules_order - find the modules of some groups and all that they depend on
 * @dir: the kernel's modules folder, with the index that depmod makes
 * @groups: names of modules; a '?' before a name makes the module optional
 * @count: how many groups
 * @lists: receives a list for each group, in the order of loading, each module once. Soft
 *         dependencies are included; what is built into the kernel is not
 * @err: names all modules that are missing, or says what is wrong with the index (bad input)
 *
 * Return: 0, -EINVAL or another negative errno.
 */
int dp_modules_order(const char *dir, const struct dp_module_group *groups, size_t count,
		     struct dp_modules *lists, struct dp_error *err);

/* ---- image.c ----------------------------------------------------------------------------- */

/**
 * dp_cpio_open - begin a newc archive
 * @path: the file to write
 * @archive: receives the writer
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_cpio_open(const char *path, struct archive **archive, struct dp_error *err);
/* Adds a folder, a symbolic link or a regular file from memory; mode holds type and permissions. */
int dp_cpio_add(struct archive *archive, const char *name, unsigned int mode, const void *data,
		size_t len, struct dp_error *err);
/* Ends the archive; must be called once for each successful dp_cpio_open(). */
int dp_cpio_close(struct archive *archive, struct dp_error *err);

/**
 * dp_image_build - find the initramfs for a kernel in the cache, or build it
 * @kernel: the kernel
 * @path: receives the path of the initramfs
 * @size: size of @path in bytes
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_image_build(const struct dp_kernel *kernel, char *path, size_t size, struct dp_error *err);

/* As dp_image_build(), for an initramfs whose init powers off at once. */
int dp_image_bare(char *path, size_t size, struct dp_error *err);

/**
 * dp_module_strip - the length of a module without its signature
 * @data: the module
 * @len: its length in bytes
 *
 * Return: the length, @len if there is no signature.
 */
size_t dp_module_strip(const uint8_t *data, size_t len);

/**
 * dp_module_mute - hide sections of a module that make loading it slow
 * @data: the module, changed in place
 * @len: its length in bytes
 * @carrier: hide also what only tracing needs
 *
 * Return: how many sections were hidden; 0 if the module is not an ELF file.
 */
unsigned int dp_module_mute(uint8_t *data, size_t len, bool carrier);

#endif
