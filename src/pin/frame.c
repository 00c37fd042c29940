// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/self/pagemap has one 64-bit word a page, /proc/kpageflags one for each frame. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/pin.h"

int dp_pagemap_read(const void *addr, size_t pages, uint64_t *words)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	off_t at = (off_t)((uintptr_t)addr / page_size * sizeof(*words));
	dp_autofd int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool present = false, seen = false;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, words, pages * sizeof(*words), at);
	if (n < 0)
		return -errno;
	if ((size_t)n != pages * sizeof(*words))
		return -EIO;
	for (size_t i = 0; i < pages; i++) {
		present |= words[i] & DP_PM_PRESENT;
		seen |= words[i] & DP_PM_PRESENT && words[i] & DP_PM_FRAME;
	}
	return present && !seen ? -EPERM : 0;
}

int dp_frames_read(const void *addr, size_t pages, uint64_t *pfn)
{
	int rc = dp_pagemap_read(addr, pages, pfn);

	for (size_t i = 0; i < pages && !rc; i++)
		pfn[i] = pfn[i] & DP_PM_PRESENT ? pfn[i] & DP_PM_FRAME : 0;
	return rc;
}

int dp_kpageflags_read(const uint64_t *words, size_t pages, uint64_t *flags)
{
	dp_autofd int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < pages; i++) {
		off_t at = (off_t)((words[i] & DP_PM_FRAME) * sizeof(*flags));

		flags[i] = 0;
		if (words[i] & DP_PM_PRESENT &&
		    pread(fd, &flags[i], sizeof(*flags), at) != sizeof(*flags))
			return -EIO;
	}
	return 0;
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
