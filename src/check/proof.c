// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proof that a mapping is what its name says. It comes from the kernel, not from what was asked
 * for: the page size from a page-table walk (dp_witness_look()), the frames from pagemap, where the
 * memory of the device lies from sysfs (range.h), and what it is from /proc/iomem.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/pin.h"
#include "daxpin/vma.h"

static uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* pagemap hides the frames of VM_PFNMAP; smaps has the flag "pf" for it. */
bool dp_proof_is_pfnmap(const struct dp_area *area)
{
	dp_autofree struct dp_vma *list = NULL;
	const struct dp_vma *vma;
	size_t count;

	if (dp_vmas_read(0, &list, &count, NULL))
		return false;
	vma = dp_vma_find(list, count, (uintptr_t)area->addr);
	return vma && dp_vma_has(vma, "pf");
}

static int read_words(const struct dp_area *area, struct dp_proof *proof)
{
	int rc;

	proof->words = calloc(proof->pages, sizeof(*proof->words));
	if (!proof->words)
		return -ENOMEM;
	rc = dp_pagemap_read(area->addr, proof->pages, proof->words);
	for (size_t i = 0; i < proof->pages && !rc; i++)
		if (proof->words[i] & DP_PM_PRESENT)
			proof->pfn[i] = proof->words[i] & DP_PM_FRAME;
	return rc;
}

/*
 * Reads the frames from pagemap, unless a PUD maps them: the page walk would split it, and its
 * frames follow from the physical address of the leaf.
 */
static int take_frames(const struct dp_area *area, const struct dp_mapping *mapping,
		       const struct dp_leaf *leaf, struct dp_proof *proof)
{
	uint64_t page = page_size();

	proof->pages = area->len / page;
	proof->pfn = calloc(proof->pages, sizeof(*proof->pfn));
	if (!proof->pfn)
		return -ENOMEM;
	if (leaf->size < DP_PUD_SIZE && mapping->granule < DP_PUD_SIZE)
		return read_words(area, proof);
	for (size_t i = 0; i < proof->pages && leaf->phys; i++)
		proof->pfn[i] = leaf->phys / page + i;
	return 0;
}

/* The pages whose frame is in a resource of a kind, or -1 if /proc/iomem does not tell. */
static int64_t count_in(const struct dp_asker *asker, const uint64_t *pfn, size_t pages,
			const char *kind)
{
	uint64_t page = page_size();
	struct dp_iomem_range around = { .start = 1 };
	bool within = false;
	int64_t count = 0;

	if (asker->iomem_error.code)
		return -1;
	for (size_t i = 0; i < pages; i++) {
		uint64_t phys = pfn[i] * page;

		if (phys < around.start || phys > around.end) {
			around = dp_iomem_around(&asker->iomem, phys);
			within = around.resource && dp_resource_is(around.resource, kind);
		}
		count += within;
	}
	return count;
}

static int64_t count_outside(const struct dp_asker *asker, const struct dp_proof *proof)
{
	const struct dp_ranges *memory = &asker->area.memory;
	uint64_t page = page_size();
	int64_t inside = 0;

	if (asker->mapping->frames == DP_FRAMES_RAM)
		inside = count_in(asker, proof->pfn, proof->pages, DP_SYSTEM_RAM);
	else if (asker->area.memory_error)
		return -1;
	else
		for (size_t i = 0; i < proof->pages; i++)
			inside += dp_ranges_hold(memory, proof->pfn[i] * page);
	return inside < 0 ? -1 : (int64_t)proof->pages - inside;
}

/* Page i of a device-dax mapping is page i of the device (dax_pgoff_to_phys()). */
static int64_t count_displaced(const struct dp_asker *asker, const struct dp_proof *proof)
{
	uint64_t page = page_size(), phys;
	int64_t count = 0;

	if (!asker->mapping->ordered || asker->area.memory_error)
		return -1;
	for (size_t i = 0; i < proof->pages; i++)
		count += !dp_ranges_find(&asker->area.memory, i * page, &phys) ||
			 phys != proof->pfn[i] * page;
	return count;
}

static void explain(struct dp_cell *cell, const char *what)
{
	snprintf(cell->proof_text, sizeof(cell->proof_text), "%.150s", what);
}

/* Pages without a frame: swapped out, migrating, or of a leaf that was not looked at. */
static size_t count_absent(const struct dp_proof *proof, size_t *first)
{
	size_t absent = 0;

	*first = proof->pages;
	for (size_t i = 0; i < proof->pages; i++) {
		absent += !proof->pfn[i];
		if (proof->pfn[i] && *first == proof->pages)
			*first = i;
	}
	return absent;
}

static void find_place(const struct dp_asker *asker, const struct dp_proof *proof, size_t absent,
		       struct dp_cell *cell)
{
	/* Which of them are where was shown by the trait. */
	if (asker->mapping->frames == DP_FRAMES_MIXED) {
		cell->outside = cell->unlike;
		return;
	}
	if (absent) {
		snprintf(cell->proof_text, sizeof(cell->proof_text),
			 "%zu of %zu pages have no frame now (swapped out, or on their way)",
			 absent, proof->pages);
		return;
	}
	cell->outside = count_outside(asker, proof);
	cell->displaced = count_displaced(asker, proof);
	if (cell->outside < 0)
		snprintf(cell->proof_text, sizeof(cell->proof_text),
			 "where the memory of %s lies is not told (%s)", asker->area.resource,
			 dp_errno_name(asker->area.memory_error));
}

static void find_owner(const struct dp_asker *asker, const struct dp_proof *proof,
		       struct dp_cell *cell)
{
	const struct dp_resource *found;
	size_t first, absent = count_absent(proof, &first);

	if (absent == proof->pages) {
		/* Of a leaf that is too large for pagemap, why perf did not look is said already.
		 */
		if (!cell->proof_text[0])
			find_place(asker, proof, absent, cell);
		return;
	}
	if (asker->iomem_error.code) {
		explain(cell, asker->iomem_error.what);
		return;
	}
	found = dp_iomem_find(&asker->iomem, proof->pfn[first] * page_size());
	if (!found) {
		explain(cell, "no resource of /proc/iomem has its first frame");
		return;
	}
	snprintf(cell->owner, sizeof(cell->owner), "%s", found->path);
	find_place(asker, proof, absent, cell);
}

/* Whether the pages have what their kind is named after. */
static void find_trait(const struct dp_asker *asker, struct dp_proof *proof, struct dp_cell *cell)
{
	const struct dp_mapping *mapping = asker->mapping;
	struct dp_pages pages = { .count = proof->pages, .words = proof->words };
	struct dp_error err = { 0 };

	if (!mapping->unlike)
		return;
	proof->flags = calloc(proof->pages, sizeof(*proof->flags));
	pages.flags_error = proof->flags
				    ? dp_kpageflags_read(proof->words, proof->pages, proof->flags)
				    : -ENOMEM;
	pages.flags = pages.flags_error ? NULL : proof->flags;
	cell->unlike = mapping->unlike(mapping, &asker->area, &pages, &err);
	if (cell->unlike >= 0)
		return;
	cell->unlike = -1;
	explain(cell, err.what);
}

static void take_leaf(struct dp_witness *witness, struct dp_leaf *leaf, struct dp_cell *cell)
{
	struct dp_error err = { 0 };

	if (dp_witness_look(witness, leaf, &err)) {
		snprintf(cell->proof_text, sizeof(cell->proof_text), DP_PROOF_LEAF "%.140s",
			 err.what);
		return;
	}
	cell->leaf = leaf->size;
	if (leaf->size)
		snprintf(cell->leaf_by, sizeof(cell->leaf_by), "perf-page-size");
	else
		snprintf(cell->proof_text, sizeof(cell->proof_text),
			 DP_PROOF_LEAF "perf does not sample it before Linux 5.11");
}

/* The processor is kept off them: the driver tells how many pages are on its device. */
static void ask_driver(const struct dp_asker *asker, struct dp_proof *proof, struct dp_cell *cell)
{
	uint64_t pages = asker->area.len / page_size();
	int rc = asker->mapping->held(&asker->area, &proof->held);

	if (rc) {
		snprintf(cell->proof_text, sizeof(cell->proof_text),
			 "the driver of %s does not tell where the pages are: %s",
			 asker->area.resource, dp_errno_name(rc));
		return;
	}
	cell->outside = (int64_t)(pages - proof->held);
	snprintf(cell->owner, sizeof(cell->owner), "%s", asker->area.resource);
	if (proof->held)
		snprintf(cell->zone_before, sizeof(cell->zone_before), "Device");
}

/* Those that have left the device lie where pagemap says. */
static void ask_driver_after(const struct dp_asker *asker, const struct dp_proof *proof,
			     struct dp_cell *cell)
{
	size_t pages = asker->area.len / page_size();
	dp_autofree uint64_t *now = calloc(pages, sizeof(*now));
	uint64_t held;

	if (cell->outside < 0 || asker->mapping->held(&asker->area, &held))
		return;
	cell->moved = proof->held - (held < proof->held ? held : proof->held);
	if (!now || dp_frames_read(asker->area.addr, pages, now))
		return;
	cell->persistent = count_in(asker, now, pages, DP_PERSISTENT_MEMORY);
	if (cell->moved)
		dp_zone_of(now[0] * page_size(), cell->zone_after, sizeof(cell->zone_after));
}

void dp_proof_take(struct dp_asker *asker, struct dp_proof *proof, struct dp_cell *cell)
{
	const struct dp_mapping *mapping = asker->mapping;
	const struct dp_area *area = &asker->area;
	struct dp_leaf leaf = { 0 };
	int rc;

	snprintf(cell->resource, sizeof(cell->resource), "%s", area->resource);
	cell->outside = cell->displaced = cell->persistent = cell->unlike = -1;
	if (mapping->held) {
		ask_driver(asker, proof, cell);
		return;
	}
	if (mapping->populate == DP_POPULATE_NONE) {
		cell->outside = asker->pfnmap ? 0 : (int64_t)(area->len / page_size());
		snprintf(cell->owner, sizeof(cell->owner), "%s%s",
			 cell->outside ? "" : "VM_PFNMAP/", area->resource);
		return;
	}
	/* The look would be an access, and change what is looked at. */
	if (mapping->frames != DP_FRAMES_ABSENT)
		take_leaf(&asker->witness, &leaf, cell);
	rc = take_frames(area, mapping, &leaf, proof);
	if (rc) {
		snprintf(cell->proof_text, sizeof(cell->proof_text), "frame numbers: %s%s",
			 dp_errno_name(rc), rc == -EPERM ? " (shown to root only)" : "");
		return;
	}
	find_trait(asker, proof, cell);
	if (mapping->frames == DP_FRAMES_ABSENT) {
		snprintf(cell->owner, sizeof(cell->owner), "%s", mapping->trait);
		cell->outside = cell->unlike;
		return;
	}
	find_owner(asker, proof, cell);
	if (mapping->zone && proof->pfn[0])
		dp_zone_of(proof->pfn[0] * page_size(), cell->zone_before,
			   sizeof(cell->zone_before));
}

void dp_proof_after(const struct dp_asker *asker, const struct dp_proof *proof,
		    struct dp_cell *cell)
{
	const struct dp_mapping *mapping = asker->mapping;
	const struct dp_area *area = &asker->area;
	dp_autofree uint64_t *now = NULL;

	if (mapping->held)
		ask_driver_after(asker, proof, cell);
	if (!proof->pfn || (!proof->pfn[0] && mapping->frames != DP_FRAMES_ABSENT))
		return;
	now = mapping->granule < DP_PUD_SIZE ? calloc(proof->pages, sizeof(*now)) : NULL;
	if (!now || dp_frames_read(area->addr, proof->pages, now)) {
		cell->persistent = count_in(asker, proof->pfn, proof->pages, DP_PERSISTENT_MEMORY);
		return;
	}
	for (size_t i = 0; i < proof->pages; i++)
		if (!now[i])
			now[i] = proof->pfn[i];
	if (now[0])
		cell->persistent = count_in(asker, now, proof->pages, DP_PERSISTENT_MEMORY);
	/* Within the memory of a device they have not left it. */
	for (size_t i = 0; i < proof->pages; i++)
		cell->moved += now[i] != proof->pfn[i] &&
			       !(mapping->frames == DP_FRAMES_DEVICE &&
				 dp_ranges_hold(&area->memory, now[i] * page_size()));
	if (cell->zone_before[0])
		dp_zone_of(now[0] * page_size(), cell->zone_after, sizeof(cell->zone_after));
}

void dp_proof_clear(struct dp_proof *proof)
{
	free(proof->pfn);
	free(proof->words);
	free(proof->flags);
	memset(proof, 0, sizeof(*proof));
}
