/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels for guests: fetching one, and unpacking its packages and its image.
 */
#ifndef DAXPIN_KERNEL_H
#define DAXPIN_KERNEL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "daxpin/progress.h"

struct dp_error;
struct dp_words;

/*
 * Fetched kernels are kept in the cache as kernels/PACKAGE/. The file suites/NAME names the package
 * of the kernel "debian:NAME".
 */

struct dp_kernel {
	char spec[256];         /* what the user asked for */
	char image[PATH_MAX];   /* bzImage */
	char modules[PATH_MAX]; /* the folder with modules.dep.bin */
	char config[PATH_MAX];  /* the kernel's configuration, or "" */
	bool shared;            /* it is in the folder DAXPIN_KERNELS, which is only read */
	/* Files that replace the modules of the same name; owned by the caller. */
	const char *const *replacements;
	size_t nreplacements;
	bool perftest; /* put ib_write_bw of perftest into the image */
	bool foreign;  /* put the modules for machines with a layout into the image */
	bool extra;   /* put the modules that were built for it into the image (dp_extra_build()) */
	bool iommu;   /* of a machine with an IOMMU: put the modules of vfio into the image */
	bool balloon; /* of the machine with a balloon: put its driver into the image */
	/* Programs of this computer to be put into the image; or NULL. The caller's. */
	const struct dp_words *programs;
	/* What the guest prepares before it is ready: steps of a layout; or NULL. The caller's. */
	const struct dp_words *steps;
};

/**
 * dp_debian_suites - the suites in which kernels are searched for
 * @list: receives the supported releases, newest first, then unstable, then backports; to be freed
 *        with dp_strings_free()
 * @count: receives their number
 * @err: context on failure
 *
 * The package distro-info-data names the releases.
 *
 * Return: 0 or a negative errno.
 */
int dp_debian_suites(char ***list, size_t *count, struct dp_error *err);

/**
 * dp_tree_resolve - find the kernel in a source tree that was built
 * @dir: the tree
 * @kernel: receives the paths; its modules are symlinked into a folder of the cache
 * @err: names what the tree lacks (bad input)
 *
 * Return: 0 or a negative errno.
 */
int dp_tree_resolve(const char *dir, struct dp_kernel *kernel, struct dp_error *err);

/* Runs depmod on @dir/lib/modules/@release. Return: 0 or a negative errno. */
int dp_depmod(const char *dir, const char *release, struct dp_error *err);

/**
 * dp_kernel_resolve - find a kernel, and fetch and unpack it if necessary
 * @spec: "debian:SUITE", "debian:SUITE/VERSION", "debian:VERSION" (from any suite), "host",
 *        "VMLINUZ:MODULES_DIR", the folder of a source tree that was built, or "FILE.deb"; NULL for
 *        the suite of this machine. What begins with "debian:" is only looked for in the folder
 *        that the environment's DAXPIN_KERNELS names, if it does.
 * @refresh: look for a newer package even if one is cached, for this machine
 * @progress: called during downloads; may be NULL
 * @kernel: receives the paths
 * @err: context on failure
 *
 * Return: 0; -EINVAL for an invalid spec or file (bad input); another negative errno.
 */
int dp_kernel_resolve(const char *spec, bool refresh, const struct dp_progress *progress,
		      struct dp_kernel *kernel, struct dp_error *err);

/**
 * dp_apt_fetch - download a kernel's packages into a private root in the cache
 * @suite: such as "bookworm"
 * @version: take the newest kernel whose release matches (dp_release_matches()); NULL for the
 *           dependency of the suite's metapackage
 * @refresh: read the package lists again even if they are recent
 * @progress: as above
 * @packages: receives the paths of the package files, to be freed with dp_strings_free()
 * @count: receives their number
 * @err: context on failure
 *
 * Uses the system's sources, keys and proxy. Nothing is installed, and apt's own state is not
 * changed.
 *
 * Return: 0; -EINVAL if the suite has no such version (bad input; the hint lists what it has);
 * another negative errno.
 */
int dp_apt_fetch(const char *suite, const char *version, bool refresh,
		 const struct dp_progress *progress, char ***packages, size_t *count,
		 struct dp_error *err);

/**
 * dp_apt_fetch_build - download what builds modules for a kernel, and its source
 * @suite: which has the kernel
 * @release: such as "6.1.0-57-amd64"
 * @progress, @packages, @count, @err: as above
 *
 * Return: 0 or a negative errno.
 */
int dp_apt_fetch_build(const char *suite, const char *release, const struct dp_progress *progress,
		       char ***packages, size_t *count, struct dp_error *err);

/**
 * dp_kernel_suite - the first suite that has a kernel of a version
 * @version: as for dp_release_matches()
 * @refresh: read the package lists again even if they are recent
 * @progress: as above
 * @suite: receives its name
 * @size: of @suite, bytes
 * @err: says what there is instead (bad input), or that no lists can be read
 *
 * Return: 0 or a negative errno.
 */
int dp_kernel_suite(const char *version, bool refresh, const struct dp_progress *progress,
		    char *suite, size_t size, struct dp_error *err);

/**
 * dp_extra_build - build a module of the kernel's source that distributions do not ship
 * @kernel: one that was fetched (dp_kernel_resolve())
 * @name: "gup_test": the mm developers' own stopwatch, since 5.11; "test_hmm": their device whose
 *        memory pages migrate to, since 6.1
 * @progress: called during downloads; may be NULL
 * @path: receives the module's path in the cache
 * @size: of @path, bytes
 * @err: what could not be fetched, or does not compile
 *
 * The kernel's headers and source are fetched from its suite, and compiled by this machine's
 * compiler; only the module stays. Needs gcc, make, patchelf, tar, xz and dpkg.
 *
 * Return: 0; -EINVAL for a kernel that was not fetched, or is too old (bad input); another negative
 * errno.
 */
int dp_extra_build(const struct dp_kernel *kernel, const char *name,
		   const struct dp_progress *progress, char *path, size_t size,
		   struct dp_error *err);

/**
 * dp_extra_find - a module that dp_extra_build() has built
 * @kernel: the kernel
 * @i: which of all that it can build
 * @name: receives its name
 * @path: receives its path in the cache; "" if it was not built for this kernel
 * @size: of @path, bytes
 *
 * Return: false if there are not so many.
 */
bool dp_extra_find(const struct dp_kernel *kernel, size_t i, const char **name, char *path,
		   size_t size);

/* What such a module is loaded with in a guest; "" for nothing. */
const char *dp_extra_parameters(const char *name);

/**
 * dp_apt_releases - list the kernels of a suite
 * @suite, @refresh, @progress: as above
 * @list: receives the releases in order of version, to be freed with dp_strings_free()
 * @count: receives their number
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_apt_releases(const char *suite, bool refresh, const struct dp_progress *progress,
		    char ***list, size_t *count, struct dp_error *err);

/*
 * Whether a release begins with a version: "6", "6.1" and "6.1.0-56" match 6.1.0-56, "6.1.0-5" and
 * "6.12" do not.
 */
bool dp_release_matches(const char *release, const char *version);

/* Length of the series at the beginning of a release: of "6.1" in "6.1.0-57-amd64". */
static inline size_t dp_series_length(const char *release)
{
	size_t major = strspn(release, "0123456789");

	return release[major] == '.' ? major + 1 + strspn(release + major + 1, "0123456789")
				     : major;
}

/* Frees a list of strings and its members. */
void dp_strings_free(char **list, size_t count);

/**
 * dp_package_extract - extract kernel, configuration and modules from a Debian package
 * @package: the .deb file
 * @dir: the target folder, which gets boot/ and lib/modules/
 * @err: context on failure; a package that cannot be read is bad input
 *
 * Return: 0 or a negative errno.
 */
int dp_package_extract(const char *package, const char *dir, struct dp_error *err);

/* ---- bzimage.c --------------------------------------------------------------------------- */

/* Where the compressed vmlinux is in a bzImage, from its setup header. */
struct dp_bzimage {
	size_t offset, length;   /* of the payload, in bytes from the beginning of the file */
	const char *compression; /* "xz", "zstd", "gzip", "lz4", "lzma", "bzip2" */
};

/**
 * dp_bzimage_parse - read the setup header (Documentation/x86/boot.rst)
 * @data: the file
 * @len: its length in bytes
 * @image: receives the position of the payload
 * @err: what is wrong with the file (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_bzimage_parse(const uint8_t *data, size_t len, struct dp_bzimage *image,
		     struct dp_error *err);

/**
 * dp_bzimage_unpack - write the vmlinux of a bzImage to a file
 * @path: the bzImage
 * @out: the file to write
 * @pvh: receives whether the vmlinux has a PVH note, through which QEMU can enter it
 * @err: context on failure
 *
 * Return: 0, -EINVAL if it is not a kernel for x86-64 (bad input), or another negative errno.
 */
int dp_bzimage_unpack(const char *path, const char *out, bool *pvh, struct dp_error *err);

/**
 * dp_elf_has_pvh - whether an ELF kernel has the note XEN_ELFNOTE_PHYS32_ENTRY
 * @fd: the file
 *
 * Return: 1, 0, or -EINVAL if it is not an ELF file for x86-64.
 */
int dp_elf_has_pvh(int fd);

#endif
