// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ready guest, saved once and restored as often as it takes.
 *
 *   snapshots/KEY/ram, pmem0, pmem1, pmem2   the memories, sparse
 *                 state                      of the devices, as QEMU migrates it
 *                 manifest                   size and hash of each, and the kernel's release
 *
 * A restored guest maps them copy-on-write, so that guests of the same kernel share what none of
 * them has written to. A copy of the RAM, some 140 MiB that are not zero, would cost more than the
 * page faults of a guest that lives for a second. The files are open while they are used: whoever
 * cleans the cache up meanwhile takes nothing away.
 *
 * The key is the content of everything that went in. A snapshot is used after its content was found
 * to be what the manifest says, once for each run, while QEMU starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qemu.h"
#include "verify.h"

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/machine.h"
#include "daxpin/observe.h"
#include "daxpin/session.h"
#include "daxpin/sink.h"

#define SCHEMA "daxpin-snapshot/1"
/* A manifest has some 600 bytes. */
#define MANIFEST_LIMIT 65536

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

struct snapshot {
	char dir[PATH_MAX], key[33];
	struct dp_boot *boot;       /* whose descriptors are those of the snapshot */
	struct dp_session_end *end; /* of the session that made it */
};

/* Name and descriptor of each file of a snapshot: the memories and then the state. */
static const char *file_name(int i)
{
	return i < DP_MEMORIES ? dp_memory_name(i) : "state";
}

static int *file_fd(struct dp_boot *boot, int i)
{
	return i < DP_MEMORIES ? &boot->memory[i] : &boot->state;
}

void dp_snapshot_close(struct dp_boot *boot)
{
	dp_verify_end(boot->verification);
	boot->verification = NULL;
	for (int i = 0; i < DP_SAVED_FILES; i++) {
		dp_closep(file_fd(boot, i));
		*file_fd(boot, i) = -1;
	}
	boot->restore = false;
}

static bool begin_verifying(struct dp_boot *boot, const char *manifest, struct json_object *files)
{
	char wanted[DP_SAVED_FILES][33];
	int fds[DP_SAVED_FILES];

	for (int i = 0; i < DP_SAVED_FILES; i++) {
		struct json_object *entry = dp_json_object(files, file_name(i));

		fds[i] = *file_fd(boot, i);
		if (dp_json_copy_text(entry, "hash", wanted[i], sizeof(wanted[i])))
			return false;
	}
	boot->verification = dp_verify_begin(fds, wanted, manifest);
	return boot->verification;
}

static bool open_file(const char *dir, int i, struct json_object *files, int *fd)
{
	struct json_object *entry = dp_json_object(files, file_name(i));
	char path[PATH_MAX];
	struct stat st;

	if (dp_path(path, sizeof(path), NULL, "%s/%s", dir, file_name(i)))
		return false;
	*fd = open(path, O_RDWR | O_CLOEXEC);
	return *fd >= 0 && !fstat(*fd, &st) && st.st_size == dp_json_int_or(entry, "size", -1);
}

/* False if there is none, or not the one that was saved. */
static bool open_saved(const struct snapshot *s)
{
	dp_autojson struct json_object *manifest = NULL;
	struct json_object *files;
	dp_autofree char *text = NULL;
	const char *made;
	char path[PATH_MAX];
	bool whole;

	if (dp_path(path, sizeof(path), NULL, "%s/manifest", s->dir) ||
	    dp_read_file(path, MANIFEST_LIMIT, &text, NULL, NULL))
		return false;
	manifest = dp_json_parse(text);
	made = dp_json_text(manifest, "key");
	files = dp_json_object(manifest, "files");
	whole = made && !strcmp(made, s->key) &&
		!dp_json_copy_text(manifest, "kernel", s->end->kernel, sizeof(s->end->kernel));
	for (int i = 0; i < DP_SAVED_FILES && whole; i++)
		whole = open_file(s->dir, i, files, file_fd(s->boot, i));
	s->boot->restore = whole && begin_verifying(s->boot, path, files);
	if (!s->boot->restore)
		dp_snapshot_close(s->boot);
	return s->boot->restore;
}

static int make_memories(struct dp_boot *boot, const char *draft, struct dp_error *err)
{
	char path[PATH_MAX];
	int rc = dp_path(path, sizeof(path), err, "%s/state", draft);

	if (rc)
		return rc;
	for (int i = 0; i < DP_MEMORIES; i++) {
		boot->memory[i] = dp_memory_make(boot->layout, i, err);
		if (boot->memory[i] < 0)
			return boot->memory[i];
	}
	boot->state = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return boot->state < 0 ? dp_fail(err, -errno, "cannot write %s", path) : 0;
}

/* Writes one file of the draft and its entry in the manifest. */
static int keep_file(const char *draft, int i, struct dp_boot *boot, struct json_object *files,
		     struct dp_error *err)
{
	struct json_object *entry = json_object_new_object();
	char path[PATH_MAX], hex[33];
	int from = *file_fd(boot, i);
	dp_autofd int to = -1;
	struct stat st;
	int rc = dp_path(path, sizeof(path), err, "%s/%s", draft, file_name(i));

	json_object_object_add(files, file_name(i), entry);
	if (rc)
		return rc;
	if (i < DP_MEMORIES)
		to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fstat(from, &st) || (i < DP_MEMORIES && (to < 0 || ftruncate(to, st.st_size))))
		return dp_fail(err, -errno, "cannot write %s", path);
	rc = dp_content_hash(from, to, hex);
	if (rc) {
		dp_fail(err, rc, "cannot save the guest to %s", path);
		return dp_hint(err, "make room there, or use --fresh, which saves nothing");
	}
	dp_json_add_int(entry, "size", st.st_size);
	dp_json_add_text(entry, "hash", hex);
	return 0;
}

static int keep_files(const char *draft, const struct snapshot *s, struct dp_error *err)
{
	dp_autojson struct json_object *manifest = json_object_new_object();
	struct json_object *files = json_object_new_object();
	char path[PATH_MAX];
	dp_autofile FILE *out = NULL;
	int rc = dp_path(path, sizeof(path), err, "%s/manifest", draft);

	dp_json_add_text(manifest, "schema", SCHEMA);
	dp_json_add_text(manifest, "key", s->key);
	dp_json_add_text(manifest, "kernel", s->end->kernel);
	json_object_object_add(manifest, "files", files);
	for (int i = 0; i < DP_SAVED_FILES && !rc; i++)
		rc = keep_file(draft, i, s->boot, files, err);
	if (rc)
		return rc;
	out = fopen(path, "we");
	if (!out ||
	    fprintf(out, "%s\n",
		    json_object_to_json_string_ext(manifest, JSON_C_TO_STRING_PRETTY)) < 0 ||
	    fflush(out))
		return dp_fail(err, -errno, "cannot write %s", path);
	return 0;
}

/* Under another name first: a snapshot that is there is whole, unless something happened to it. */
static int save(const struct snapshot *s, const struct dp_session_limits *limits,
		const struct dp_sink *sink, const struct dp_progress *progress,
		struct dp_error *err)
{
	const char *ending = s->end->ending;
	char draft[PATH_MAX];
	uint64_t since;
	int rc = dp_path(draft, sizeof(draft), err, "%s.new", s->dir);

	if (rc)
		return rc;
	dp_remove_tree(draft);
	rc = dp_mkdir_p(draft, err);
	if (!rc)
		rc = make_memories(s->boot, draft, err);
	if (!rc)
		rc = dp_session_run(s->boot, NULL, limits, sink, progress, s->end, err);
	since = dp_now_ms();
	if (!rc && !ending[0])
		rc = keep_files(draft, s, err);
	dp_snapshot_close(s->boot);
	if (!rc && !ending[0] && (dp_remove_tree(s->dir) || rename(draft, s->dir)))
		rc = dp_fail(err, -errno, "cannot rename %s", draft);
	if (rc || ending[0])
		dp_remove_tree(draft);
	if (sink->phase)
		sink->phase(sink->arg, "snapshot", dp_now_ms() - since);
	return rc;
}

int dp_snapshot_open(struct dp_boot *boot, const struct dp_session_limits *limits,
		     const struct dp_sink *sink, const struct dp_progress *progress,
		     struct dp_session_end *end, struct dp_error *err)
{
	struct snapshot s = { .boot = boot, .end = end };
	dp_autofd int lock = -1;
	char name[64];
	bool damaged;
	int rc = snapshot_key(boot, s.key, err);

	*end = (struct dp_session_end){ 0 };
	if (!rc)
		rc = dp_cache_path(s.dir, sizeof(s.dir), err, "snapshots/%s", s.key);
	if (rc)
		return rc;
	snprintf(name, sizeof(name), "snapshot-%s", s.key);
	lock = dp_cache_lock(name, err);
	if (lock < 0)
		return lock;
	if (open_saved(&s)) {
		dp_cache_use(s.dir);
		return 0;
	}
	damaged = dp_exists("%s", s.dir);
	rc = save(&s, limits, sink, progress, err);
	if (damaged)
		snprintf(end->note, sizeof(end->note),
			 "the snapshot %.120s was damaged and has been made anew", s.dir);
	if (rc || end->ending[0])
		return rc;
	dp_cache_trim(s.dir);
	if (!open_saved(&s))
		return dp_report(err, -EIO, "the snapshot %s cannot be read back as it was written",
				 s.dir);
	return 0;
}
