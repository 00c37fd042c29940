// SPDX-License-Identifier: GPL-2.0-or-later
/* The file loses its blocks: they are unmapped, and what pins them is waited for. */
#include <errno.h>
#include <unistd.h>

#include "daxpin/teardown.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return ftruncate(target->file, 0) ? dp_fail(err, -errno, "cannot truncate the file") : 0;
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	return ftruncate(target->file, (off_t)target->len)
		       ? dp_fail(err, -errno, "cannot lengthen the file")
		       : 0;
}

DP_EVENT(fsdax_truncate, .name = "fsdax-truncate", .what = "the file is truncated", .rank = 130,
	 .applies = dp_is_fsdax, .effect = DP_GONE, .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_NONE),
	 .file = true, .races = true, .run = take_away, .undo = bring_back);
