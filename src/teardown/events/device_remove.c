// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The driver of a device takes its memory away: dmirror_device_remove_chunks(), lib/test_hmm.c, has
 * the pages that are on it migrate to the memory of the page allocator
 * (migrate_device_pfns()), and unmaps their struct pages (memunmap_pages()). A pin has had them
 * leave before, so that it must not stand in the way; an on-demand MR follows them. What the driver
 * needs again it takes at the next migration, so that nothing is to be undone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/teardown.h"

/*
 * HMM_DMIRROR_RELEASE; its argument is struct hmm_dmirror_cmd, of which nothing is read, but that
 * it is about a page or more (dmirror_fops_unlocked_ioctl()).
 */
#define RELEASE _IOWR('H', 0x07, uint64_t[5])

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	uint64_t command[5] = { [2] = 1 };
	dp_autofd int fd = -1;
	char path[80];
	int rc = dp_path(path, sizeof(path), err, "/dev/%s", target->device);

	if (rc)
		return rc;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, RELEASE, command))
		return dp_fail(err, -errno, "%s does not give its memory back", path);
	return 0;
}

DP_EVENT(device_remove, .name = "device-remove",
	 .what = "the driver takes the device's memory away", .rank = 180, .applies = dp_is_device,
	 .effect = DP_KEEPS, .guest_only = true,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) | DP_BIT(DP_NONE),
	 .run = take_away);
