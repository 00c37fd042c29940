/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "is the answer gup's, or the driver's?": the same mappings, pinned by others than
 * the adapter. What all of them get from a mapping is what gup answers; what only one of them gets
 * is what that one makes of it.
 *
 * Each pinner is one file in src/pinner/pinners that ends in its descriptor; they are found through
 * a linker section, there is no list of them.
 */
#ifndef DAXPIN_PINNER_H
#define DAXPIN_PINNER_H

#include <stdbool.h>
#include <stddef.h>

#include "daxpin/check.h"
#include "daxpin/registry.h"

struct dp_error;

/* For what a pinner pins. */
enum dp_pinner_access {
	DP_PINNER_READ,  /* a device will read the pages */
	DP_PINNER_WRITE, /* a device will read and write them */
	DP_PINNER_ACCESSES,
};

#define DP_PINNER_BIT(access) (1U << (access))
#define DP_PINNER_BOTH        (DP_PINNER_BIT(DP_PINNER_READ) | DP_PINNER_BIT(DP_PINNER_WRITE))

/* The access "read" or "write", with the flags that give an MR the same: none, and remote write. */
const struct dp_access *dp_pinner_access(enum dp_pinner_access access);

/* Whether the flags of an access let the device write. */
bool dp_pinner_writes(unsigned int flags);

struct dp_pinner {
	const char *name;
	const char *what; /* one line for people */
	unsigned int rank;
	unsigned int accesses; /* DP_PINNER_BIT() of those that it tells apart */
	/*
	 * Of a verbs device: its driver (dp_rdma_provider()), by whose rules it is judged, as an
	 * MR of the access "local-read" or "remote-write" is; NULL of all others.
	 */
	const char *provider;
	/*
	 * It may keep one reference for all pages of a folio, and give the others back before it is
	 * done.
	 */
	bool by_folio;
	bool retakes; /* it may take a page, give it back and take it again before it is done */
	/*
	 * The group of modules that it takes, which is in an image only for it, or NULL. Such a one
	 * is asked only if it is named.
	 */
	const char *modules;
	bool built; /* distributions do not ship the module (dp_extra_build()) */
	bool iommu; /* it takes a machine with an IOMMU */
	/* Has a guest that has loaded the module ready; or NULL. Return: 0 or a negative errno. */
	int (*set_up)(struct dp_error *err);
	struct dp_means means;
};

/*
 * The slots on the root bus of a machine with an IOMMU in which devices for vfio are: each is the
 * only one of its group. A container has one; two processes that ask and the two regions of a
 * teardown have containers of their own.
 */
#define DP_VFIO_SLOT    16
#define DP_VFIO_DEVICES 4

/* The pinner that a cell is asked by; NULL if it is the adapter. */
const struct dp_pinner *dp_pinner_of(const struct dp_check *check);

/* Whether something that is planned is pinned by this one. */
bool dp_pinner_plans(const struct dp_plan *plan, const struct dp_pinner *pinner);

#define DP_PINNER(ident, ...) DP_REGISTER(struct dp_pinner, dp_pinners, ident, __VA_ARGS__)

/* All pinners, in order of rank; @count receives how many. Return: a static array. */
const struct dp_pinner *const *dp_pinners(size_t *count);

/* A pinner by its whole name; NULL if there is none. */
const struct dp_pinner *dp_pinner_find(const char *name);

/**
 * dp_pinner_parse - what an id of this question is about
 * @id: "pinner/MAPPING/PINNER/ACCESS"
 * @mapping, @pinner, @access: receive it
 *
 * Return: false if there is no such mapping or pinner, or if the pinner has no such access.
 */
bool dp_pinner_parse(const char *id, const struct dp_mapping **mapping,
		     const struct dp_pinner **pinner, enum dp_pinner_access *access);

/* Which of the ids, and by whom; none selects all. */
struct dp_pinner_globs {
	const char *const *only; /* shell patterns for ids; one without '/' is taken for a mapping
				  */
	size_t nonly;
	const char *const *pinners; /* shell patterns for names of pinners */
	size_t npinners;
	bool every; /* without a pattern, also those that are asked only if they are named */
};

/**
 * dp_pinner_plan - all cells that are selected
 * @globs: by what
 * @plan: receives the cells, mapping by mapping; release with dp_plan_clear()
 * @err: names the first glob that matches nothing (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_pinner_plan(const struct dp_pinner_globs *globs, struct dp_plan *plan, struct dp_error *err);

#endif
