// SPDX-License-Identifier: GPL-2.0-or-later
/* A fork after the registration: what one of the two does must not cost the parent its pages. */
#include <sys/mman.h>

#include "daxpin/state.h"

#define PROMISE                                                                                    \
	"fork copies what may be pinned instead of sharing it: copy_present_page() for PTEs and "  \
	"copy_huge_pmd(), which splits, from 5.9 on (70e806e4e645, d042035eaf5f), "                \
	"copy_hugetlb_page_range() from 5.12 on (4eae4efa2c29)"

/* Of hugetlb, 5.10 to 5.11. */
#define HUGETLB_SHARED                                                                             \
	{                                                                                          \
		.from = { 5, 9 }, .to = { 5, 11 }, .families = 1U << DP_FAMILY_HUGETLB,            \
		.why = "(copy_hugetlb_page_range() shares a pinned page before 5.12, and "         \
		       "hugetlb_cow() gives the process that writes first a copy)"                 \
	}

static int write_on(struct dp_stage *stage)
{
	dp_stage_fill(stage->view, stage->area.len, DP_BYTES_CHANGED);
	return 0;
}

static int parent_writes(struct dp_stage *stage, struct dp_error *err)
{
	int rc = dp_stage_fork(stage, err);

	return rc ? rc : write_on(stage);
}

static int child_writes(struct dp_stage *stage, struct dp_error *err)
{
	int rc = dp_stage_fork(stage, err);

	return rc ? rc : dp_stage_tell(stage, DP_OTHER_WRITE, err);
}

static int child_exits(struct dp_stage *stage, struct dp_error *err)
{
	int rc = dp_stage_fork(stage, err);

	if (!rc)
		rc = dp_stage_tell(stage, DP_OTHER_READ, err);
	if (!rc)
		rc = dp_stage_tell(stage, DP_OTHER_END, err);
	return rc ? rc : write_on(stage);
}

/* The child pins what it has now: pages of its own, or the same ones, if they were shared. */
static int child_registers(struct dp_stage *stage, struct dp_error *err)
{
	int rc = dp_stage_fork(stage, err);

	if (!rc)
		rc = dp_stage_tell(stage, DP_OTHER_REGISTER, err);
	return rc ? rc : write_on(stage);
}

static int without(struct dp_stage *stage, struct dp_error *err)
{
	int rc = dp_stage_madvise(stage, MADV_DONTFORK, "madvise(MADV_DONTFORK)");

	if (rc)
		return dp_fail(err, rc, "MADV_DONTFORK is refused");
	return parent_writes(stage, err);
}

DP_STATE(fork_parent_writes, .name = "fork-parent-writes",
	 .what = "a fork, after which the parent writes", .rank = 200, .applies = dp_state_is_any,
	 .other = true, .changes = 1, .after = parent_writes, .promise = PROMISE,
	 .known = { HUGETLB_SHARED });

DP_STATE(fork_child_writes, .name = "fork-child-writes",
	 .what = "a fork, after which the child writes", .rank = 210, .applies = dp_state_is_any,
	 .other = true, .changes = 1, .after = child_writes, .promise = PROMISE,
	 .known = { HUGETLB_SHARED });

DP_STATE(fork_child_exits, .name = "fork-child-exits",
	 .what = "a fork, after which the child reads and exits", .rank = 220,
	 .applies = dp_state_is_any, .changes = 1, .after = child_exits, .promise = PROMISE,
	 .known = { HUGETLB_SHARED });

DP_STATE(fork_child_registers, .name = "fork-child-registers",
	 .what = "a fork, after which the child registers the memory, too", .rank = 230,
	 .applies = dp_state_is_any, .other = true, .changes = 1, .after = child_registers,
	 .promise = PROMISE, .known = { HUGETLB_SHARED });

DP_STATE(dontfork, .name = "dontfork", .what = "MADV_DONTFORK, and a fork", .rank = 240,
	 .applies = dp_state_is_any, .other = true, .absent = true, .changes = 2, .after = without,
	 .promise = "dup_mmap() leaves out what is VM_DONTCOPY: the child has none of it, and "
		    "nothing is shared");
