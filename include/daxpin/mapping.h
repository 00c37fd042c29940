/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds of memory mapping. Each kind is one file in src/mapping that ends in its descriptors, which
 * register themselves (daxpin/registry.h). What is said of a kind here is data; no code looks at
 * the parts of its name.
 */
#ifndef DAXPIN_MAPPING_H
#define DAXPIN_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/range.h"
#include "daxpin/registry.h"

struct dp_error;
struct dp_mapping;

/* What a mapping may use of the machine. */
struct dp_env {
	uint64_t size;           /* bytes to map for a region, a multiple of the page size */
	const char *const *dirs; /* folders where temporary files may be made */
	size_t ndirs;
	uint64_t split;     /* offset where an extent of a temporary file has to end; 0 for none */
	const char *device; /* the only device-dax that may be used, NULL for any */
	bool guest;         /* a guest of daxpin, where no data can be lost */
	/*
	 * Whether what a kind needs could be prepared: 0, DP_SKIP or a negative errno, with the
	 * reason in @err. NULL where nothing was prepared.
	 */
	int (*lacking)(const struct dp_mapping *mapping, struct dp_error *err);
};

/*
 * What a kind of mapping is made of. This decides which events and operations apply to it. 0 is no
 * family, so that a descriptor without one is noticed.
 */
enum dp_family {
	DP_FAMILY_ANON = 1,  /* anonymous memory of the page allocator */
	DP_FAMILY_HUGETLB,   /* pages of the hugetlb pool */
	DP_FAMILY_SHMEM,     /* memfd, tmpfs */
	DP_FAMILY_SECRETMEM, /* memfd_secret(2) */
	DP_FAMILY_PAGECACHE, /* page cache with a file or a block device behind it */
	DP_FAMILY_DEVDAX,    /* a character device of device-dax */
	DP_FAMILY_FSDAX,     /* a file of a DAX file system */
	DP_FAMILY_KMEM,      /* a DAX device that the page allocator was given */
	DP_FAMILY_P2PDMA,    /* PCI peer-to-peer memory */
	DP_FAMILY_PFNMAP,    /* no struct pages (VM_PFNMAP) */
	DP_FAMILY_DEVICE,    /* memory that the driver of a device migrates pages to */
};

enum dp_populate {
	DP_POPULATE_WRITE, /* fault for writing, without changing a byte */
	DP_POPULATE_READ,  /* fault for reading: a private mapping keeps the page of its file */
	DP_POPULATE_MMAP,  /* nothing to do: mmap() has mapped all pages */
	DP_POPULATE_NONE,  /* nothing to do, and an access could change the device */
};

/* What the frames of a mapping must lie in. */
enum dp_frames {
	DP_FRAMES_RAM = 1, /* memory of the page allocator */
	DP_FRAMES_DEVICE,  /* the memory of the device that is behind the mapping */
	DP_FRAMES_NONE,    /* there are no struct pages (VM_PFNMAP) */
	DP_FRAMES_ABSENT,  /* there are none before the registration (what is accessed is not it any
			      more), or the kernel need not tell them: the member "unlike" tells */
	DP_FRAMES_MIXED,   /* of several kinds, or not of all pages: the member "unlike" tells */
};

/* Bytes that one entry of a page upper directory maps: reading pagemap would split it. */
#define DP_PUD_SIZE (1ULL << 30)

/* What the kernel tells of the pages of an area at one moment. */
struct dp_pages {
	size_t count;
	const uint64_t *words; /* of pagemap: DP_PM_PRESENT, DP_PM_SWAPPED and frame (pin.h) */
	const uint64_t *flags; /* of /proc/kpageflags, 0 for a page that is not present; or NULL */
	int flags_error;       /* negative errno: why flags is NULL */
};

/* One mapping in the address space of this process. */
struct dp_area {
	void *addr;     /* first byte of the region */
	uint64_t len;   /* its length, bytes */
	void *reserved; /* what to unmap */
	size_t reserved_len;
	int fd;     /* what is mapped; -1 if none */
	int driver; /* of the device to which pages were migrated; 0 if none */
	void (*undo)(struct dp_area *area); /* called when it is not mapped any more; or NULL */
	char resource[64];                  /* the device behind it, as sysfs names it, or "" */
	struct dp_ranges memory; /* of that device, if the mapping has DP_FRAMES_DEVICE */
	int memory_error;        /* negative errno: why that is not known */
};

struct dp_mapping {
	const char *name;  /* the fixed name */
	const char *what;  /* one line for people */
	unsigned int rank; /* order in lists and tables */
	enum dp_family family;
	const char *fs; /* name of the file system that the file is on, NULL for no file on one */
	bool private;   /* a private mapping of a file: a write copies the page */
	bool control;   /* plain memory that the other kinds are compared with */
	bool readonly;  /* mapped with PROT_READ only */
	bool dmabuf;    /* registered as the dma-buf that the area's fd is, not by its address */
	bool lent;      /* the pages are CMA's, which takes them back when it needs them */
	bool pins;      /* while it is there the kernel counts pins that are not a region's */
	bool refaults;  /* as new after MADV_DONTNEED, faulted in again: see dp_area_renew() */
	const char *
		modules; /* group of modules that a guest loads for it (src/image), NULL for none */
	bool check_only; /* asked whether it may be pinned, and nothing else */
	enum dp_frames frames;
	bool ordered;     /* page i of the mapping is page i of the device */
	uint64_t leaf;    /* bytes that one page-table leaf must map, 0 for any */
	const char *zone; /* the zone its frames must be in before registration, NULL for any */
	uint64_t granule; /* alignment and smallest length of the mapping, bytes */
	uint64_t skew;    /* bytes by which the address is shifted off the granule */
	bool carried;     /* of a carrier that daxpin's own machine does not have */
	bool wide;        /* needs the wide machine, where it is asked of a guest */
	bool eternal;     /* its page goes nowhere, and need not be held to be pinned */
	uint64_t enough;  /* bytes; of larger regions each page costs too much. 0: none is too large
			   */
	enum dp_populate populate;

	/*
	 * What each page must be shown to be, for people ("the zero page"), and how it is shown:
	 * the number of pages that are something else before the registration, or a negative errno
	 * with the reason. NULL where frames, leaf and zone say it all.
	 */
	const char *trait;
	int64_t (*unlike)(const struct dp_mapping *mapping, const struct dp_area *area,
			  const struct dp_pages *pages, struct dp_error *err);

	/*
	 * Counts the pages that are on the device now, as its driver tells; NULL where /proc tells.
	 * An access would bring them back. Returns 0 or a negative errno.
	 */
	int (*held)(const struct dp_area *area, uint64_t *pages);

	/*
	 * Makes the mapping, by dp_area_map() or a function on top of it, without populating it.
	 * Returns 0, DP_SKIP with the reason if this machine has none, or a negative errno with its
	 * context.
	 */
	int (*open)(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, struct dp_error *err);

	/* Has it look as it was made, for dp_area_renew(). NULL: see there. */
	int (*renew)(const struct dp_mapping *mapping, const struct dp_area *area);
};

#define DP_MAPPING(ident, ...) DP_REGISTER(struct dp_mapping, dp_mappings, ident, __VA_ARGS__)

/**
 * dp_mappings - all kinds, in order of rank
 * @count: receives how many
 *
 * Return: a static array.
 */
const struct dp_mapping *const *dp_mappings(size_t *count);

/**
 * dp_mapping_find - a kind by its fixed name
 * @name: the whole name
 *
 * Return: NULL if there is none.
 */
const struct dp_mapping *dp_mapping_find(const char *name);

/* Whether a kind needs this group of modules. */
bool dp_needs_modules(const struct dp_mapping *mapping, const char *group);

/* Tests of the family, for the member "applies" of an event or an operation. */
bool dp_is_devdax(const struct dp_mapping *mapping);
bool dp_is_fsdax(const struct dp_mapping *mapping); /* shared, and not asked by check only */
bool dp_is_kmem(const struct dp_mapping *mapping);
bool dp_is_p2pdma(const struct dp_mapping *mapping);
bool dp_is_device(const struct dp_mapping *mapping);
/* For events that take away the adapter or the owner instead of the memory. */
bool dp_is_devdax_or_control(const struct dp_mapping *mapping);

/**
 * dp_area_open - make a mapping and fault it in
 * @mapping: its kind
 * @env: what it may use
 * @area: receives it; release with dp_area_close()
 * @err: the reason for DP_SKIP, or context on failure
 *
 * Return: 0, DP_SKIP, or a negative errno. On failure nothing stays mapped or open.
 */
int dp_area_open(const struct dp_mapping *mapping, const struct dp_env *env, struct dp_area *area,
		 struct dp_error *err);

/* As dp_area_open(), without faulting it in. */
int dp_area_open_untouched(const struct dp_mapping *mapping, const struct dp_env *env,
			   struct dp_area *area, struct dp_error *err);

/**
 * dp_area_touch - fault a mapping in by one access of the processor to each page
 * @mapping: its kind; one whose pages mmap() has mapped, or that must not be accessed, is left
 *           alone
 * @env: in a guest a byte of each page is overwritten. QEMU, where it has one thread for all
 *       processors, makes a load and a store of a locked instruction, which are two faults
 * @area: the mapping
 */
void dp_area_touch(const struct dp_mapping *mapping, const struct dp_env *env,
		   const struct dp_area *area);

/**
 * dp_area_renew - have a mapping look as dp_area_open() made it, without the cost of making it
 * @mapping: its kind
 * @area: the mapping
 *
 * By the member "renew" of the kind. Without one, only kinds that are private or have "refaults":
 * their copies of pages are dropped, and what was there before, a file's pages or the zero page, is
 * faulted in again.
 *
 * Return: 0, -EOPNOTSUPP for other kinds, or another negative errno; then it is to be made anew.
 */
int dp_area_renew(const struct dp_mapping *mapping, const struct dp_area *area);

/**
 * dp_area_populate - populate a part of an area
 * @addr: its first byte
 * @len: bytes
 * @how: DP_POPULATE_WRITE or DP_POPULATE_READ
 *
 * For kinds whose parts are not all faulted in alike: such a kind has DP_POPULATE_MMAP.
 *
 * Return: 0 or a negative errno.
 */
int dp_area_populate(void *addr, uint64_t len, enum dp_populate how);

/* Unmaps and closes. An area of zeros with fd -1 is left alone. */
void dp_area_close(struct dp_area *area);

/**
 * dp_area_map - map at an address with the alignment of the kind
 * @mapping: its kind: granule and skew
 * @env: the size
 * @area: receives addr, len and what to unmap
 * @flags: for mmap(): MAP_SHARED, MAP_PRIVATE, MAP_ANONYMOUS, …
 * @fd: what to map, -1 for none
 * @err: context on failure
 *
 * The mapping is readable and writable, or readable only if the kind is.
 *
 * Return: 0 or a negative errno.
 */
int dp_area_map(const struct dp_mapping *mapping, const struct dp_env *env, struct dp_area *area,
		int flags, int fd, struct dp_error *err);

/**
 * dp_area_map_new - extend a new, empty file to the span of the kind, and map it shared
 * @mapping, @env, @area, @err: as for dp_area_map(); area->fd is the file
 *
 * Return: 0 or a negative errno.
 */
int dp_area_map_new(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, struct dp_error *err);

/**
 * dp_area_map_pci - map a file of a PCI device in sysfs, shared
 * @mapping, @env, @area, @err: as for dp_area_map(); the resource of @area is the device's address
 * @path: DP_PCI_DEVICES "/ADDRESS/…"
 *
 * Return: 0 or a negative errno.
 */
int dp_area_map_pci(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, const char *path, struct dp_error *err);

#define DP_PCI_DEVICES "/sys/bus/pci/devices"

/**
 * dp_scratch_folder - the first folder of @env where a temporary file can be made
 * @env, @fs, @dax, @err: as for dp_scratch_open()
 *
 * Return: its path, of @env; NULL with the reason in @err, whose code is DP_SKIP.
 */
const char *dp_scratch_folder(const struct dp_env *env, const char *fs, bool dax,
			      struct dp_error *err);

/* Writes @len zeros to a file. Return: 0 or a negative errno. */
int dp_scratch_fill(int fd, uint64_t len, struct dp_error *err);

/**
 * dp_area_map_scratch - map a temporary file on the file system of a kind
 *
 * Can be the member "open" of a kind that has "fs". The mapping is private if the kind is. The file
 * is a DAX file if the family is DP_FAMILY_FSDAX. See dp_scratch_open().
 *
 * Return: 0, DP_SKIP if there is no folder for it, or a negative errno.
 */
int dp_area_map_scratch(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_area *area, struct dp_error *err);

/**
 * dp_area_find_disk - the memory behind a file of a DAX file system
 * @area: has the file; receives resource and memory
 * @name: of the kind, for messages
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_area_find_disk(struct dp_area *area, const char *name, struct dp_error *err);

/*
 * Ways to show what pages are, for the member "unlike". dp_pages_without() counts the pages that
 * lack a flag of /proc/kpageflags (KPF_…, linux/kernel-page-flags.h), dp_area_unlike_readonly() all
 * pages of a mapping that the kernel does not list as read-only.
 */
int64_t dp_pages_without(const struct dp_pages *pages, unsigned int flag, struct dp_error *err);
int64_t dp_area_unlike_readonly(const struct dp_mapping *mapping, const struct dp_area *area,
				const struct dp_pages *pages, struct dp_error *err);

/* The size of a region of this kind where regions of @size bytes are asked for. */
uint64_t dp_region_size(const struct dp_mapping *mapping, uint64_t size);

/* Bytes that a mapping of this kind spans: the size of a region, rounded up to the granule. */
uint64_t dp_span(const struct dp_mapping *mapping, const struct dp_env *env);

/**
 * dp_scratch_open - a temporary file without a name, on a file system of a type
 * @env: the folders to try
 * @fs: "ext4" or "xfs"
 * @dax: whether the file must be a DAX file (STATX_ATTR_DAX) or must not be one
 * @len: bytes of zeros to write, so that blocks are allocated and initialised
 * @err: the reason for DP_SKIP, or context on failure
 *
 * With env->split, a block is removed from the file there (FALLOC_FL_COLLAPSE_RANGE), so that what
 * follows is not adjacent on the disk. A file system that cannot do that leaves the file whole.
 *
 * Return: a descriptor; -ENOENT with err->code DP_SKIP if no folder fits; or another negative
 * errno.
 */
int dp_scratch_open(const struct dp_env *env, const char *fs, bool dax, uint64_t len,
		    struct dp_error *err);

/*
 * False if this kernel was built without an option, one of those that daxpin looks for
 * (src/image/image.c). Only a guest has the configuration of its kernel; elsewhere this is true.
 */
bool dp_kernel_built_with(const char *option);

#endif
