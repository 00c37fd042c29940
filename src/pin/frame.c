// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/self/pagemap: one 64-bit word a page; bit 63 present, bits 0 to 54 the page frame number
 * (Documentation/admin-guide/mm/pagemap.rst).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/pin.h"

#define PM_PRESENT  (1ULL << 63)
#define PM_PFN_MASK ((1ULL << 55) - 1)

int dp_frames_read(const void *addr, size_t pages, uint64_t *pfn)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	off_t at = (off_t)((uintptr_t)addr / page_size * sizeof(*pfn));
	dp_autofd int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool present = false, seen = false;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, pfn, pages * sizeof(*pfn), at);
	if (n < 0)
		return -errno;
	if ((size_t)n != pages * sizeof(*pfn))
		return -EIO;
	for (size_t i = 0; i < pages; i++) {
		bool here = pfn[i] & PM_PRESENT;

		pfn[i] = here ? pfn[i] & PM_PFN_MASK : 0;
		present |= here;
		seen |= pfn[i] != 0;
	}
	return present && !seen ? -EPERM : 0;
}

int dp_zone_of(uint64_t phys, char *zone, size_t size)
{
	char text[64];
	uint64_t block;
	int rc = dp_read_attr(text, sizeof(text), "/sys/devices/system/memory/block_size_bytes");

	if (rc)
		return rc;
	if (sscanf(text, "%" SCNx64, &block) != 1 || !block)
		return -EBADMSG;
	rc = dp_read_attr(text, sizeof(text),
			  "/sys/devices/system/memory/memory%" PRIu64 "/valid_zones", phys / block);
	if (rc)
		return rc;
	/* Of a block that is online the first word is its zone (valid_zones_show()). */
	snprintf(zone, size, "%.*s", (int)strcspn(text, " "), text);
	return 0;
}
