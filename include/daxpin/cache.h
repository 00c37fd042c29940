/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder that keeps what was fetched and built.
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
 * @fmt: name below the folder; the folders above it are made
 *
 * Return: 0, or -EINVAL if the folder cannot be written (bad input).
 */
int dp_cache_path(char *path, size_t size, struct dp_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * dp_cache_lock - wait for the lock of one thing in the cache
 * @name: of the thing
 * @err: context on failure
 *
 * Return: a descriptor that holds the lock until it is closed, or a negative errno
 * (-ETIMEDOUT after ten minutes).
 */
int dp_cache_lock(const char *name, struct dp_error *err);

/*
 * Remembers a line of text under a path from dp_cache_path(), whole or not at all; what cannot be
 * remembered is found out again.
 */
void dp_cache_note(const char *path, const char *text);

/* Notes that something in the cache was used now. */
void dp_cache_use(const char *path);

/* One thing in the cache. */
struct dp_cache_entry {
	const char *kind; /* a folder of it: "snapshots", "images", … */
	bool derived;     /* can be made again without a network */
	char path[PATH_MAX];
	uint64_t bytes; /* on disk */
	time_t used;    /* last */
};

struct dp_cache_list {
	struct dp_cache_entry *entries;
	size_t count;
};

/**
 * dp_cache_list - what the cache holds, the longest unused first
 * @list: receives it; release with dp_cache_list_clear()
 *
 * Return: 0, also without a cache, or a negative errno.
 */
int dp_cache_list(struct dp_cache_list *list);

void dp_cache_list_clear(struct dp_cache_list *list);

/* Bytes that derived things may take: DAXPIN_CACHE_LIMIT, or 4 GiB. */
uint64_t dp_cache_limit(void);

/* Removes what has been unused longest until the limit holds; @keep stays. */
void dp_cache_trim(const char *keep);

/*
 * Collects what a cached thing was made from; equal keys mean equal content. XXH3 with 128 bits: it
 * tells accidents, not attackers, and the cache is the user's own.
 */
struct dp_key {
	XXH3_state_t state;
};

void dp_key_begin(struct dp_key *key, const char *kind);
void dp_key_text(struct dp_key *key, const char *text);
void dp_key_bytes(struct dp_key *key, const void *data, size_t len);
/* Adds a file by device, inode, size, mtime and ctime: what make would look at, and more. */
int dp_key_file(struct dp_key *key, const char *path);
/* Adds what is in a file, or was when it was last hashed if nobody has touched it since. */
int dp_key_content(struct dp_key *key, const char *path);
/* Writes 32 hexadecimal digits and a NUL. */
void dp_key_end(struct dp_key *key, char hex[33]);

#endif
