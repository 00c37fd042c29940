// SPDX-License-Identifier: GPL-2.0-or-later
/* The file's blocks are given back to the file system, and the file keeps its length. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>

#include "daxpin/teardown.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return fallocate(target->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			 (off_t)target->len)
		       ? dp_fail(err, -errno, "cannot punch a hole into the file")
		       : 0;
}

DP_EVENT(fsdax_punch_hole, .name = "fsdax-punch-hole", .what = "a hole is punched into the file",
	 .rank = 140, .applies = dp_is_fsdax, .effect = DP_ZEROED,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_NONE), .file = true, .races = true,
	 .run = take_away);
