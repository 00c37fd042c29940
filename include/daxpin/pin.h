/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pin counters, and who owns the memory behind a user address.
 */
#ifndef DAXPIN_PIN_H
#define DAXPIN_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_error;

/* One reading of the pin counters. */
struct dp_pins {
	uint64_t acquired; /* nr_foll_pin_acquired, pages since boot */
	uint64_t released; /* nr_foll_pin_released, pages since boot */
};

/**
 * dp_vmstat_parse - find the pin counters in the text of /proc/vmstat
 * @text: NUL-terminated
 * @pins: receives them
 *
 * Return: 0, or -ENODATA if a counter is missing (kernels before 5.8) or is not a number.
 */
int dp_vmstat_parse(const char *text, struct dp_pins *pins);

/**
 * dp_pins_read - read the pin counters, up to date
 * @pins: receives them
 *
 * The counters are per CPU and folded into the sums once a second. A write to
 * /proc/sys/vm/stat_refresh folds them at once (vmstat_refresh(), mm/vmstat.c), which takes root.
 * Without it this fails: a reading may lag behind.
 *
 * Return: 0 or a negative errno.
 */
int dp_pins_read(struct dp_pins *pins);

/* Pages that were pinned between two readings, and not released. */
int64_t dp_pins_held(const struct dp_pins *before, const struct dp_pins *now);

/**
 * dp_vmstat_counter - a counter of /proc/vmstat
 * @name: its whole name
 * @value: receives it
 *
 * Events ("balloon_inflate") are summed up over all CPUs when they are read (all_vm_events()).
 *
 * Return: 0, -ENODATA if this kernel has no such counter, or another negative errno.
 */
int dp_vmstat_counter(const char *name, uint64_t *value);

/**
 * dp_vmpin_kib - VmPin of this process: mm->pinned_vm, which ib_umem_get() increases
 *
 * Return: KiB, or a negative errno.
 */
int64_t dp_vmpin_kib(void);

/**
 * dp_zoneinfo_room - how many pages there are that a longterm pin may have its pages moved to
 * @text: of /proc/zoneinfo, NUL-terminated
 * @pages: receives what is free outside ZONE_MOVABLE and CMA, above the watermarks
 *
 * That is where alloc_migration_target() takes pages from for
 * migrate_longterm_unpinnable_pages() (mm/gup.c).
 *
 * Return: 0, or -ENODATA if the text has no zone.
 */
int dp_zoneinfo_room(const char *text, uint64_t *pages);

/* That of this machine. Return: 0 or a negative errno. */
int dp_room_read(uint64_t *pages);

/* One resource of /proc/iomem, with the path of names that leads to it. */
struct dp_resource {
	uint64_t start, end; /* physical, inclusive */
	char path[192];      /* "Persistent Memory/namespace0.1/dax0.1" */
};

struct dp_iomem {
	struct dp_resource *list;
	size_t count;
};

/**
 * dp_iomem_parse - read the text of /proc/iomem
 * @text: NUL-terminated; two blanks of indentation for each level
 * @iomem: receives the resources, in the order of the file; release with dp_iomem_clear()
 * @err: names the line that cannot be parsed
 *
 * Return: 0, -EBADMSG, -EPERM if all addresses are zero (what /proc/iomem shows without
 * CAP_SYS_ADMIN), -ENOMEM.
 */
int dp_iomem_parse(const char *text, struct dp_iomem *iomem, struct dp_error *err);

/**
 * dp_iomem_read - read and parse /proc/iomem
 *
 * As dp_iomem_parse().
 */
int dp_iomem_read(struct dp_iomem *iomem, struct dp_error *err);

void dp_iomem_clear(struct dp_iomem *iomem);

/* Addresses around one, all of which have the same innermost resource. */
struct dp_iomem_range {
	uint64_t start, end;                /* the first and the last */
	const struct dp_resource *resource; /* NULL if there is none */
};

/* What is told of an address is told of all these. */
struct dp_iomem_range dp_iomem_around(const struct dp_iomem *iomem, uint64_t phys);

/**
 * dp_iomem_find - the innermost resource that holds an address
 * @iomem: the resources
 * @phys: physical address
 *
 * Return: the resource, NULL if there is none.
 */
const struct dp_resource *dp_iomem_find(const struct dp_iomem *iomem, uint64_t phys);

/* Kinds of resources, by the names that the kernel gives them. */
#define DP_SYSTEM_RAM        "System RAM" /* also "System RAM (kmem)", "System RAM (virtio_mem)", … */
#define DP_PERSISTENT_MEMORY "Persistent Memory"

/**
 * dp_resource_is - whether a resource is of a kind, or lies in one that is
 * @res: the resource
 * @kind: one of the names above
 *
 * DP_PERSISTENT_MEMORY is what is_pmem_page() of rxe asks for, IORES_DESC_PERSISTENT_MEMORY: that
 * descriptor goes with this name wherever it is given (e820_type_to_string() and
 * e820_type_to_iores_desc() in arch/x86/kernel/e820.c, drivers/acpi/nfit). "Persistent Memory
 * (legacy)" has another one.
 */
bool dp_resource_is(const struct dp_resource *res, const char *kind);

/* A word of pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#define DP_PM_PRESENT (1ULL << 63)
#define DP_PM_SWAPPED (1ULL << 62)
#define DP_PM_FRAME   ((1ULL << 55) - 1) /* of a page that is present; 0 if it is hidden */

/**
 * dp_pagemap_read - the words of /proc/self/pagemap for a range of this process
 * @addr: page-aligned address
 * @pages: how many pages
 * @words: receives @pages words
 *
 * As for dp_frames_read(), the range must not be mapped by PUD.
 *
 * Return: 0, -EPERM if pages are present and their frames are hidden, or another negative errno.
 */
int dp_pagemap_read(const void *addr, size_t pages, uint64_t *words);

/**
 * dp_kpageflags_read - what /proc/kpageflags says of frames (stable_page_flags())
 * @words: of pagemap
 * @pages: how many
 * @flags: receives a word of KPF_… bits for each page, 0 for one that is not present
 *
 * Return: 0 or a negative errno (-EACCES for others than root).
 */
int dp_kpageflags_read(const uint64_t *words, size_t pages, uint64_t *flags);

/**
 * dp_frames_read - the page frame numbers behind a range of this process
 * @addr: page-aligned address
 * @pages: how many pages
 * @pfn: receives @pages numbers, 0 where nothing is mapped
 *
 * Reads /proc/self/pagemap (fs/proc/task_mmu.c), which hides the numbers without CAP_SYS_ADMIN. Do
 * not use it for ranges that are mapped by PUD: the page walk splits a PUD (walk_pud_range() calls
 * split_huge_pud()), so reading would change what is read.
 *
 * Return: 0, -EPERM if the numbers are hidden, or another negative errno.
 */
int dp_frames_read(const void *addr, size_t pages, uint64_t *pfn);

/* The page-table entry that maps one address. */
struct dp_leaf {
	uint64_t size; /* bytes that the entry maps, 0 if the kernel does not tell */
	uint64_t phys; /* physical address, 0 if gup-fast finds no page there */
};

/* A perf event that samples accesses to one address. */
struct dp_witness {
	const void *addr;
	void *ring; /* the ring buffer, NULL if the event could not be opened */
	int fd;
	bool sized; /* samples hold the page size */
	int error;  /* negative errno: why the event could not be opened */
};

/**
 * dp_witness_open - prepare to have the kernel walk the page table for one address
 * @addr: a readable address of this process
 * @witness: receives the event, or why there is none; release with dp_witness_close()
 *
 * A hardware breakpoint on the address samples PERF_SAMPLE_DATA_PAGE_SIZE and
 * PERF_SAMPLE_PHYS_ADDR: perf_get_pgtable_size() and perf_virt_to_phys() in kernel/events/core.c.
 * Kernels before 5.11 give the physical address only.
 */
void dp_witness_open(const void *addr, struct dp_witness *witness);

/**
 * dp_witness_look - read one byte at the address and take the sample that this makes
 * @witness: the event
 * @leaf: receives what the page-table walk found
 * @err: context on failure
 *
 * Return: 0, or a negative errno (-EACCES by perf_event_paranoid).
 */
int dp_witness_look(struct dp_witness *witness, struct dp_leaf *leaf, struct dp_error *err);

/* Closes the event. A structure of zeros is left alone. */
void dp_witness_close(struct dp_witness *witness);

/**
 * dp_zone_of - the zone of a physical address, from the memory block's valid_zones
 * @phys: physical address
 * @zone: receives "Normal", "Movable", …
 * @size: its size in bytes
 *
 * Return: 0 or a negative errno, for example if this kernel has no memory hotplug.
 */
int dp_zone_of(uint64_t phys, char *zone, size_t size);

#endif
