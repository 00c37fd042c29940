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

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
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

/*
 * Of a leaf of 1 GiB get_old_pud() clears the entry as a damaged one, before it is seen to be huge:
 * see docs/findings.md.
 */
DP_STATE(mremap_, .name = "mremap", .what = "mremap to another address", .rank = 390,
	 .applies = dp_state_is_any, .changes = 1, .keeps = keeps, .after = move,
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

static int bind_to(void *at, size_t len, unsigned int flags)
{
	unsigned long mask = 1UL << other_node();

	return syscall(SYS_mbind, at, len, MPOL_BIND, &mask, NODES + 1, flags) ? -errno : 0;
}

/* Pages that are on the other node, as move_pages(2) tells which is asked to move none. */
static int count_there(char *at, size_t len, size_t *there, struct dp_error *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int node = other_node(), status;

	*there = 0;
	for (size_t i = 0; i < len / page; i++) {
		void *one = at + i * page;

		if (syscall(SYS_move_pages, 0, 1UL, &one, NULL, &status, 0))
			return dp_fail(err, -errno, "move_pages");
		*there += status == node;
	}
	return 0;
}

static int look_where(struct dp_stage *stage, struct dp_error *err)
{
	size_t there, pages = stage->area.len / (size_t)sysconf(_SC_PAGESIZE);
	int rc = count_there(stage->view, stage->area.len, &there, err);

	if (!rc)
		dp_emit(stage->fd, dp_stage_reached(stage, pages, there, 0));
	return rc;
}

static int make_there(struct dp_stage *stage, struct dp_error *err)
{
	int rc = bind_to(stage->view, stage->area.len, 0);

	if (rc)
		return dp_fail(err, rc, "mbind to node %d", other_node());
	dp_stage_fill(stage->view, stage->area.len, DP_BYTES_INITIAL);
	return look_where(stage, err);
}

/*
 * What becomes of the first page, which is asked for by itself. Of one that could not be moved it
 * is told that there is one, or where it is, not why (do_pages_move()).
 */
static int move_one(const struct dp_stage *stage)
{
	void *one = stage->view;
	int node = other_node(), status = -1;
	long left = syscall(SYS_move_pages, 0, 1UL, &one, &node, &status, MPOL_MF_MOVE);

	return left < 0 ? -errno : !left && status == node ? 0 : -EBUSY;
}

#define CONTROL ((size_t)64 << 10)

static int migrate(struct dp_stage *stage, struct dp_error *err)
{
	dp_cleanup(dp_beside_close) struct dp_beside control = { 0 };
	dp_autofree uint64_t *frames = NULL, *pinned = NULL;
	size_t done = 0, region = 0, page = (size_t)sysconf(_SC_PAGESIZE);
	int rc = dp_beside_open(CONTROL, page, &control, err);

	if (!rc)
		rc = dp_frames_note(control.at, control.len, &frames, err);
	if (!rc)
		rc = dp_frames_note(stage->view, stage->area.len, &pinned, err);
	if (rc)
		return rc;
	bind_to(control.at, control.len, MPOL_MF_MOVE | MPOL_MF_STRICT);
	dp_stage_changed(stage, "mbind(MPOL_MF_MOVE | MPOL_MF_STRICT)",
			 bind_to(stage->view, stage->area.len, MPOL_MF_MOVE | MPOL_MF_STRICT));
	dp_stage_changed(stage, "move_pages(MPOL_MF_MOVE)", move_one(stage));
	rc = dp_frames_moved(control.at, control.len, frames, &done, err);
	if (!rc)
		rc = dp_frames_moved(stage->view, stage->area.len, pinned, &region, err);
	if (!rc)
		dp_emit(stage->fd, dp_stage_reached(stage, CONTROL / page, done, region));
	return rc;
}

static bool is_placed(const struct dp_mapping *mapping)
{
	return dp_state_is_anon(mapping) || dp_state_is_shmem(mapping);
}

DP_STATE(other_node_, .name = "other-node", .what = "pages on another NUMA node", .rank = 80,
	 .applies = is_placed, .reached = "on the other node", .placed = true, .needs = needs_node,
	 .before = make_there,
	 .promise = "a pin moves pages only before it is taken, and only out of ZONE_MOVABLE and "
		    "CMA (check_and_migrate_movable_pages())");

DP_STATE(numa_migration, .name = "numa-migration", .what = "mbind asks to move the pages",
	 .rank = 480, .applies = is_placed, .changes = 2, .reached = "moved", .needs = needs_node,
	 .after = migrate,
	 .promise = "migration refuses a page with more references than it expects "
		    "(folio_migrate_mapping(), expected_page_refs() on older kernels)");
