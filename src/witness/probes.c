// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names by version: a kernel has some of them, and those that it has are probed. Read in mm/gup.c,
 * mm/memremap.c and drivers/infiniband/core/umem.c of 5.10, 6.1, 6.12, 6.17 and 7.2.
 */
#include <string.h>

#include "probes.h"

#include "daxpin/cleanup.h"

static const struct dp_probe probes[] = {
	{ "internal_get_user_pages_fast", DP_ROLE_FAST, .entry = true }, /* to 6.1 */
	{ "gup_fast_fallback", DP_ROLE_FAST, .entry = true },            /* from 6.12 */
	{ "__gup_longterm_locked", DP_ROLE_SLOW, .entry = true, .returns = true },
	/* Gives a head page, or NULL: gup-fast only. */
	{ "try_grab_compound_head", DP_ROLE_GRAB, .entry = true, .returns = true, .argument = 2 },
	{ "try_grab_folio_fast", DP_ROLE_GRAB, .entry = true, .returns = true, .argument = 2 },
	{ "try_grab_folio", DP_ROLE_GRAB, .entry = true, .returns = true, .argument = 2 },
	/* What it returns was true for success, and then 0; it warns where it fails. */
	{ "try_grab_page", DP_ROLE_GRAB, .entry = true },
	{ "put_compound_head", DP_ROLE_DROP, .entry = true, .argument = 2 }, /* 5.10 */
	{ "gup_put_folio", DP_ROLE_DROP, .entry = true, .argument = 2 },     /* from 6.1 */
	{ "get_dev_pagemap", DP_ROLE_LOOKUP, .entry = true, .returns = true },
	{ "check_vma_flags", DP_ROLE_CHECK, .returns = true, .narrow = true },
	{ "migrate_longterm_unpinnable_pages", DP_ROLE_MIGRATE, .entry = true, .returns = true },
	{ "migrate_longterm_unpinnable_folios", DP_ROLE_MIGRATE, .entry = true, .returns = true },
	{ "ib_umem_get", DP_ROLE_UMEM, .returns = true },
	{ "ib_umem_get_desc", DP_ROLE_UMEM, .returns = true },
	/* On-demand MRs, in ib_umem_odp_map_dma_and_lock(): what is there, or all of it. */
	{ "hmm_range_fault", DP_ROLE_HMM, .entry = true, .returns = true, .narrow = true },
	/* rxe: to 6.1, the other one from 6.2 on. */
	{ "rxe_mem_init_user", DP_ROLE_AROUND, .returns = true, .narrow = true },
	{ "rxe_mr_init_user", DP_ROLE_AROUND, .returns = true, .narrow = true },
	{ "rxe_reg_user_mr", DP_ROLE_AROUND, .returns = true },
	/* io_uring, which has looked at what gup gave: 6.1, and before. */
	{ "io_pin_pages", DP_ROLE_AROUND, .returns = true },
	{ "io_sqe_buffer_register", DP_ROLE_AROUND, .returns = true, .narrow = true },
	/* ib_check_mr_access() is a part of it. */
	{ "ib_uverbs_reg_mr", DP_ROLE_AROUND, .returns = true, .narrow = true },
};

const struct dp_probe *dp_probes(size_t *count)
{
	*count = DP_ARRAY_SIZE(probes);
	return probes;
}

bool dp_is_event_of(const char *event, const char *function, bool *returns)
{
	size_t len = strlen(function);

	if (strncmp(event, function, len) != 0)
		return false;
	*returns = !strcmp(event + len, "_ret");
	return *returns || !event[len];
}

const struct dp_probe *dp_probe_of(const char *event, bool *returns)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(probes); i++)
		if (dp_is_event_of(event, probes[i].function, returns))
			return &probes[i];
	return NULL;
}
