// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ready guest, saved once and restored as often as it takes.
 *
 *   snapshots/KEY/ram, pmem0, pmem1, pmem2   the memories, sparse
 *                 state                      of the devices, as QEMU migrates it
 *                 manifest                   size and hash of each, and the kernel's release
 *
 * A restored guest has a copy of the RAM, made while QEMU starts: some 140 MiB, as it is mostly
 * zero. Mapping the file copy-on-write instead costs a page fault, and a copy, for each page that
 * the guest writes to; on a machine that is itself a guest that is a tenth of the whole. The
 * NVDIMMs, of which little is touched, are mapped so. The files are open while they are used:
 * whoever cleans the cache up meanwhile takes nothing away.
 *
 * The key is the content of everything that went in. A snapshot is used after its content was found
 * to be what the manifest says, once for each run, while QEMU starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/collect.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/machine.h"
#include "daxpin/observe.h"
#include "daxpin/session.h"

#define SCHEMA "daxpin-snapshot/1"
/* Bytes looked at together; what is zero is neither written nor hashed. */
#define BLOCK (64 << 10)
/* A manifest has some 600 bytes. */
#define MANIFEST_LIMIT 65536

static bool all_zero(const char *data, size_t len)
{
	return !data[0] && !memcmp(data, data + 1, len - 1);
}

/*
 * Goes through what a file holds, in blocks, and leaves out those that are zero, whether they take
 * up disk or not. What is left goes into the hash, and to another file if there is one.
 */
static int hash_extent(int fd, off_t at, off_t end, char *buf, struct dp_key *key, int copy)
{
	for (; at < end; at += BLOCK) {
		ssize_t n = pread(fd, buf, BLOCK, at);
		uint64_t where = (uint64_t)at;

		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if (all_zero(buf, (size_t)n))
			continue;
		dp_key_bytes(key, &where, sizeof(where));
		dp_key_bytes(key, buf, (size_t)n);
		errno = 0;
		if (copy >= 0 && pwrite(copy, buf, (size_t)n, at) != n)
			return errno ? -errno : -ENOSPC;
	}
	return 0;
}

static int hash_file(int fd, int copy, char hex[33])
{
	dp_autofree char *buf = malloc(BLOCK);
	off_t end = 0, data;
	struct dp_key key;
	int rc = 0;

	if (!buf)
		return -ENOMEM;
	dp_key_begin(&key, "content");
	while (!rc && (data = lseek(fd, end, SEEK_DATA)) >= 0) {
		end = lseek(fd, data, SEEK_HOLE);
		if (end < 0)
			return -errno;
		/* Blocks count from the file's beginning, wherever its data begins and ends. */
		end = (end + BLOCK - 1) / BLOCK * BLOCK;
		rc = hash_extent(fd, data / BLOCK * BLOCK, end, buf, &key, copy);
	}
	dp_key_end(&key, hex);
	return rc;
}

static int snapshot_key(const struct dp_boot *boot, char hex[33], struct dp_error *err)
{
	struct dp_key key;
	int rc;

	dp_key_begin(&key, "snapshot");
	rc = dp_machine_key(boot, &key, err);
	if (rc)
		return rc;
	if (dp_key_content(&key, boot->kernel) || dp_key_content(&key, boot->image))
		return dp_fail(err, -EIO, "cannot read %s or %s", boot->kernel, boot->image);
	dp_key_end(&key, hex);
	return 0;
}

/* Name and descriptor of each file of a snapshot: the memories and then the state. */
static const char *file_name(int i)
{
	return i < DP_MEMORIES ? dp_machine_memories()[i].name : "state";
}

static int *file_fd(struct dp_boot *boot, int i)
{
	return i < DP_MEMORIES ? &boot->memory[i] : &boot->state;
}

/* A thread that compares what the files hold with the manifest, while QEMU starts. */
struct dp_verification {
	pthread_t thread;
	pthread_mutex_t mutex; /* for joined: several guests ask */
	bool joined, whole;
	int fds[DP_MEMORIES + 1];
	char wanted[DP_MEMORIES + 1][33];
	char manifest[PATH_MAX + 32];
};

static void *verify(void *arg)
{
	struct dp_verification *v = arg;
	char hex[33];

	v->whole = true;
	for (int i = 0; i <= DP_MEMORIES && v->whole; i++)
		v->whole = !hash_file(v->fds[i], -1, hex) && !strcmp(hex, v->wanted[i]);
	if (!v->whole)
		unlink(v->manifest);
	return NULL;
}

bool dp_snapshot_verified(const struct dp_boot *boot)
{
	struct dp_verification *v = boot->verification;

	if (!v)
		return true;
	pthread_mutex_lock(&v->mutex);
	if (!v->joined)
		pthread_join(v->thread, NULL);
	v->joined = true;
	pthread_mutex_unlock(&v->mutex);
	return v->whole;
}

static void end_verifying(struct dp_boot *boot)
{
	if (!boot->verification)
		return;
	dp_snapshot_verified(boot);
	pthread_mutex_destroy(&boot->verification->mutex);
	free(boot->verification);
	boot->verification = NULL;
}

void dp_snapshot_close(struct dp_boot *boot)
{
	end_verifying(boot);
	for (int i = 0; i <= DP_MEMORIES; i++) {
		dp_closep(file_fd(boot, i));
		*file_fd(boot, i) = -1;
	}
	boot->restore = false;
}

/* Where each guest's own descriptor begins to read does not depend on this one's position. */
static bool begin_verifying(struct dp_boot *boot, const char *manifest, struct json_object *files)
{
	struct dp_verification *v = calloc(1, sizeof(*v));

	if (!v)
		return false;
	pthread_mutex_init(&v->mutex, NULL);
	snprintf(v->manifest, sizeof(v->manifest), "%s", manifest);
	for (int i = 0; i <= DP_MEMORIES; i++) {
		struct json_object *entry = json_object_object_get(files, file_name(i));

		v->fds[i] = *file_fd(boot, i);
		snprintf(v->wanted[i], sizeof(v->wanted[i]), "%s", dp_json_text(entry, "hash"));
	}
	if (pthread_create(&v->thread, NULL, verify, v)) {
		verify(v);
		v->joined = true;
	}
	boot->verification = v;
	return true;
}

static bool open_file(const char *dir, int i, struct json_object *files, int *fd)
{
	struct json_object *entry = json_object_object_get(files, file_name(i));
	char path[PATH_MAX + 32];
	struct stat st;
	int64_t size;

	snprintf(path, sizeof(path), "%s/%s", dir, file_name(i));
	*fd = open(path, O_RDWR | O_CLOEXEC);
	return entry && dp_json_text(entry, "hash") && *fd >= 0 &&
	       !dp_json_int(entry, "size", &size) && !fstat(*fd, &st) && st.st_size == size;
}

/* False if there is none, or not the one that was saved. */
static bool open_saved(const char *dir, const char *key, struct dp_boot *boot,
		       struct dp_collect *collect)
{
	struct json_object *manifest = NULL, *files;
	dp_autofree char *text = NULL;
	const char *kernel, *made;
	char path[PATH_MAX + 32];
	bool whole = false;

	snprintf(path, sizeof(path), "%s/manifest", dir);
	if (dp_read_file(path, MANIFEST_LIMIT, &text, NULL, NULL))
		return false;
	manifest = json_tokener_parse(text);
	made = manifest ? dp_json_text(manifest, "key") : NULL;
	kernel = manifest ? dp_json_text(manifest, "kernel") : NULL;
	if (made && kernel && !strcmp(made, key) &&
	    json_object_object_get_ex(manifest, "files", &files)) {
		whole = true;
		for (int i = 0; i <= DP_MEMORIES && whole; i++)
			whole = open_file(dir, i, files, file_fd(boot, i));
		whole = whole && begin_verifying(boot, path, files);
	}
	if (whole)
		snprintf(collect->run.subject.kernel, sizeof(collect->run.subject.kernel), "%s",
			 kernel);
	json_object_put(manifest);
	boot->restore = whole;
	if (!whole)
		dp_snapshot_close(boot);
	return whole;
}

static int make_memories(struct dp_boot *boot, const char *draft, struct dp_error *err)
{
	char path[PATH_MAX + 32];

	for (int i = 0; i < DP_MEMORIES; i++) {
		boot->memory[i] = dp_memory_make(i, err);
		if (boot->memory[i] < 0)
			return boot->memory[i];
	}
	snprintf(path, sizeof(path), "%s/state", draft);
	boot->state = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return boot->state < 0 ? dp_fail(err, -errno, "cannot write %s", path) : 0;
}

/* Writes one file of the draft and its entry in the manifest. */
static int keep_file(const char *draft, int i, struct dp_boot *boot, struct json_object *files,
		     struct dp_error *err)
{
	struct json_object *entry = json_object_new_object();
	char path[PATH_MAX + 32], hex[33];
	int from = *file_fd(boot, i), rc;
	dp_autofd int to = -1;
	struct stat st;

	json_object_object_add(files, file_name(i), entry);
	snprintf(path, sizeof(path), "%s/%s", draft, file_name(i));
	if (i < DP_MEMORIES)
		to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fstat(from, &st) || (i < DP_MEMORIES && (to < 0 || ftruncate(to, st.st_size))))
		return dp_fail(err, -errno, "cannot write %s", path);
	rc = hash_file(from, to, hex);
	if (rc) {
		dp_fail(err, rc, "cannot save the guest to %s", path);
		return dp_hint(err, "make room there, or use --fresh, which saves nothing");
	}
	dp_json_add_int(entry, "size", st.st_size);
	dp_json_add_text(entry, "hash", hex);
	return 0;
}

static int keep_files(const char *draft, const char *key, struct dp_boot *boot,
		      const struct dp_collect *collect, struct dp_error *err)
{
	struct json_object *manifest = json_object_new_object(), *files = json_object_new_object();
	char path[PATH_MAX + 32];
	dp_autofile FILE *out = NULL;
	int rc = 0;

	dp_json_add_text(manifest, "schema", SCHEMA);
	dp_json_add_text(manifest, "key", key);
	dp_json_add_text(manifest, "kernel", collect->run.subject.kernel);
	json_object_object_add(manifest, "files", files);
	for (int i = 0; i <= DP_MEMORIES && !rc; i++)
		rc = keep_file(draft, i, boot, files, err);
	snprintf(path, sizeof(path), "%s/manifest", draft);
	out = rc ? NULL : fopen(path, "we");
	if (!rc &&
	    (!out ||
	     fprintf(out, "%s\n",
		     json_object_to_json_string_ext(manifest, JSON_C_TO_STRING_PRETTY)) < 0 ||
	     fflush(out)))
		rc = dp_fail(err, -errno, "cannot write %s", path);
	json_object_put(manifest);
	return rc;
}

/* Under another name first: a snapshot that is there is whole, unless something happened to it. */
static int save(const char *dir, const char *key, struct dp_boot *boot,
		const struct dp_session_limits *limits, struct dp_collect *collect,
		dp_progress_fn progress, struct dp_error *err)
{
	char draft[PATH_MAX + 8];
	uint64_t since;
	int rc;

	snprintf(draft, sizeof(draft), "%s.new", dir);
	dp_remove_tree(draft);
	rc = dp_mkdir_p(draft, err);
	if (!rc)
		rc = make_memories(boot, draft, err);
	if (!rc)
		rc = dp_session_run(boot, NULL, limits, collect, progress, err);
	since = dp_now_ms();
	if (!rc && !collect->run.ending[0])
		rc = keep_files(draft, key, boot, collect, err);
	dp_snapshot_close(boot);
	if (!rc && !collect->run.ending[0] && (dp_remove_tree(dir) || rename(draft, dir)))
		rc = dp_fail(err, -errno, "cannot rename %s", draft);
	if (rc || collect->run.ending[0])
		dp_remove_tree(draft);
	dp_run_add_phase(&collect->run, "snapshot", dp_now_ms() - since);
	return rc;
}

int dp_snapshot_open(struct dp_boot *boot, const struct dp_session_limits *limits,
		     struct dp_collect *collect, dp_progress_fn progress, struct dp_error *err)
{
	char dir[PATH_MAX], key[33], name[64];
	dp_autofd int lock = -1;
	int rc = snapshot_key(boot, key, err);

	if (!rc)
		rc = dp_cache_path(dir, sizeof(dir), err, "snapshots/%s", key);
	if (rc)
		return rc;
	snprintf(name, sizeof(name), "snapshot-%s", key);
	lock = dp_cache_lock(name, err);
	if (lock < 0)
		return lock;
	if (open_saved(dir, key, boot, collect)) {
		dp_cache_use(dir);
		return 0;
	}
	if (dp_exists("%s", dir))
		snprintf(collect->run.note, sizeof(collect->run.note),
			 "the snapshot %.120s was damaged and has been made anew", dir);
	rc = save(dir, key, boot, limits, collect, progress, err);
	if (rc || collect->run.ending[0])
		return rc;
	dp_cache_trim(dir);
	if (!open_saved(dir, key, boot, collect))
		return dp_report(err, -EIO, "the snapshot %s is damaged as soon as it is written",
				 dir);
	return 0;
}
