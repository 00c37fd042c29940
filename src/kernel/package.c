// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A Debian package is an ar archive of debian-binary, control.tar.* and data.tar.* (deb(5)). The
 * files are in data.tar, which is read as a stream inside the ar stream, to need little memory.
 *
 * Drivers for hardware that guests do not have are left out; they are most of the 400 MiB of a
 * kernel package.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daxpin/archive.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"
#include "daxpin/signals.h"

/* A kernel package does not unpack to more than this. */
#define TOTAL_LIMIT (4ULL << 30)

static const char *const unwanted[] = {
	"/sound/",         "/drivers/gpu/",          "/drivers/media/",     "/drivers/staging/",
	"/drivers/usb/",   "/drivers/net/wireless/", "/drivers/iio/",       "/drivers/hid/",
	"/drivers/input/", "/drivers/mtd/",          "/drivers/comedi/",    "/drivers/isdn/",
	"/drivers/hwmon/", "/drivers/scsi/",         "/drivers/bluetooth/", "/drivers/mfd/",
	"/drivers/power/", "/drivers/video/",        "/drivers/platform/",
};

struct inner {
	struct archive *outer;
	char buf[65536];
};

static ssize_t read_inner(struct archive *a, void *arg, const void **data)
{
	struct inner *inner = arg;
	ssize_t n = archive_read_data(inner->outer, inner->buf, sizeof(inner->buf));

	if (n < 0)
		archive_set_error(a, EIO, "%s", archive_error_string(inner->outer));
	*data = inner->buf;
	return n;
}

/*
 * The name below the target folder: "./usr/lib/modules/…" becomes "lib/modules/…". NULL for a file
 * that is not wanted, or whose name is not safe.
 */
static const char *wanted_name(const char *name)
{
	if (!strncmp(name, "./", 2))
		name += 2;
	if (!strncmp(name, "usr/lib/modules/", 16))
		name += 4;
	if (strstr(name, "..") || name[0] == '/')
		return NULL;
	if (strncmp(name, "lib/modules/", 12))
		return !strncmp(name, "boot/vmlinuz", 12) || !strncmp(name, "boot/config", 11)
			       ? name
			       : NULL;
	for (size_t i = 0; i < DP_ARRAY_SIZE(unwanted); i++)
		if (strstr(name, unwanted[i]))
			return NULL;
	return name;
}

static int copy_out(struct archive *a, const char *path, uint64_t *total, struct dp_error *err)
{
	char parent[PATH_MAX], buf[65536];
	dp_autofd int fd = -1;
	int rc = dp_path(parent, sizeof(parent), err, "%s", path);

	if (rc)
		return rc;
	*strrchr(parent, '/') = '\0';
	rc = dp_mkdir_p(parent, err);
	if (rc)
		return rc;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return dp_fail(err, -errno, "cannot write %s", path);
	for (;;) {
		ssize_t n = archive_read_data(a, buf, sizeof(buf));

		if (n == 0)
			return 0;
		if (n < 0)
			return dp_bad_input(err, "%s", archive_error_string(a));
		*total += (uint64_t)n;
		if (*total > TOTAL_LIMIT)
			return dp_bad_input(err, "it unpacks to more than any kernel");
		rc = dp_write_all(fd, buf, (size_t)n);
		if (rc) {
			dp_fail(err, rc, "cannot write %s", path);
			return dp_hint(err, "is the disk full?");
		}
	}
}

static int extract_files(struct archive *a, const char *dir, struct dp_error *err)
{
	struct archive_entry *entry;
	uint64_t total = 0;
	int rc = ARCHIVE_OK;

	while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		const char *raw = archive_entry_pathname(entry);
		const char *name = raw ? wanted_name(raw) : NULL;
		char path[PATH_MAX];

		if (dp_interrupted())
			return dp_report(err, -EINTR, "interrupted while unpacking");
		if (!name || archive_entry_filetype(entry) != AE_IFREG)
			continue;
		rc = dp_path(path, sizeof(path), err, "%s/%s", dir, name);
		if (!rc)
			rc = copy_out(a, path, &total, err);
		if (rc)
			return rc;
	}
	return rc == ARCHIVE_EOF ? 0 : dp_bad_input(err, "%s", archive_error_string(a));
}

static int extract_data(struct archive *outer, const char *dir, struct dp_error *err)
{
	dp_autoreader struct archive *a = archive_read_new();
	dp_autofree struct inner *inner = malloc(sizeof(*inner));

	if (!a || !inner)
		return -ENOMEM;
	inner->outer = outer;
	archive_read_support_format_tar(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_gzip(a);
	if (archive_read_open(a, inner, NULL, read_inner, NULL) != ARCHIVE_OK)
		return dp_bad_input(err, "%s", archive_error_string(a));
	return extract_files(a, dir, err);
}

static int extract(const char *package, const char *dir, struct dp_error *err)
{
	dp_autoreader struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int rc;

	if (!a)
		return -ENOMEM;
	archive_read_support_format_ar(a);
	if (archive_read_open_filename(a, package, 65536) != ARCHIVE_OK)
		return dp_bad_input(err, "%s", archive_error_string(a));
	while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK)
		if (!strncmp(archive_entry_pathname(entry), "data.tar", 8))
			return extract_data(a, dir, err);
	return dp_bad_input(err, "%s",
			    rc == ARCHIVE_EOF ? "it contains no files" : archive_error_string(a));
}

int dp_package_extract(const char *package, const char *dir, struct dp_error *err)
{
	struct dp_error cause = { 0 };
	int rc = extract(package, dir, &cause);

	if (!rc)
		return 0;
	if (!cause.input) {
		*err = cause;
		return rc;
	}
	dp_bad_input(err, "%s is truncated, damaged or no Debian package: %s", package, cause.what);
	return dp_hint(err, "fetch it again");
}
