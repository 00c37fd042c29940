// SPDX-License-Identifier: GPL-2.0-or-later
/* Disks and device-dax that a command of the host must leave as they are, byte for byte. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xxhash.h>

#include "unchanged.h"

#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

static int size_of(int fd, uint64_t *size)
{
	struct stat st;
	char text[32];

	if (fstat(fd, &st))
		return -errno;
	if (S_ISBLK(st.st_mode))
		return ioctl(fd, BLKGETSIZE64, size) ? -errno : 0;
	if (dp_read_attr(text, sizeof(text), "/sys/dev/char/%u:%u/size", major(st.st_rdev),
			 minor(st.st_rdev)))
		return -ENODEV;
	*size = strtoull(text, NULL, 10);
	return *size ? 0 : -ENODEV;
}

/* A device-dax can only be mapped, and a disk as well. */
static int hash(const char *path, uint64_t *value, struct dp_error *err)
{
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t size;
	void *at;
	int rc = fd < 0 ? -errno : size_of(fd, &size);

	if (rc)
		return dp_fail(err, rc, "cannot look at %s", path);
	/* What the page cache keeps of a disk may be older than the disk. */
	ioctl(fd, BLKFLSBUF, 0);
	at = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return dp_fail(err, -errno, "cannot map %s", path);
	*value = XXH3_64bits(at, size);
	munmap(at, size);
	return 0;
}

int dp_unchanged_note(const struct dp_words *devices, uint64_t *hashes, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < devices->count && !rc; i++)
		rc = hash(devices->list[i], &hashes[i], err);
	return rc;
}

int dp_unchanged_check(const struct dp_words *devices, const uint64_t *hashes, struct dp_error *err)
{
	for (size_t i = 0; i < devices->count; i++) {
		uint64_t now;
		int rc = hash(devices->list[i], &now, err);

		if (!rc && now != hashes[i])
			rc = dp_report(err, -EIO, "%s was changed", devices->list[i]);
		if (rc)
			return rc;
	}
	return 0;
}
