// SPDX-License-Identifier: GPL-2.0-or-later
/* What a registration was, from the events that it left, one after the other. */
#include <stdio.h>
#include <string.h>

#include "daxpin/witness.h"

/* ZONE_DEVICE in page.flags: not in BTF. So it is in every configuration of Debian's (x86-64). */
#define ZONE_SHIFT  51
#define ZONE_MASK   7
#define ZONE_DEVICE 4

static const char *name_type(const struct dp_memory_types *types, uint32_t type)
{
	const struct {
		uint32_t type;
		const char *name;
	} known[] = {
		{ types->device_private, "private" }, { types->coherent, "coherent" },
		{ types->fs_dax, "fs-dax" },          { types->generic, "generic" },
		{ types->p2pdma, "p2pdma" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].type && known[i].type == type)
			return known[i].name;
	return NULL;
}

/* Pages of the page allocator have a list where those of a device have their pgmap. */
static void look_at_page(struct dp_tally *t, const struct dp_happening *h)
{
	bool device = (h->flags >> ZONE_SHIFT & ZONE_MASK) == ZONE_DEVICE;

	if (!device && !t->type)
		t->type = "none";
	/* The tail of a compound page has something else there. */
	if (device && h->pgmap && !(h->pgmap & 1))
		t->type = name_type(t->types, h->type);
}

/* HMM_PFN_REQ_FAULT, include/linux/hmm.h: the highest bit since 5.8. */
#define REQUIRES_FAULT (1ULL << 63)

static void add_hmm(struct dp_tally *t, const struct dp_happening *h)
{
	t->hmm_calls++;
	t->hmm_pages += h->pages;
	t->hmm_faults += h->flags & REQUIRES_FAULT ? 1 : 0;
}

/* The first that returns the answer is the innermost. */
static void add_return(struct dp_tally *t, const struct dp_happening *h)
{
	if (t->err && !t->refused_by && h->value == -(int64_t)t->err)
		t->refused_by = h->function;
}

static void add_grab(struct dp_tally *t, const struct dp_happening *h)
{
	int64_t *sum = t->where == DP_IN_FAST ? &t->fast : &t->slow;

	if (!h->returns) {
		*sum += h->pages;
		t->grabbing = h->pages;
		look_at_page(t, h);
	} else if (h->failed) {
		*sum -= t->grabbing;
		add_return(t, h);
	}
}

static void add_lookup(struct dp_tally *t, const struct dp_happening *h)
{
	if (!h->returns) {
		t->lookups++;
		t->anew = !h->value;
	} else if (t->anew && h->value) {
		t->references++;
	}
}

void dp_tally_add(struct dp_tally *t, const struct dp_happening *h)
{
	if (h->role == DP_ROLE_GRAB)
		add_grab(t, h);
	else if (h->role == DP_ROLE_LOOKUP)
		add_lookup(t, h);
	else if (h->returns)
		add_return(t, h);
	else if (h->role == DP_ROLE_HMM)
		add_hmm(t, h);
	else if (h->role == DP_ROLE_DROP)
		t->pending += t->where == DP_IN_FAST ? h->pages : 0;
	else if (h->role == DP_ROLE_MIGRATE)
		t->migrations++;
	if (h->role == DP_ROLE_FAST && !h->returns) {
		t->where = DP_IN_FAST;
		t->calls++;
	}
	/*
	 * gup-fast that gives something back has not got everything, and goes on to the slow path.
	 * What is given back after it has, is given back by who has asked: io_coalesce_buffer() of
	 * io_uring keeps one reference on each folio.
	 */
	if (h->role == DP_ROLE_FAST || (h->role == DP_ROLE_SLOW && !h->returns)) {
		t->dropped += h->role == DP_ROLE_SLOW ? t->pending : 0;
		t->pending = 0;
	}
	if (h->role == DP_ROLE_SLOW)
		t->where = h->returns ? DP_NOWHERE : DP_IN_SLOW;
	/* What is given back after it is given back by who has asked for it. */
	if (h->role == DP_ROLE_UMEM)
		t->where = DP_NOWHERE;
}

void dp_tally_conclude(const struct dp_tally *t, struct dp_evidence *e)
{
	*e = (struct dp_evidence){ .seen = true,
				   .calls = t->calls,
				   .fast = t->fast,
				   .dropped = t->dropped,
				   .slow = t->slow,
				   .lookups = t->lookups,
				   .references = t->references,
				   .migrations = t->migrations,
				   .hmm_calls = t->hmm_calls,
				   .hmm_pages = t->hmm_pages,
				   .hmm_faults = t->hmm_faults };
	snprintf(e->type, sizeof(e->type), "%s", t->type ? t->type : "");
	snprintf(e->refused_by, sizeof(e->refused_by), "%s", t->refused_by ? t->refused_by : "");
	if (t->err && !t->refused_by)
		snprintf(e->missing, sizeof(e->missing),
			 "none of the functions that are probed has returned this errno");
}
