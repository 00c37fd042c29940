// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/kmsg. Each read returns one record, "LEVEL,SEQUENCE,MICROSECONDS,FLAGS[,…];TEXT", followed
 * by lines " KEY=VALUE" (Documentation/ABI/testing/dev-kmsg).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/splat.h"

/* CONSOLE_EXT_LOG_MAX, the longest record. */
#define RECORD_LIMIT 8192

int dp_kmsg_open(void)
{
	dp_autofd int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		return -errno;
	return dp_take_fd(&fd);
}

void dp_kmsg_read(int fd, struct dp_recogniser *r)
{
	char record[RECORD_LIMIT + 1], *text;
	ssize_t n;

	/* EPIPE: the next record was overwritten; the next read continues after the gap. */
	while ((n = read(fd, record, RECORD_LIMIT)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		dp_recognise(r, text + 1);
	}
}

/*
 * The taint flags that splats set (include/linux/panic.h): TAINT_BAD_PAGE, TAINT_DIE, TAINT_WARN
 * and TAINT_SOFTLOCKUP.
 */
#define TAINTS (1UL << 5 | 1UL << 7 | 1UL << 9 | 1UL << 14)

int dp_kernel_taint(unsigned long *taint)
{
	char text[32];
	int rc = dp_read_attr(text, sizeof(text), "/proc/sys/kernel/tainted");

	*taint = rc ? DP_TAINT_UNKNOWN : strtoul(text, NULL, 10) & TAINTS;
	return rc;
}

bool dp_kernel_has_splat(unsigned long before)
{
	unsigned long now;

	return !dp_kernel_taint(&now) && (now & ~before);
}
