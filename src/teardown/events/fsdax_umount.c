// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file system is unmounted. It is busy as long as a file of it is mapped; a region alone must
 * not make it so, and a region that was refused even less. Brought back by way of an unbind of the
 * device: nothing may hold that either.
 */
#include <errno.h>
#include <sys/mount.h>

#include "../pmem.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	return umount(target->dir) ? dp_fail(err, -errno, "cannot unmount %s", target->dir) : 0;
}

DP_EVENT(fsdax_umount, .name = "fsdax-umount", .what = "the file system is unmounted", .rank = 100,
	 .applies = dp_is_fsdax, .effect = DP_KEEPS, .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_NONE),
	 .unmapped = true, .run = take_away, .undo = dp_pmem_rebind_and_mount);
