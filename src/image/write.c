// SPDX-License-Identifier: GPL-2.0-or-later
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"

#include "daxpin/archive.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/image.h"

/* Libraries and modules are smaller than this. */
#define FILE_LIMIT (256 << 20)

/* Reads a module: plain, .xz, .zst or .gz. */
static int read_module(const char *path, bool carrier, char **data, size_t *len,
		       struct dp_error *err)
{
	dp_autoreader struct archive *a = archive_read_new();
	dp_autofree char *buf = NULL;
	struct archive_entry *entry;
	size_t used = 0;

	if (!a)
		return -ENOMEM;
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, path, 65536) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return dp_bad_input(err, "cannot read the module %s: %s", path,
				    archive_error_string(a));
	for (;;) {
		char *grown = realloc(buf, used + (1 << 20));
		ssize_t n;

		if (!grown)
			return -ENOMEM;
		buf = grown;
		n = archive_read_data(a, buf + used, 1 << 20);
		if (n < 0 || used + (size_t)n > FILE_LIMIT)
			return dp_bad_input(err, "the module %s is damaged", path);
		if (n == 0)
			break;
		used += (size_t)n;
	}
	*data = dp_take_ptr(buf);
	*len = dp_module_strip((const uint8_t *)*data, used);
	dp_module_mute((uint8_t *)*data, *len, carrier);
	return 0;
}

static int write_parents(struct archive *a, const struct dp_manifest *m, size_t index,
			 struct dp_error *err)
{
	const char *name = m->list[index].name;

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - name) + 1;
		bool seen = false;
		char dir[256];
		int rc;

		for (size_t i = 0; i < index && !seen; i++)
			seen = !strncmp(m->list[i].name, name, len);
		if (seen)
			continue;
		snprintf(dir, sizeof(dir), "%.*s", (int)len - 1, name);
		rc = dp_cpio_add(a, dir, S_IFDIR | 0755, NULL, 0, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int write_entry(struct archive *a, const struct dp_entry *entry, struct dp_error *err)
{
	dp_autofree char *data = NULL;
	size_t len = 0;
	int rc;

	if (entry->text)
		return dp_cpio_add(a, entry->name, S_IFREG | 0644, entry->text, strlen(entry->text),
				   err);
	rc = entry->module ? read_module(entry->source, entry->carrier, &data, &len, err)
			   : dp_read_file(entry->source, FILE_LIMIT, &data, &len, err);
	return rc ? rc : dp_cpio_add(a, entry->name, S_IFREG | 0755, data, len, err);
}

static int write_all(struct archive *a, const struct dp_manifest *m, struct dp_error *err)
{
	static const char *const dirs[] = { "dev", "proc", "sys", "run", "tmp", "mnt" };
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(dirs) && !rc; i++)
		rc = dp_cpio_add(a, dirs[i], S_IFDIR | 0755, NULL, 0, err);
	for (size_t i = 0; i < m->count && !rc; i++) {
		rc = write_parents(a, m, i, err);
		if (!rc)
			rc = write_entry(a, &m->list[i], err);
	}
	return rc;
}

int dp_manifest_write(const struct dp_manifest *m, const char *path, struct dp_error *err)
{
	char draft[PATH_MAX];
	struct archive *a;
	int rc2, rc = dp_path(draft, sizeof(draft), err, "%s.new", path);

	if (!rc)
		rc = dp_cpio_open(draft, &a, err);
	if (rc)
		return rc;
	rc = write_all(a, m, err);
	rc2 = dp_cpio_close(a, err);
	rc = rc ? rc : rc2;
	if (!rc && rename(draft, path))
		rc = dp_fail(err, -errno, "cannot rename %s", draft);
	if (rc)
		unlink(draft);
	return rc;
}
