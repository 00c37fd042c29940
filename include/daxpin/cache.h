/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache: the folder of what was fetched and built, and the keys of what is in it.
 */
#ifndef DAXPIN_CACHE_H
#define DAXPIN_CACHE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
/* The state of a hash can lie on the stack only if its size is known. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

struct dp_error;

/**
 * dp_cache_path - a path in the cache folder ($XDG_CACHE_HOME/daxpin or ~/.cache/daxpin)
 * @path: receives it
 * @size: size of @path in bytes
 * @err: context on failure; may be NULL
 * @fmt: format of the name below the folder; parent folders are made
 *
 * Return: 0, -EINVAL if the folder cannot be written or -ENAMETOOLONG (both bad input).
 */
int dp_cache_path(char *path, size_t size, struct dp_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * dp_cache_lock - take the lock of an entry of the cache, and wait for it if necessary
 * @name: name of the lock
 * @err: context on failure
 *
 * Return: a descriptor that holds the lock until it is closed; -ETIMEDOUT after ten minutes, -EINTR
 * if interrupted, or another negative errno.
 */
int dp_cache_lock(const char *name, struct dp_error *err);

/*
 * Writes a line of text to a path from dp_cache_path(), atomically. Failures are ignored: the
 * caller finds out again what is not in the cache.
 */
void dp_cache_note(const char *path, const char *text);

/* Notes that an entry of the cache is used now. */
void dp_cache_use(const char *path);

/* One entry of the cache. */
struct dp_cache_entry {
	const char *kind; /* its folder: "snapshots", "images", … */
	bool derived;     /* can be made again without a network */
	char path[PATH_MAX];
	uint64_t bytes; /* on disk */
	time_t used;    /* when it was last used */
};

struct dp_cache_list {
	struct dp_cache_entry *entries;
	size_t count;
};

/**
 * dp_cache_list - list the entries of the cache, longest unused first
 * @list: receives them; release with dp_cache_list_clear()
 *
 * Return: 0, also if there is no cache, or a negative errno.
 */
int dp_cache_list(struct dp_cache_list *list);

void dp_cache_list_clear(struct dp_cache_list *list);

/* How many bytes derived entries may take: DAXPIN_CACHE_LIMIT, or 4 GiB. */
uint64_t dp_cache_limit(void);

/*
 * Keeps an entry from being trimmed by whichever process, as it is wanted again. Return: a
 * descriptor that holds it until it is closed, -1 if there is no such file.
 */
int dp_cache_hold(const char *path);

/*
 * Removes derived entries, longest unused first, until the limit holds; never the path @keep, and
 * none that is held.
 */
void dp_cache_trim(const char *keep);

/*
 * The key of an entry: a hash of what it was made from. Equal keys mean equal input. It is XXH3
 * with 128 bits, which detects accidents, not attacks; the cache belongs to the user.
 */
struct dp_key {
	XXH3_state_t state;
};

void dp_key_begin(struct dp_key *key, const char *kind);
void dp_key_text(struct dp_key *key, const char *text);
void dp_key_bytes(struct dp_key *key, const void *data, size_t len);
/*
 * Adds the path, device, inode, size, mtime and ctime of a file, not its content. Return: 0 or a
 * negative errno.
 */
int dp_key_file(struct dp_key *key, const char *path);
/*
 * Adds the content of a file. The hash of a file that has not changed since it was last hashed
 * comes from the cache. Return: 0 or a negative errno.
 */
int dp_key_content(struct dp_key *key, const char *path);
/* Writes the key: 32 hexadecimal digits and a NUL. */
void dp_key_end(struct dp_key *key, char hex[33]);

#endif
