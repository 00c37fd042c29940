// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names by version; a kernel has some of them. Read in drivers/dax/{bus,super,device}.c,
 * mm/memremap.c, mm/memory.c, mm/memory_hotplug.c, fs/dax.c, mm/gup.c and
 * drivers/infiniband/core/{umem,device,uverbs_main}.c of 6.1 and 6.12; those of 5.10, 6.17 and 7.2
 * by their kallsyms.
 */
#include "course_probes.h"
#include "probes.h"

#include "daxpin/cleanup.h"

static const struct dp_course_probe probes[] = {
	/* device-dax: no new mapping, those that there are go, and then the struct pages. */
	{ "kill_dev_dax", DP_BY_ANYBODY, DP_RETURN },
	{ "kill_dax", DP_BY_ANYBODY, DP_NO_RETURN },
	{ "memunmap_pages", DP_BY_ANYBODY, DP_RETURN },
	/* The last reference on a pgmap: what memunmap_pages() waits for. */
	{ "dev_pagemap_percpu_release", DP_BY_ANYBODY, DP_NO_RETURN },
	{ "arch_remove_memory", DP_BY_ANYBODY, DP_NO_RETURN },
	/* kmem */
	{ "try_remove_memory", DP_BY_ANYBODY, DP_ERRNO },
	{ "offline_pages", DP_BY_ANYBODY, DP_ERRNO },
	{ "start_isolate_page_range", DP_BY_CAST, DP_ERRNO },
	/* fs-dax: who wants blocks back waits until no page of theirs is held. */
	{ "dax_layout_busy_page_range", DP_BY_ANYBODY, DP_NO_RETURN },
	{ "dax_break_layout", DP_BY_ANYBODY, DP_ERRNO },
	{ "dax_break_layout_final", DP_BY_ANYBODY, DP_RETURN },
	{ "generic_shutdown_super", DP_BY_ANYBODY, DP_RETURN },
	{ "del_gendisk", DP_BY_ANYBODY, DP_RETURN },
	/* The adapter. */
	{ "__ib_unregister_device", DP_BY_ANYBODY, DP_RETURN },
	{ "ib_uverbs_remove_one", DP_BY_ANYBODY, DP_RETURN },
	{ "uverbs_destroy_ufile_hw", DP_BY_ANYBODY, DP_RETURN },
	{ "netdev_run_todo", DP_BY_CAST, DP_RETURN },
	/* Mappings, and what all of these wait in. */
	{ "unmap_mapping_range", DP_BY_CAST, DP_RETURN },
	{ "unmap_mapping_pages", DP_BY_CAST, DP_RETURN },
	{ "exit_mmap", DP_BY_CAST, DP_NO_RETURN },
	{ "wait_for_completion", DP_BY_CAST, DP_RETURN },
	{ "synchronize_srcu", DP_BY_CAST, DP_RETURN },
	{ "synchronize_rcu", DP_BY_CAST, DP_RETURN },
	/* The pins' release. */
	{ "__ib_umem_release", DP_BY_ANYBODY, DP_NO_RETURN },
	{ "unpin_user_page_range_dirty_lock", DP_BY_ANYBODY, DP_NO_RETURN }, /* from 5.13 */
	{ "unpin_user_pages_dirty_lock", DP_BY_ANYBODY, DP_NO_RETURN },
};

const struct dp_course_probe *dp_course_probes(size_t *count)
{
	*count = DP_ARRAY_SIZE(probes);
	return probes;
}

const struct dp_course_probe *dp_course_probe_of(const char *event, bool *returns)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(probes); i++)
		if (dp_is_event_of(event, probes[i].function, returns))
			return &probes[i];
	return NULL;
}
