/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a kernel comes from, and what is taken out of its packages and its image.
 */
#ifndef DAXPIN_KERNEL_H
#define DAXPIN_KERNEL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/progress.h"

struct dp_error;

/*
 * Fetched kernels live in the cache as kernels/PACKAGE/, and suites/NAME names the one that a
 * "debian:" spec stands for.
 */

struct dp_kernel {
	char spec[256];         /* what the user asked for */
	char image[PATH_MAX];   /* bzImage */
	char modules[PATH_MAX]; /* the folder that holds modules.dep */
	char config[PATH_MAX];  /* its configuration, or "" */
	/* Module files that take the place of those of the same name; the caller's, may be none. */
	const char *const *replacements;
	size_t nreplacements;
	bool perftest; /* its ib_write_bw is wanted in the image */
};

/**
 * dp_debian_suites - the suites in which a kernel is looked for
 * @list: receives them: the releases that somebody still supports, the newest first, then unstable,
 *        then backports; to be freed with dp_strings_free()
 * @count: receives how many
 * @err: context on failure
 *
 * From the package distro-info-data. Return: 0 or a negative errno.
 */
int dp_debian_suites(char ***list, size_t *count, struct dp_error *err);

/**
 * dp_tree_resolve - a kernel from the folder of a source tree
 * @dir: where it was built
 * @kernel: receives the paths; its modules are linked to from the cache
 * @err: what it lacks (bad input)
 *
 * Return: 0 or a negative errno.
 */
int dp_tree_resolve(const char *dir, struct dp_kernel *kernel, struct dp_error *err);

/* Runs depmod for the modules in @dir/lib/modules/RELEASE. Return: 0 or a negative errno. */
int dp_depmod(const char *dir, const char *release, struct dp_error *err);

/**
 * dp_kernel_resolve - have a kernel ready to boot
 * @spec: "debian:SUITE", "debian:SUITE/VERSION", "debian:VERSION" (whichever suite has it), "host",
 *        "VMLINUZ:MODULES_DIR", the folder of a kernel source that was built, or "FILE.deb"; NULL
 *        for the suite of this machine
 * @refresh: look for a newer package although one is cached
 * @progress: told about downloads, may be NULL
 * @kernel: receives the paths
 * @err: context on failure
 *
 * Return: 0; -EINVAL for a spec or a file that is no good (bad input); another negative errno.
 */
int dp_kernel_resolve(const char *spec, bool refresh, dp_progress_fn progress,
		      struct dp_kernel *kernel, struct dp_error *err);

/**
 * dp_apt_fetch - download a kernel's packages into a private root in the cache
 * @suite: "bookworm"
 * @version: the newest kernel whose release begins with it (dp_release_matches()); NULL for the one
 *           that the suite's metapackage stands for
 * @refresh: read the package lists again although they are recent
 * @progress: as above
 * @packages: receives the paths of the package files, to be freed with dp_strings_free()
 * @count: receives how many
 * @err: context on failure
 *
 * The sources, keys and proxy are the system's own; nothing is installed or changed there.
 *
 * Return: 0; -EINVAL if the suite has no such version (bad input, with what it has); another
 * negative errno.
 */
int dp_apt_fetch(const char *suite, const char *version, bool refresh, dp_progress_fn progress,
		 char ***packages, size_t *count, struct dp_error *err);

/**
 * dp_apt_releases - the kernels that a suite has
 * @suite, @refresh, @progress: as above
 * @list: receives their releases in order of version, to be freed with dp_strings_free()
 * @count: receives how many
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_apt_releases(const char *suite, bool refresh, dp_progress_fn progress, char ***list,
		    size_t *count, struct dp_error *err);

/* "6", "6.1" and "6.1.0-56" match the release 6.1.0-56; "6.1.0-5" and "6.12" do not. */
bool dp_release_matches(const char *release, const char *version);

void dp_strings_free(char **list, size_t count);

/**
 * dp_package_extract - take kernel, configuration and modules out of a Debian package
 * @package: the .deb file
 * @dir: where to: vmlinuz, config and lib/modules/… below it
 * @err: context on failure; a package that cannot be read is bad input
 *
 * Return: 0 or a negative errno.
 */
int dp_package_extract(const char *package, const char *dir, struct dp_error *err);

/* ---- bzimage.c --------------------------------------------------------------------------- */

/* What the header of a bzImage says of its compressed vmlinux. */
struct dp_bzimage {
	size_t offset, length;   /* of the payload in the file, bytes */
	const char *compression; /* "xz", "zstd", "gzip", "lz4", "lzma", "bzip2" */
};

/**
 * dp_bzimage_parse - read the setup header (Documentation/x86/boot.rst)
 * @data: the file
 * @len: its length in bytes
 * @image: receives what it says
 * @err: what is wrong with it (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_bzimage_parse(const uint8_t *data, size_t len, struct dp_bzimage *image,
		     struct dp_error *err);

/**
 * dp_bzimage_unpack - write the vmlinux of a bzImage to a file
 * @path: the bzImage
 * @out: the file to write
 * @pvh: receives whether it can be booted through its PVH note
 * @err: context on failure
 *
 * Return: 0, -EINVAL if it is no kernel for x86-64 (bad input), or another negative errno.
 */
int dp_bzimage_unpack(const char *path, const char *out, bool *pvh, struct dp_error *err);

/**
 * dp_elf_has_pvh - whether an x86-64 ELF kernel carries XEN_ELFNOTE_PHYS32_ENTRY
 * @fd: the file
 *
 * Return: 1, 0, or -EINVAL if it is no ELF file for x86-64.
 */
int dp_elf_has_pvh(int fd);

#endif
