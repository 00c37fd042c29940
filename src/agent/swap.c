// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Swap space in compressed memory (zram). The header that a swap space begins with is that of
 * include/linux/swap.h, union swap_header:
 *
 *   1024      version, 1; number of the last page; number of bad pages
 *   page - 10 "SWAPSPACE2"
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "devices.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

#define DISK "/dev/zram0"
#define SIZE (64U << 20)
#define PAGE 4096

static int write_header(struct dp_error *err)
{
	dp_autofd int fd = open(DISK, O_WRONLY | O_CLOEXEC);
	const uint32_t info[] = { 1, SIZE / PAGE - 1, 0 };
	char page[PAGE] = { 0 };

	if (fd < 0)
		return dp_fail(err, -errno, "cannot open " DISK);
	memcpy(page + 1024, info, sizeof(info));
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	return pwrite(fd, page, PAGE, 0) == PAGE && !fsync(fd)
		       ? 0
		       : dp_fail(err, errno ? -errno : -EIO, "cannot write to " DISK);
}

int dp_devices_swap(struct dp_error *err)
{
	int rc = dp_load_group("swap", err);

	if (rc || !dp_exists("/sys/block/zram0"))
		return rc;
	rc = dp_write_attr("64M", "/sys/block/zram0/disksize");
	if (rc)
		return dp_fail(err, rc, "zram0 does not become 64 MiB");
	rc = write_header(err);
	if (!rc && swapon(DISK, 0))
		rc = dp_fail(err, -errno, "cannot swap to " DISK);
	return rc;
}
