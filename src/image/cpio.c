// SPDX-License-Identifier: GPL-2.0-or-later
/* The initramfs format newc (Documentation/driver-api/early-userspace/buffer-format.rst). */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sys/stat.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/image.h"

static int give_up(struct archive *archive, struct dp_error *err)
{
	int code = archive_errno(archive);

	return dp_fail(err, code > 0 ? -code : -EIO, "cannot write the image: %s",
		       archive_error_string(archive));
}

static void free_writer(struct archive **a)
{
	if (*a)
		archive_write_free(*a);
}

int dp_cpio_open(const char *path, struct archive **archive, struct dp_error *err)
{
	dp_cleanup(free_writer) struct archive *a = archive_write_new();

	if (!a)
		return -ENOMEM;
	if (archive_write_set_format_cpio_newc(a) != ARCHIVE_OK ||
	    archive_write_add_filter_none(a) != ARCHIVE_OK ||
	    archive_write_open_filename(a, path) != ARCHIVE_OK)
		return give_up(a, err);
	*archive = dp_take_ptr(a);
	return 0;
}

static void free_entry(struct archive_entry **entry)
{
	if (*entry)
		archive_entry_free(*entry);
}

int dp_cpio_add(struct archive *archive, const char *name, unsigned int mode, const void *data,
		size_t len, struct dp_error *err)
{
	dp_cleanup(free_entry) struct archive_entry *entry = archive_entry_new();

	if (!entry)
		return -ENOMEM;
	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, mode);
	if (S_ISLNK(mode))
		archive_entry_set_symlink(entry, data);
	archive_entry_set_size(entry, S_ISREG(mode) ? (int64_t)len : 0);
	if (archive_write_header(archive, entry) != ARCHIVE_OK)
		return give_up(archive, err);
	if (S_ISREG(mode) && len && archive_write_data(archive, data, len) != (ssize_t)len)
		return give_up(archive, err);
	return 0;
}

int dp_cpio_close(struct archive *archive, struct dp_error *err)
{
	int rc = archive_write_close(archive) == ARCHIVE_OK ? 0 : give_up(archive, err);

	archive_write_free(archive);
	return rc;
}
