// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The functions by what they are to an order. Of several names for one point those that a kernel
 * has are all points, but for a list that ends a name: there the first one is. Read in mm/gup.c,
 * mm/memory.c, mm/memremap.c, mm/truncate.c, drivers/dax/bus.c, drivers/dax/device.c, fs/dax.c and
 * drivers/infiniband of 5.10, 6.1, 6.12 and later.
 */
#include <errno.h>
#include <string.h>

#include "points.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/kallsyms.h"

#define NAMES 6

struct names {
	enum dp_point point;
	bool first; /* only the first of the names that is there: a later one means another thing */
	const char *names[NAMES];
};

static const struct names registrar[] = {
	{ DP_POINT_FAST, true, { "gup_fast_fallback", "internal_get_user_pages_fast" } },
	/* From 6.12 try_grab_folio() is the slow path's. */
	{ DP_POINT_FAST_GRAB,
	  true,
	  { "try_grab_folio_fast", "try_grab_folio", "try_grab_compound_head" } },
	{ DP_POINT_DROP, true, { "gup_put_folio", "put_compound_head" } },
	{ DP_POINT_SLOW, true, { "__gup_longterm_locked" } },
	{ DP_POINT_CHECK, true, { "check_vma_flags" } },
	{ DP_POINT_SLOW_GRAB, true, { "try_grab_page", "try_grab_folio" } },
	{ DP_POINT_MIGRATE,
	  true,
	  { "migrate_longterm_unpinnable_folios", "migrate_longterm_unpinnable_pages",
	    "check_and_migrate_movable_pages_or_folios", "check_and_migrate_movable_pages" } },
	{ DP_POINT_ON_DEMAND, true, { "hmm_range_fault" } },
};

/* handle_mm_fault() calls all of them; where a kind has none of its own, it is the point. */
static const struct names faults[] = {
	{ DP_POINT_FAULT, true, { "dev_dax_huge_fault", "handle_mm_fault" } },
	{ DP_POINT_FAULT, true, { "dax_iomap_fault", "handle_mm_fault" } },
	{ DP_POINT_FAULT, true, { "handle_mm_fault" } },
};

static const struct names *fault_of(const struct dp_mapping *mapping)
{
	return &faults[dp_is_devdax(mapping) ? 0 : dp_is_fsdax(mapping) ? 1 : 2];
}

static const struct {
	const char *event;
	struct names points[3];
} events[] = {
	{ "munmap", { { DP_POINT_UNMAP, true, { "unmap_vmas", "unmap_region" } } } },
	{ "kmem-offline",
	  { { DP_POINT_UNMAP, true, { "offline_pages" } },
	    { DP_POINT_TAKE, true, { "__offline_isolated_pages" } } } },
	{ "rdma-link-delete",
	  { { DP_POINT_UNMAP, true, { "ib_uverbs_remove_one" } },
	    { DP_POINT_TAKE, true, { "uverbs_destroy_ufile_hw" } } } },
	{ "fsdax-truncate",
	  { { DP_POINT_UNMAP,
	      false,
	      { "dax_layout_busy_page_range", "unmap_mapping_pages", "unmap_mapping_range" } },
	    { DP_POINT_TAKE, true, { "truncate_inode_pages_range" } } } },
	{ "fsdax-punch-hole",
	  { { DP_POINT_UNMAP,
	      false,
	      { "dax_layout_busy_page_range", "unmap_mapping_pages", "unmap_mapping_range" } },
	    { DP_POINT_TAKE, true, { "truncate_inode_pages_range" } } } },
	/* All others unmap and take the struct pages away. */
	{ NULL,
	  { { DP_POINT_UNMAP, true, { "unmap_mapping_range" } },
	    { DP_POINT_TAKE, true, { "memunmap_pages" } } } },
};

static const struct names flush = { DP_POINT_FLUSH, true, { "flush_tlb_mm_range" } };

/* Where a processor stands that has nothing to do, and where one stands that waits for another. */
static const char *const places[] = {
	"default_idle",
	"default_idle_call",
	"native_safe_halt",
	"pv_native_safe_halt",
	"acpi_safe_halt",
	"acpi_idle_do_entry",
	"intel_idle",
	"mwait_idle",
	"smp_call_function_many_cond",
	"smp_call_function_single",
	"native_queued_spin_lock_slowpath",
	"__pv_queued_spin_lock_slowpath",
	"queued_write_lock_slowpath",
	"osq_lock",
	"mutex_spin_on_owner",
	"rwsem_spin_on_owner",
	"stop_machine_yield",
	"multi_cpu_stop",
};

struct search {
	struct dp_passages *found;
	const struct names *names[16];
	size_t nnames;
	uint64_t addresses[16][NAMES];
};

/* Symbols are in the order of their addresses, but for those of modules. */
static void end_places(struct search *s, uint64_t address)
{
	for (size_t i = 0; i < s->found->nplaces; i++) {
		struct dp_place *place = &s->found->places[i];

		if (!place->end && address > place->start)
			place->end = address;
	}
}

static void take_symbol(void *arg, uint64_t address, const char *name)
{
	struct search *s = arg;

	if (!address)
		return;
	end_places(s, address);
	for (size_t i = 0; i < DP_ARRAY_SIZE(places); i++)
		if (dp_is_symbol_of(name, places[i]) && s->found->nplaces < DP_MAX_PLACES)
			s->found->places[s->found->nplaces++] =
				(struct dp_place){ places[i], address, 0 };
	for (size_t i = 0; i < s->nnames; i++)
		for (size_t n = 0; n < NAMES && s->names[i]->names[n]; n++)
			if (dp_is_symbol_of(name, s->names[i]->names[n]))
				s->addresses[i][n] = address;
}

static void take_names(struct search *s, const struct names *names)
{
	if (names->names[0])
		s->names[s->nnames++] = names;
}

static void choose(struct search *s, const struct dp_order *order)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(registrar); i++)
		take_names(s, &registrar[i]);
	take_names(s, fault_of(order->mapping));
	take_names(s, &flush);
	for (size_t i = 0; i < DP_ARRAY_SIZE(events); i++) {
		if (events[i].event && strcmp(events[i].event, order->event->name))
			continue;
		for (size_t n = 0; n < DP_ARRAY_SIZE(events[i].points); n++)
			take_names(s, &events[i].points[n]);
		return;
	}
}

static void conclude(struct search *s)
{
	struct dp_passages *found = s->found;

	for (size_t i = 0; i < s->nnames; i++)
		for (size_t n = 0; n < NAMES; n++) {
			if (!s->addresses[i][n] || found->count == DP_MAX_PASSAGES)
				continue;
			found->list[found->count++] =
				(struct dp_passage){ s->names[i]->point, s->names[i]->names[n],
						     s->addresses[i][n] };
			if (s->names[i]->first)
				break;
		}
}

int dp_passages_find(const struct dp_order *order, struct dp_passages *passages,
		     struct dp_error *err)
{
	struct search s = { .found = passages };
	int rc;

	*passages = (struct dp_passages){ 0 };
	choose(&s, order);
	rc = dp_kallsyms_read(take_symbol, &s, err);
	if (rc)
		return rc;
	conclude(&s);
	return passages->count ? 0
			       : dp_report(err, -EPERM, "/proc/kallsyms does not tell addresses");
}
