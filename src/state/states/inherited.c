// SPDX-License-Identifier: GPL-2.0-or-later
/* A fork before the registration: pages that two processes share, or one has inherited. */
#include "daxpin/state.h"

#define PROMISE                                                                                    \
	"ib_umem_get() pins with FOLL_WRITE, up to 6.1 also what is only read, so that a page "    \
	"which is shared is copied first (do_wp_page()); from 6.2 on a region that is only read "  \
	"has it copied by FAULT_FLAG_UNSHARE (gup_must_unshare(), a7f226604170)"

static int share(struct dp_stage *stage, struct dp_error *err)
{
	int rc;

	dp_stage_fill(stage->view, stage->area.len, DP_BYTES_INITIAL);
	rc = dp_stage_fork(stage, err);
	return rc ? rc : dp_stage_tell(stage, DP_OTHER_READ, err);
}

DP_STATE(shared_by_fork, .name = "shared-by-fork",
	 .what = "pages that a fork has shared with a child, which still reads them", .rank = 40,
	 .applies = dp_state_is_any, .other = true, .changes = 1, .before = share,
	 .promise = PROMISE);

DP_STATE(in_child, .name = "in-child",
	 .what = "registered in a child after the parent, who made the pages, has gone", .rank = 50,
	 .applies = dp_state_is_any, .heir = true, .promise = PROMISE);
