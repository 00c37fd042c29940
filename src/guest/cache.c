// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/guest.h"
#include "daxpin/signals.h"

/* Another daxpin may be downloading a kernel under the lock that is waited for. */
#define LOCK_LIMIT_MS (10 * 60 * 1000)

static int cache_root(char *path, size_t size)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n;

	if (xdg && xdg[0] == '/')
		n = snprintf(path, size, "%s/daxpin", xdg);
	else
		n = snprintf(path, size, "%s/.cache/daxpin",
			     home && home[0] == '/' ? home : "/root");
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int dp_cache_path(char *path, size_t size, struct dp_error *err, const char *fmt, ...)
{
	char root[PATH_MAX / 2], name[PATH_MAX / 4], *slash;
	struct dp_error cause = { 0 };
	va_list ap;
	int rc;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	rc = cache_root(root, sizeof(root));
	if (rc)
		return dp_bad_input(err, "the path of the cache folder is too long");
	snprintf(path, size, "%s/%s", root, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	rc = dp_mkdir_p(path, &cause);
	if (rc || access(path, W_OK)) {
		dp_bad_input(err, "the cache folder %s cannot be written%s%s", path, rc ? ": " : "",
			     cause.what);
		return dp_hint(err, "set XDG_CACHE_HOME to a folder of yours");
	}
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

static struct sha256_ctx *context(struct dp_key *key)
{
	_Static_assert(sizeof(struct sha256_ctx) <= sizeof(key->state), "dp_key is too small");
	return (void *)key->state;
}

void dp_key_begin(struct dp_key *key, const char *kind)
{
	sha256_init(context(key));
	dp_key_text(key, kind);
	dp_key_text(key, DP_VERSION);
}

void dp_key_text(struct dp_key *key, const char *text)
{
	/* With its NUL, so that "ab" + "c" is not "a" + "bc". */
	sha256_update(context(key), strlen(text) + 1, (const uint8_t *)text);
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

void dp_key_end(struct dp_key *key, char hex[33])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(context(key), sizeof(digest), digest);
	for (int i = 0; i < 16; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
}
