/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds of memory mapping. Each kind is one file in src/mapping that ends in its descriptors; they
 * are found through a linker section, there is no list of them.
 */
#ifndef DAXPIN_MAPPING_H
#define DAXPIN_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_error;
struct dp_mapping;

/* What a mapping may use of the machine. */
struct dp_env {
	uint64_t size;           /* bytes to map for a region, a multiple of the page size */
	const char *const *dirs; /* folders where temporary files may be made */
	size_t ndirs;
	uint64_t split; /* where an extent of a temporary file is to end, bytes; 0 for nowhere */
	const char *device; /* the only device-dax that may be used, NULL for any */
	bool guest;         /* a machine of daxpin's own, where nothing is precious */
};

enum dp_populate {
	DP_POPULATE_WRITE, /* fault for writing, without changing a byte */
	DP_POPULATE_READ,  /* fault for reading, so that private mappings keep the original page */
	DP_POPULATE_MMAP,  /* mapped whole by mmap */
	DP_POPULATE_NONE,  /* mapped whole by mmap, and not to be touched */
};

/* One mapping that has been made. */
struct dp_area {
	void *addr;     /* where the region begins */
	uint64_t len;   /* its length, bytes */
	void *reserved; /* what munmap() must take away */
	size_t reserved_len;
	int fd;            /* -1 if none */
	char resource[64]; /* the device behind it as /proc/iomem names it, or "" */
};

struct dp_mapping {
	const char *name;  /* the fixed name */
	const char *what;  /* one line for people */
	unsigned int rank; /* order in lists and tables */
	const char *owner; /* glob for the /proc/iomem path that its frames must have */
	uint64_t leaf;     /* bytes that one page-table leaf must map, 0 for any */
	const char *zone;  /* the zone its frames must be in before registration, NULL for any */
	uint64_t granule;  /* alignment and smallest length of the mapping, bytes */
	uint64_t skew;     /* bytes by which the address is shifted off the granule */
	enum dp_populate populate;

	/*
	 * Makes the mapping, unpopulated, with dp_area_map(). Returns 0, DP_SKIP with the reason
	 * if this machine has none, or a negative errno with its context.
	 */
	int (*open)(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, struct dp_error *err);
	const char *fs; /* for kinds that live on a file system: its name */
};

#define DP_MAPPING(ident, ...)                                                                     \
	static const struct dp_mapping ident = { __VA_ARGS__ };                                    \
	static const struct dp_mapping *const ident##_entry                                        \
		__attribute__((section("dp_mappings"), used)) = &ident

/**
 * dp_mappings - all kinds, in order of rank
 * @count: receives how many
 *
 * Return: a static array.
 */
const struct dp_mapping *const *dp_mappings(size_t *count);

/**
 * dp_mapping_find - a kind by its fixed name
 * Return: NULL if there is none.
 */
const struct dp_mapping *dp_mapping_find(const char *name);

/**
 * dp_area_open - make a mapping and fault it in
 * @mapping: its kind
 * @env: what it may use
 * @area: receives it; release with dp_area_close()
 * @err: the reason or the failure
 *
 * Return: 0, DP_SKIP, or a negative errno. Nothing is left mapped or open unless 0.
 */
int dp_area_open(const struct dp_mapping *mapping, const struct dp_env *env, struct dp_area *area,
		 struct dp_error *err);

/* Unmaps and closes; an area that is zero with fd -1 is left alone. */
void dp_area_close(struct dp_area *area);

/**
 * dp_area_map - map at an address that is aligned as the kind wants it
 * @mapping: gives granule and skew
 * @env: gives the size
 * @area: receives addr, len and what to unmap
 * @flags: for mmap(): MAP_SHARED, MAP_PRIVATE, MAP_ANONYMOUS, …
 * @fd: what to map, -1 for none
 * @err: context on failure
 *
 * All mappings are readable and writable: what is asked is whether they may be pinned.
 *
 * Return: 0 or a negative errno.
 */
int dp_area_map(const struct dp_mapping *mapping, const struct dp_env *env, struct dp_area *area,
		int flags, int fd, struct dp_error *err);

/* Bytes that a mapping of this kind spans: the size, rounded up to the granule. */
uint64_t dp_span(const struct dp_mapping *mapping, const struct dp_env *env);

/**
 * dp_scratch_open - a temporary file without a name, on a given file system
 * @env: gives the folders
 * @fs: "ext4" or "xfs"
 * @dax: whether the file must be a DAX file (STATX_ATTR_DAX) or must not be one
 * @len: bytes of zeros to write, so that blocks are allocated and initialised
 * @err: the reason or the failure
 *
 * With env->split, a block is taken out of the file there (FALLOC_FL_COLLAPSE_RANGE), so that what
 * follows is not next to it on the disk; a file system that cannot do that leaves it whole.
 *
 * Return: a descriptor (0 or more), -ENOENT with err->code DP_SKIP if there is no such folder, or
 * another negative errno.
 */
int dp_scratch_open(const struct dp_env *env, const char *fs, bool dax, uint64_t len,
		    struct dp_error *err);

/**
 * dp_block_resource - the name that /proc/iomem gives to the namespace below a block device
 * @dev: device number of the block device, or of a file on it
 * @name: receives it, "" if it is no pmem
 * @size: size of @name in bytes
 */
void dp_block_resource(uint64_t dev, char *name, size_t size);

/*
 * False if this kernel was built without CONFIG_PCI_P2PDMA, as far as that is known: guests carry
 * their kernel's configuration.
 */
bool dp_p2pdma_built(void);

#endif
