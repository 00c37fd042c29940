// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory moves: to another address, or to the memory of another NUMA node. */
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daxpin/file.h"
#include "daxpin/state.h"

#define NODES 63

/* ---- another address ---------------------------------------------------------------------- */

static enum dp_state_keeps keeps(const struct dp_mapping *mapping, bool on_demand)
{
	(void)mapping;
	return on_demand ? DP_STATE_TAKEN : DP_STATE_KEPT;
}

static int move(struct dp_stage *stage, struct dp_error *err)
{
	size_t span = dp_span(stage->mapping, stage->env), granule = stage->mapping->granule;
	size_t room = span + granule + stage->mapping->skew;
	char *base =
		mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *to;

	if (base == MAP_FAILED)
		return dp_fail(err, -errno, "cannot reserve address space");
	stage->extra = base;
	stage->extra_len = room;
	to = (char *)(((uintptr_t)base + granule - 1) & ~(granule - 1)) + stage->mapping->skew;
	if (mremap(stage->view, span, span, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED) {
		dp_stage_changed(stage, "mremap", -errno);
		return 0;
	}
	stage->view = to;
	dp_stage_changed(stage, "mremap", 0);
	return 0;
}

DP_STATE(mremap_, .name = "mremap", .what = "mremap to another address", .rank = 390,
	 .applies = dp_state_is_any, .changes = true, .keeps = keeps, .after = move,
	 .promise = "move_page_tables() moves the entries and leaves the pages; of an on-demand "
		    "region nothing is left at its addresses");

/* ---- another node ------------------------------------------------------------------------- */

/* A node with memory that is not the first one; -1 if there is none. */
static int other_node(void)
{
	char text[64], *rest = text;
	int found = -1;

	if (dp_read_attr(text, sizeof(text), "/sys/devices/system/node/has_memory"))
		return -1;
	for (char *part = strsep(&rest, ","); part && found < 1; part = strsep(&rest, ",")) {
		char *dash = strchr(part, '-');

		found = atoi(part) ? atoi(part) : dash ? 1 : -1;
	}
	return found > 0 && found < NODES ? found : -1;
}

static int needs_node(const struct dp_stage *stage, struct dp_error *err)
{
	(void)stage;
	return other_node() > 0 ? 0
				: dp_skip(err, "this machine has memory on one NUMA node only: a "
					       "second one with memory is needed");
}

static int bind_to(const struct dp_stage *stage, unsigned int flags)
{
	unsigned long mask = 1UL << other_node();

	return syscall(SYS_mbind, stage->view, stage->area.len, MPOL_BIND, &mask, NODES + 1, flags)
		       ? -errno
		       : 0;
}

static int make_there(struct dp_stage *stage, struct dp_error *err)
{
	int rc = bind_to(stage, 0);

	if (rc)
		return dp_fail(err, rc, "mbind to node %d", other_node());
	dp_stage_fill(stage->view, stage->area.len, DP_BYTES_INITIAL);
	return 0;
}

static int migrate(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	dp_stage_changed(stage, "mbind(MPOL_MF_MOVE | MPOL_MF_STRICT)",
			 bind_to(stage, MPOL_MF_MOVE | MPOL_MF_STRICT));
	return 0;
}

static bool is_placed(const struct dp_mapping *mapping)
{
	return dp_state_is_anon(mapping) || dp_state_is_shmem(mapping);
}

DP_STATE(other_node_, .name = "other-node", .what = "pages on another NUMA node", .rank = 80,
	 .applies = is_placed, .needs = needs_node, .before = make_there,
	 .promise = "a pin moves pages only before it is taken, and only out of ZONE_MOVABLE and "
		    "CMA (check_and_migrate_movable_pages())");

DP_STATE(numa_migration, .name = "numa-migration", .what = "mbind asks to move the pages",
	 .rank = 480, .applies = is_placed, .changes = true, .needs = needs_node, .after = migrate,
	 .promise = "migration refuses a page with more references than it expects "
		    "(folio_migrate_mapping(), expected_page_refs() on older kernels)");
