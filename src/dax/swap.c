// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The header that a swap space begins with, as mkswap(8) writes it (union swap_header,
 * include/linux/swap.h):
 *
 *   1024        version, 1; number of the last page; number of bad pages
 *   page - 10   "SWAPSPACE2"
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daxpin/dax.h"
#include "daxpin/error.h"

#define PAGE  4096
#define MAGIC "SWAPSPACE2"

int dp_swap_format(int fd, uint64_t bytes, struct dp_error *err)
{
	const uint32_t info[] = { 1, (uint32_t)(bytes / PAGE) - 1, 0 };
	char page[PAGE] = { 0 };
	ssize_t n;

	memcpy(page + 1024, info, sizeof(info));
	memcpy(page + PAGE - strlen(MAGIC), MAGIC, strlen(MAGIC));
	n = pwrite(fd, page, PAGE, 0);
	if (n != PAGE || fsync(fd))
		return dp_fail(err, n >= 0 && n != PAGE ? -EIO : -errno,
			       "cannot write the header of a swap space");
	return 0;
}
