// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extents.h"
#include "verify.h"

#include "daxpin/cache.h"
#include "daxpin/file.h"

struct dp_verification {
	pthread_t thread;
	pthread_mutex_t mutex; /* for joined: several guests ask */
	bool joined, whole;
	int fds[DP_SAVED_FILES];
	char wanted[DP_SAVED_FILES][33];
	char manifest[PATH_MAX];
};

struct hashing {
	struct dp_key key;
	int copy;
};

static int hash_block(void *arg, off_t at, const char *data, size_t len)
{
	struct hashing *hashing = arg;
	uint64_t where = (uint64_t)at;

	dp_key_bytes(&hashing->key, &where, sizeof(where));
	dp_key_bytes(&hashing->key, data, len);
	return hashing->copy < 0 ? 0 : dp_extents_write(hashing->copy, at, data, len);
}

int dp_content_hash(int fd, int copy, char hex[33])
{
	struct hashing hashing = { .copy = copy };
	int rc;

	dp_key_begin(&hashing.key, "content");
	rc = dp_extents_walk(fd, hash_block, &hashing);
	dp_key_end(&hashing.key, hex);
	return rc;
}

static void *verify(void *arg)
{
	struct dp_verification *v = arg;
	char hex[33];

	v->whole = true;
	for (int i = 0; i < DP_SAVED_FILES && v->whole; i++)
		v->whole = !dp_content_hash(v->fds[i], -1, hex) && !strcmp(hex, v->wanted[i]);
	if (!v->whole)
		unlink(v->manifest);
	return NULL;
}

struct dp_verification *dp_verify_begin(const int fds[DP_SAVED_FILES],
					const char wanted[DP_SAVED_FILES][33], const char *manifest)
{
	struct dp_verification *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	if (dp_path(v->manifest, sizeof(v->manifest), NULL, "%s", manifest)) {
		free(v);
		return NULL;
	}
	pthread_mutex_init(&v->mutex, NULL);
	memcpy(v->fds, fds, sizeof(v->fds));
	memcpy(v->wanted, wanted, sizeof(v->wanted));
	if (pthread_create(&v->thread, NULL, verify, v)) {
		verify(v);
		v->joined = true;
	}
	return v;
}

bool dp_verified(struct dp_verification *v)
{
	if (!v)
		return true;
	pthread_mutex_lock(&v->mutex);
	if (!v->joined)
		pthread_join(v->thread, NULL);
	v->joined = true;
	pthread_mutex_unlock(&v->mutex);
	return v->whole;
}

void dp_verify_end(struct dp_verification *v)
{
	if (!v)
		return;
	dp_verified(v);
	pthread_mutex_destroy(&v->mutex);
	free(v);
}
