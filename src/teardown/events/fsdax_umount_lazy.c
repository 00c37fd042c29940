// SPDX-License-Identifier: GPL-2.0-or-later
/* The file system is detached from the tree; it goes when its last user does. */
#include <errno.h>
#include <sys/mount.h>

#include "../pmem.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return umount2(target->dir, MNT_DETACH)
		       ? dp_fail(err, -errno, "cannot detach %s", target->dir)
		       : 0;
}

DP_EVENT(fsdax_umount_lazy, .name = "fsdax-umount-lazy",
	 .what = "the file system is unmounted lazily", .rank = 110, .applies = dp_is_fsdax,
	 .effect = DP_KEEPS, .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_NONE), .run = take_away,
	 .undo = dp_pmem_rebind_and_mount);
