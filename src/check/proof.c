// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proof that a mapping is what its name says. It comes from the kernel, not from what was asked
 * for: the page size from a page-table walk (dp_witness_look()), the owner of each frame from
 * pagemap and /proc/iomem.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/pin.h"

/* pagemap hides the frames of VM_PFNMAP; smaps has the flag "pf" for it. */
static bool is_pfnmap(const struct dp_area *area)
{
	dp_autofree char *text = NULL;
	char head[32];
	const char *at, *flags;

	if (dp_read_file("/proc/self/smaps", 4 << 20, &text, NULL, NULL))
		return false;
	snprintf(head, sizeof(head), "\n%" PRIxPTR "-", (uintptr_t)area->addr);
	at = strstr(text, head);
	flags = at ? strstr(at, "\nVmFlags:") : NULL;
	return flags && memmem(flags, strcspn(flags + 1, "\n"), " pf", 3);
}

/*
 * Reads the frames from pagemap, unless a PUD maps them: the page walk would split it, and its
 * frames follow from the physical address of the leaf.
 */
static int take_frames(const struct dp_area *area, const struct dp_mapping *mapping,
		       const struct dp_leaf *leaf, struct dp_proof *proof)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	proof->pages = area->len / page;
	proof->pfn = calloc(proof->pages, sizeof(*proof->pfn));
	if (!proof->pfn)
		return -ENOMEM;
	if (leaf->size < DP_PUD_SIZE && mapping->granule < DP_PUD_SIZE)
		return dp_frames_read(area->addr, proof->pages, proof->pfn);
	for (size_t i = 0; i < proof->pages && leaf->phys; i++)
		proof->pfn[i] = leaf->phys / page + i;
	return 0;
}

/* The kernel image is a resource within System RAM; parts of it go back to the allocator. */
static void copy_owner(const struct dp_resource *res, char *owner, size_t size)
{
	static const char ram[] = "System RAM";
	bool inner = !strncmp(res->path, ram, sizeof(ram) - 1) && res->path[sizeof(ram) - 1] == '/';

	snprintf(owner, size, "%s", inner ? ram : res->path);
}

static bool has_owner(const struct dp_asker *asker, uint64_t phys, const char *owner)
{
	const struct dp_resource *res = dp_iomem_find(&asker->iomem, phys);
	char other[sizeof(res->path)];

	if (!res)
		return false;
	copy_owner(res, other, sizeof(other));
	return !strcmp(other, owner);
}

static void find_owner(const struct dp_asker *asker, const struct dp_proof *proof,
		       struct dp_cell *cell)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct dp_resource *first;

	if (asker->iomem_error.code) {
		snprintf(cell->proof_text, sizeof(cell->proof_text), "%.150s",
			 asker->iomem_error.what);
		return;
	}
	first = proof->pfn[0] ? dp_iomem_find(&asker->iomem, proof->pfn[0] * page) : NULL;
	if (!first)
		return;
	copy_owner(first, cell->owner, sizeof(cell->owner));
	cell->uniform = true;
	for (size_t i = 1; i < proof->pages && cell->uniform; i++) {
		uint64_t phys = proof->pfn[i] * page;

		if (phys < first->start || phys > first->end)
			cell->uniform = has_owner(asker, phys, cell->owner);
	}
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

void dp_proof_take(struct dp_asker *asker, struct dp_proof *proof, struct dp_cell *cell)
{
	const struct dp_mapping *mapping = asker->mapping;
	const struct dp_area *area = &asker->area;
	struct dp_leaf leaf = { 0 };
	int rc;

	snprintf(cell->resource, sizeof(cell->resource), "%s", area->resource);
	if (mapping->populate == DP_POPULATE_NONE) {
		cell->uniform = is_pfnmap(area);
		snprintf(cell->owner, sizeof(cell->owner), "%s%s",
			 cell->uniform ? "VM_PFNMAP/" : "", area->resource);
		return;
	}
	take_leaf(&asker->witness, &leaf, cell);
	rc = take_frames(area, mapping, &leaf, proof);
	if (rc) {
		snprintf(cell->proof_text, sizeof(cell->proof_text), "frame numbers: %s%s",
			 dp_errno_name(rc), rc == -EPERM ? " (shown to root only)" : "");
		return;
	}
	find_owner(asker, proof, cell);
	if (mapping->zone && proof->pfn[0])
		dp_zone_of(proof->pfn[0] * (uint64_t)sysconf(_SC_PAGESIZE), cell->zone_before,
			   sizeof(cell->zone_before));
}

void dp_proof_after(const struct dp_asker *asker, const struct dp_proof *proof,
		    struct dp_cell *cell)
{
	const struct dp_mapping *mapping = asker->mapping;
	const struct dp_area *area = &asker->area;
	dp_autofree uint64_t *now = NULL;

	if (!proof->pfn || !proof->pfn[0] || mapping->granule >= DP_PUD_SIZE)
		return;
	now = calloc(proof->pages, sizeof(*now));
	if (!now || dp_frames_read(area->addr, proof->pages, now))
		return;
	for (size_t i = 0; i < proof->pages; i++)
		cell->moved += now[i] && now[i] != proof->pfn[i];
	if (cell->zone_before[0] && now[0])
		dp_zone_of(now[0] * (uint64_t)sysconf(_SC_PAGESIZE), cell->zone_after,
			   sizeof(cell->zone_after));
}

void dp_proof_clear(struct dp_proof *proof)
{
	free(proof->pfn);
	memset(proof, 0, sizeof(*proof));
}
