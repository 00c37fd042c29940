// SPDX-License-Identifier: GPL-2.0-or-later
/* Swap space in compressed memory (zram). */
#include <errno.h>
#include <fcntl.h>
#include <sys/swap.h>
#include <unistd.h>

#include "devices.h"

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

#define DISK "/dev/zram0"
#define SIZE (64U << 20)

static int format(struct dp_error *err)
{
	dp_autofd int fd = open(DISK, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? dp_fail(err, -errno, "cannot open " DISK) : dp_swap_format(fd, SIZE, err);
}

int dp_devices_swap(struct dp_error *err)
{
	int rc = dp_load_group("swap", err);

	if (rc || !dp_exists("/sys/block/zram0"))
		return rc;
	rc = dp_write_attr("64M", "/sys/block/zram0/disksize");
	if (rc)
		return dp_fail(err, rc, "zram0 does not become 64 MiB");
	rc = format(err);
	if (!rc && swapon(DISK, 0))
		rc = dp_fail(err, -errno, "cannot swap to " DISK);
	return rc;
}
