// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/list.h"
#include "daxpin/signals.h"
#include "daxpin/text.h"

/* Another daxpin may hold the lock while it downloads a kernel. */
#define LOCK_LIMIT_MS (10 * 60 * 1000)
/* Bytes read at a time. */
#define CHUNK (1 << 20)
/* For derived entries: enough for some ten kernels with their snapshots. */
#define DEFAULT_LIMIT (4ULL << 30)
/* Precision of the time of last use, s. */
#define USE_S 3600

static int cache_root(char *path, size_t size, struct dp_error *err)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (xdg && xdg[0] == '/')
		return dp_path(path, size, err, "%s/daxpin", xdg);
	return dp_path(path, size, err, "%s/.cache/daxpin",
		       home && home[0] == '/' ? home : "/root");
}

/* What the user named may be wrong; a disk that is full or read only is nobody's mistake. */
static int refuse(const char *path, int rc, const struct dp_error *cause, struct dp_error *err)
{
	if (rc == -EROFS || rc == -ENOSPC || rc == -EDQUOT || rc == -EIO)
		dp_fail(err, rc, "the cache folder %s cannot be written", path);
	else
		dp_bad_input(err, "the cache folder %s cannot be written%s%s", path,
			     cause->what[0] ? ": " : "", cause->what);
	return dp_hint(err, "set XDG_CACHE_HOME to a folder of yours");
}

int dp_cache_path(char *path, size_t size, struct dp_error *err, const char *fmt, ...)
{
	char root[PATH_MAX], name[PATH_MAX], *slash;
	struct dp_error cause = { 0 };
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = dp_vpath(name, sizeof(name), err, fmt, ap);
	va_end(ap);
	if (!rc)
		rc = cache_root(root, sizeof(root), err);
	if (!rc)
		rc = dp_path(path, size, err, "%s/%s", root, name);
	if (rc)
		return rc;
	slash = strrchr(path, '/');
	*slash = '\0';
	rc = dp_mkdir_p(path, &cause);
	if (!rc && access(path, W_OK))
		rc = -errno;
	if (rc)
		return refuse(path, rc, &cause, err);
	*slash = '/';
	return 0;
}

int dp_cache_lock(const char *name, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + LOCK_LIMIT_MS;
	char path[PATH_MAX];
	dp_autofd int fd = -1;
	int rc = dp_cache_path(path, sizeof(path), err, "locks/%s", name);

	if (rc)
		return rc;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return dp_fail(err, -errno, "cannot open the lock %s", path);
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (dp_interrupted())
			return dp_report(err, -EINTR, "interrupted while waiting for %s", path);
		if (dp_now_ms() > end)
			return dp_report(err, -ETIMEDOUT, "another daxpin holds %s", path);
		poll(NULL, 0, 100);
	}
	return dp_take_fd(&fd);
}

void dp_cache_use(const char *path)
{
	struct stat st;

	/* A file whose time changes is hashed again, so a recent time is left alone. */
	if (!stat(path, &st) && time(NULL) - st.st_mtime < USE_S && st.st_mtime <= time(NULL))
		return;
	utimensat(AT_FDCWD, path, NULL, 0);
}

void dp_cache_note(const char *path, const char *text)
{
	char draft[PATH_MAX];
	dp_autofd int fd = -1;

	if (dp_path(draft, sizeof(draft), NULL, "%s.%d", path, (int)getpid()))
		return;
	fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	if (dp_write_all(fd, text, strlen(text)) || dp_write_all(fd, "\n", 1) ||
	    rename(draft, path))
		unlink(draft);
}

/* The folders of the cache. Derived entries can be made again from the others. */
static const struct {
	const char *kind;
	bool derived;
} kinds[] = {
	{ "snapshots", true }, { "images", true },   { "vmlinux", true }, { "hashes", true },
	{ "times", true },     { "kernels", false }, { "apt", false },
};

/* nftw() has no argument for its callback. */
static _Thread_local uint64_t tree_bytes;

static int add_bytes(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	(void)type;
	(void)ftw;
	tree_bytes += (uint64_t)st->st_blocks * 512;
	return 0;
}

static int add_entry(struct dp_cache_list *list, const char *kind, bool derived, const char *dir,
		     const char *name)
{
	struct dp_cache_entry *entry;
	struct stat st;
	char path[PATH_MAX];

	if (dp_path(path, sizeof(path), NULL, "%s/%s", dir, name) || stat(path, &st))
		return 0;
	entry = dp_list_add(list->entries, list->count);
	if (!entry)
		return -ENOMEM;
	tree_bytes = 0;
	nftw(path, add_bytes, 16, FTW_PHYS);
	*entry = (struct dp_cache_entry){
		.kind = kind, .derived = derived, .bytes = tree_bytes, .used = st.st_mtime
	};
	strcpy(entry->path, path);
	return 0;
}

static int by_use(const void *a, const void *b)
{
	const struct dp_cache_entry *x = a, *y = b;

	return x->used < y->used ? -1 : x->used > y->used;
}

int dp_cache_list(struct dp_cache_list *list)
{
	char root[PATH_MAX], dir[PATH_MAX];
	int rc = cache_root(root, sizeof(root), NULL);

	*list = (struct dp_cache_list){ 0 };
	for (size_t i = 0; i < DP_ARRAY_SIZE(kinds) && !rc; i++) {
		dp_autodir DIR *d = NULL;
		struct dirent *entry;

		rc = dp_path(dir, sizeof(dir), NULL, "%s/%s", root, kinds[i].kind);
		d = rc ? NULL : opendir(dir);
		while (d && !rc && (entry = readdir(d)))
			if (entry->d_name[0] != '.')
				rc = add_entry(list, kinds[i].kind, kinds[i].derived, dir,
					       entry->d_name);
	}
	if (list->count)
		qsort(list->entries, list->count, sizeof(*list->entries), by_use);
	return rc;
}

void dp_cache_list_clear(struct dp_cache_list *list)
{
	free(list->entries);
	*list = (struct dp_cache_list){ 0 };
}

uint64_t dp_cache_limit(void)
{
	const char *text = getenv("DAXPIN_CACHE_LIMIT");
	uint64_t bytes;

	return text && !dp_parse_size(text, &bytes) ? bytes : DEFAULT_LIMIT;
}

int dp_cache_hold(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		flock(fd, LOCK_SH | LOCK_NB);
	return fd;
}

static bool is_held(const char *path)
{
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB);
}

void dp_cache_trim(const char *keep)
{
	dp_cleanup(dp_cache_list_clear) struct dp_cache_list list = { 0 };
	uint64_t limit = dp_cache_limit(), total = 0;

	if (dp_cache_list(&list))
		return;
	for (size_t i = 0; i < list.count; i++)
		total += list.entries[i].derived ? list.entries[i].bytes : 0;
	for (size_t i = 0; i < list.count && total > limit; i++) {
		const struct dp_cache_entry *entry = &list.entries[i];

		if (!entry->derived || !strcmp(entry->path, keep) || is_held(entry->path) ||
		    dp_remove_tree(entry->path))
			continue;
		total -= entry->bytes;
	}
}

void dp_key_begin(struct dp_key *key, const char *kind)
{
	XXH3_128bits_reset(&key->state);
	dp_key_text(key, kind);
	dp_key_text(key, DP_VERSION);
}

void dp_key_bytes(struct dp_key *key, const void *data, size_t len)
{
	XXH3_128bits_update(&key->state, data, len);
}

void dp_key_text(struct dp_key *key, const char *text)
{
	/* With its NUL, so that "ab" + "c" is not "a" + "bc". */
	dp_key_bytes(key, text, strlen(text) + 1);
}

int dp_key_file(struct dp_key *key, const char *path)
{
	char text[PATH_MAX + 160];
	struct stat st;

	if (stat(path, &st))
		return -errno;
	snprintf(text, sizeof(text), "%s %lx:%lx %lld %lld.%09ld %lld.%09ld", path, (long)st.st_dev,
		 (long)st.st_ino, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		 st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	dp_key_text(key, text);
	return 0;
}

static int hash_content(const char *path, char hex[33])
{
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	dp_autofree char *buf = malloc(CHUNK);
	struct dp_key key;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (!buf)
		return -ENOMEM;
	dp_key_begin(&key, "content");
	while ((n = read(fd, buf, CHUNK)) > 0)
		dp_key_bytes(&key, buf, (size_t)n);
	dp_key_end(&key, hex);
	return n < 0 ? -errno : 0;
}

/* The hash of a file is kept in the cache, under a key that changes if the file is touched. */
int dp_key_content(struct dp_key *key, const char *path)
{
	char name[33], hex[33], known[PATH_MAX];
	struct dp_key file;
	int rc;

	dp_key_begin(&file, "file");
	rc = dp_key_file(&file, path);
	if (rc)
		return rc;
	dp_key_end(&file, name);
	rc = dp_cache_path(known, sizeof(known), NULL, "hashes/%s", name);
	if (rc)
		return rc;
	if (dp_read_attr(hex, sizeof(hex), "%s", known) || strlen(hex) != 32) {
		rc = hash_content(path, hex);
		if (!rc)
			dp_cache_note(known, hex);
	}
	if (!rc)
		dp_key_text(key, hex);
	return rc;
}

void dp_key_end(struct dp_key *key, char hex[33])
{
	XXH128_hash_t digest = XXH3_128bits_digest(&key->state);

	snprintf(hex, 33, "%016" PRIx64 "%016" PRIx64, (uint64_t)digest.high64,
		 (uint64_t)digest.low64);
}
