// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pages were only read so far. Private memory has the zero page then, or the page of its file,
 * and its own once it writes: a pin has to replace it first.
 */
#include "daxpin/state.h"

static int read_all(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	dp_stage_read(stage->view, stage->area.len);
	return 0;
}

DP_STATE(only_read, .name = "only-read", .what = "pages that were only read so far", .rank = 20,
	 .applies = dp_state_is_any, .before = read_all,
	 .promise = "ib_umem_get() pins with FOLL_WRITE, up to 6.1 also what is only read, so that "
		    "do_wp_page() replaces a page that is not the process's own; from 6.2 on "
		    "gup_must_unshare() has it replaced (84209e87c696, b40656aa7dcd)");
