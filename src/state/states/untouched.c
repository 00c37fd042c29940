// SPDX-License-Identifier: GPL-2.0-or-later
/* Nobody has touched the pages: the registration makes them. */
#include "daxpin/state.h"

static int leave_alone(struct dp_stage *stage, struct dp_error *err)
{
	(void)stage;
	(void)err;
	return 0;
}

DP_STATE(untouched, .name = "untouched", .what = "pages that nobody has touched", .rank = 10,
	 .applies = dp_state_is_any, .before = leave_alone,
	 .promise =
		 "faultin_page() makes them as a write would, or, for a region that is only read, "
		 "FOLL_FORCE up to 6.1 and gup_must_unshare() from 6.2 on (84209e87c696) do");
