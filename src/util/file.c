// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

/* Descriptors that a tree walk may hold open at the same time. */
#define WALK_DESCRIPTORS 16

int dp_vpath(char *path, size_t size, struct dp_error *err, const char *fmt, va_list ap)
{
	int n = vsnprintf(path, size, fmt, ap), code = err ? err->code : 0;

	if (n >= 0 && (size_t)n < size)
		return 0;
	dp_report(err, -ENAMETOOLONG, "the path %.64s… is too long", path);
	if (err && !code)
		err->input = true;
	path[0] = '\0';
	return -ENAMETOOLONG;
}

int dp_path(char *path, size_t size, struct dp_error *err, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = dp_vpath(path, size, err, fmt, ap);
	va_end(ap);
	return rc;
}

/* For a function that takes the path as its last arguments. */
#define FORMAT_PATH(path, fmt)                                                                     \
	({                                                                                         \
		va_list ap_;                                                                       \
		int rc_;                                                                           \
		va_start(ap_, fmt);                                                                \
		rc_ = dp_vpath(path, sizeof(path), NULL, fmt, ap_);                                \
		va_end(ap_);                                                                       \
		rc_;                                                                               \
	})

/* Files of procfs and sysfs have no size, so the buffer grows until the file ends. */
static int read_to_end(int fd, size_t limit, char **data, size_t *len)
{
	size_t room = 16384, used = 0;
	dp_autofree char *buf = malloc(room);

	while (buf) {
		ssize_t n = read(fd, buf + used, room - used - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) {
			buf[used] = '\0';
			*len = used;
			*data = dp_take_ptr(buf);
			return 0;
		}
		used += n;
		if (used > limit)
			return -EFBIG;
		if (room - used < 2) {
			char *grown = realloc(buf, room *= 2);

			if (!grown)
				return -ENOMEM;
			buf = grown;
		}
	}
	return -ENOMEM;
}

int dp_read_file(const char *path, size_t limit, char **data, size_t *len, struct dp_error *err)
{
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	int rc;

	if (fd < 0)
		return dp_fail(err, -errno, "cannot open %s", path);
	rc = read_to_end(fd, limit, data, &used);
	if (rc)
		return dp_fail(err, rc, "cannot read %s", path);
	if (len)
		*len = used;
	return 0;
}

int dp_read_attr(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	dp_autofd int fd = -1;
	ssize_t n;
	int rc = FORMAT_PATH(path, fmt);

	if (rc)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int dp_write_attr(const char *value, const char *fmt, ...)
{
	char path[PATH_MAX];
	dp_autofd int fd = -1;
	int rc = FORMAT_PATH(path, fmt);

	if (rc)
		return rc;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		return -errno;
	return 0;
}

int dp_write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= n;
	}
	return 0;
}

int dp_mkdir_p(const char *path, struct dp_error *err)
{
	char part[PATH_MAX];

	for (const char *slash = path + 1;; slash++) {
		slash = strchrnul(slash, '/');
		if (dp_path(part, sizeof(part), err, "%.*s", (int)(slash - path), path))
			return -ENAMETOOLONG;
		if (mkdir(part, 0755) && errno != EEXIST && errno != EISDIR)
			return dp_fail(err, -errno, "cannot make the folder %s", part);
		if (!*slash)
			return 0;
	}
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) ? -errno : 0;
}

int dp_remove_tree(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	return nftw(path, remove_entry, WALK_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

bool dp_exists(const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;

	return !FORMAT_PATH(path, fmt) && stat(path, &st) == 0;
}

int dp_link_name(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t n;
	int rc = FORMAT_PATH(path, fmt);

	if (rc)
		return rc;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return dp_path(buf, size, NULL, "%s", slash ? slash + 1 : target);
}

int dp_memory_available(uint64_t *bytes)
{
	dp_autofree char *text = NULL;
	const char *line;
	unsigned long long kib;
	int rc = dp_read_file("/proc/meminfo", 65536, &text, NULL, NULL);

	if (rc)
		return rc;
	line = strstr(text, "MemAvailable:");
	if (!line || sscanf(line, "MemAvailable: %llu", &kib) != 1)
		return -ENODATA;
	*bytes = kib << 10;
	return 0;
}
