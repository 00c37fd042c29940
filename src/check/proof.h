/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_CHECK_PROOF_H
#define DAXPIN_CHECK_PROOF_H

#include <stdbool.h>

#include "daxpin/check.h"
#include "daxpin/observe.h"

/* The frames behind a mapping at one moment. */
struct dp_proof {
	uint64_t *pfn;   /* frame number of each page, 0 if unknown */
	uint64_t *words; /* of pagemap for each page; NULL if it was not read */
	uint64_t *flags; /* of /proc/kpageflags, for a kind with a trait; NULL if it was not read */
	size_t pages;
	uint64_t held; /* pages that the driver of a device has, if it is asked */
};

/* Whether a mapping has no struct pages (VM_PFNMAP), as the kernel tells it. */
bool dp_proof_is_pfnmap(const struct dp_area *area);

/**
 * dp_proof_take - find the owner of the frames and the size of the leaf, before registration
 * @asker: whose area is mapped and faulted in
 * @proof: receives the frames; release with dp_proof_clear()
 * @cell: receives owner, leaf and zone, or in proof_text why one is missing
 */
void dp_proof_take(struct dp_asker *asker, struct dp_proof *proof, struct dp_cell *cell);

/**
 * dp_proof_after - find whether the registration has moved pages
 * @asker: whose area is mapped
 * @proof: what dp_proof_take() saw
 * @cell: receives moved and zone_after
 */
void dp_proof_after(const struct dp_asker *asker, const struct dp_proof *proof,
		    struct dp_cell *cell);

void dp_proof_clear(struct dp_proof *proof);

#endif
