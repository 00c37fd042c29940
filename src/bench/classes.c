// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Only the roots of what is told apart have a class of their own; what they call belongs to them.
 * What a compiler has put into its caller is counted there.
 */
#include <stdbool.h>
#include <string.h>

#include "classes.h"

#include "daxpin/cleanup.h"

static const char *const names[DP_BENCH_CLASSES] = {
	[DP_BENCH_CLASS_PROCESS] = "process",   [DP_BENCH_CLASS_CALL] = "system_call",
	[DP_BENCH_CLASS_VERBS] = "verbs",       [DP_BENCH_CLASS_ACCOUNTING] = "accounting",
	[DP_BENCH_CLASS_WALK] = "walk",         [DP_BENCH_CLASS_FAULT] = "fault",
	[DP_BENCH_CLASS_GRAB] = "grab",         [DP_BENCH_CLASS_PGMAP] = "pgmap_lookup",
	[DP_BENCH_CLASS_LONGTERM] = "longterm", [DP_BENCH_CLASS_SG] = "sg_table",
	[DP_BENCH_CLASS_PROVIDER] = "provider", [DP_BENCH_CLASS_INTERRUPT] = "interrupt",
	[DP_BENCH_CLASS_OTHER] = "other",
};

/* The first that fits counts. */
static const struct {
	const char *name;
	enum dp_bench_class class;
} roots[] = {
	/* arch/x86/entry, drivers/infiniband/core/uverbs_ioctl.c */
	{ "asm_sysvec_*", DP_BENCH_CLASS_INTERRUPT },
	{ "asm_common_interrupt", DP_BENCH_CLASS_INTERRUPT },
	{ "entry_SYSCALL_64*", DP_BENCH_CLASS_CALL },
	{ "do_syscall_64", DP_BENCH_CLASS_CALL },
	{ "ib_uverbs_*", DP_BENCH_CLASS_VERBS },
	{ "uverbs_*", DP_BENCH_CLASS_VERBS },
	{ "ib_umem_get*", DP_BENCH_CLASS_VERBS },
	{ "__ib_umem_release", DP_BENCH_CLASS_VERBS },
	/* mm/gup.c, mm/memremap.c */
	{ "pin_user_pages*", DP_BENCH_CLASS_WALK },
	{ "internal_get_user_pages_fast", DP_BENCH_CLASS_WALK },
	{ "gup_fast*", DP_BENCH_CLASS_WALK },
	{ "gup_p*_range", DP_BENCH_CLASS_WALK },
	{ "__gup_longterm_locked", DP_BENCH_CLASS_WALK },
	{ "__get_user_pages*", DP_BENCH_CLASS_WALK },
	{ "faultin_page", DP_BENCH_CLASS_FAULT },
	{ "handle_mm_fault", DP_BENCH_CLASS_FAULT },
	{ "try_grab_*", DP_BENCH_CLASS_GRAB },
	{ "get_dev_pagemap", DP_BENCH_CLASS_PGMAP },
	{ "put_dev_pagemap", DP_BENCH_CLASS_PGMAP },
	{ "check_and_migrate_movable_*", DP_BENCH_CLASS_LONGTERM },
	{ "collect_longterm_unpinnable_*", DP_BENCH_CLASS_LONGTERM },
	{ "migrate_longterm_unpinnable_*", DP_BENCH_CLASS_LONGTERM },
	{ "unpin_user_page*", DP_BENCH_CLASS_GRAB },
	{ "gup_put_folio", DP_BENCH_CLASS_GRAB },
	/* What ib_umem_get() does beside */
	{ "can_do_mlock", DP_BENCH_CLASS_ACCOUNTING },
	{ "capable", DP_BENCH_CLASS_ACCOUNTING },
	{ "mod_node_page_state", DP_BENCH_CLASS_ACCOUNTING },
	{ "__mod_node_page_state", DP_BENCH_CLASS_ACCOUNTING },
	{ "sg_alloc_*", DP_BENCH_CLASS_SG },
	{ "__sg_alloc_*", DP_BENCH_CLASS_SG },
	{ "dma_map_sg*", DP_BENCH_CLASS_SG },
	{ "ib_dma_virt_map_sg", DP_BENCH_CLASS_SG },
	{ "rxe_*", DP_BENCH_CLASS_PROVIDER },
};

const char *dp_bench_class_name(enum dp_bench_class class)
{
	return names[class];
}

/* @root: may have one '*' in it, for any number of characters */
static bool is_match(const char *root, const char *name, size_t length)
{
	const char *star = strchr(root, '*');
	size_t before = star ? (size_t)(star - root) : strlen(root);
	size_t after = star ? strlen(star + 1) : 0;

	if (length < before + after || strncmp(root, name, before) != 0)
		return false;
	return star ? !strncmp(star + 1, name + length - after, after) : length == before;
}

enum dp_bench_class dp_bench_class_of(const char *name, size_t length)
{
	const char *dot = memchr(name, '.', length);

	/* The compiler's own copies: "follow_page_mask.isra.0" */
	if (dot)
		length = (size_t)(dot - name);
	for (size_t i = 0; i < DP_ARRAY_SIZE(roots); i++)
		if (is_match(roots[i].name, name, length))
			return roots[i].class;
	return DP_BENCH_CLASSES;
}
