// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares a region with its ledger, by routes other than the mapping under test. A
 * second process does it, which has neither the mapping nor the adapter.
 *
 *   second-mapping   the file or device is mapped again, after the first process has unmapped it
 *   file             the file is read through its file system
 *   raw-device       the blocks of the file are read from the block device below the file system
 *   process          memory that has no name is read through the page tables of its owner
 *                    (process_vm_readv()), not through the pins
 *
 * A second mapping of p2pdma is a new allocation. It is the same memory: the provider's pool is
 * first-fit.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "../blocks.h"
#include "../end.h"
#include "../layout.h"
#include "../ledger.h"

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/proc.h"
#include "daxpin/steps.h"

/* Reading some megabytes back takes well under a second; under emulation, a few. */
#define VERIFY_LIMIT_MS 120000

/* What the second process needs. */
struct look {
	const struct dp_end *end;
	const struct dp_ledger *ledger;
	pid_t owner;
	int fd; /* of the file or device, -1 without one */
	struct dp_window windows[2];
	size_t nwindows;
};

struct finding {
	char route[16];
	struct dp_damage damage;
	unsigned int extents; /* that were read */
	int rc;
	char text[128]; /* why the route failed */
};

typedef int look_fn(const struct look *look, struct finding *f, struct dp_error *err);

static int look_again(const struct look *look, struct finding *f, struct dp_error *err)
{
	const struct dp_end *end = look->end;
	struct dp_env env = end->options->env;
	struct dp_area area = { .fd = -1 };
	int rc;

	env.size = end->area.len;
	rc = dp_area_map(end->mapping, &env, &area, MAP_SHARED, look->fd, err);
	for (size_t i = 0; i < look->nwindows && !rc; i++)
		dp_ledger_check(look->ledger, (char *)area.addr + look->windows[i].offset,
				look->windows[i].offset, look->windows[i].length, &f->damage);
	return rc;
}

static int read_whole(int fd, char *to, uint64_t length, uint64_t offset)
{
	for (uint64_t at = 0; at < length;) {
		ssize_t n = pread(fd, to + at, length - at, (off_t)(offset + at));

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += (uint64_t)n;
	}
	return 0;
}

static int look_file(const struct look *look, struct finding *f, struct dp_error *err)
{
	for (size_t i = 0; i < look->nwindows; i++) {
		const struct dp_window *w = &look->windows[i];
		dp_autofree char *copy = malloc(w->length);
		int rc = copy ? read_whole(look->fd, copy, w->length, w->offset) : -ENOMEM;

		if (rc)
			return dp_fail(err, rc, "cannot read the file");
		dp_ledger_check(look->ledger, copy, w->offset, w->length, &f->damage);
	}
	return 0;
}

static int open_disk(int file)
{
	char path[PATH_MAX], name[64];
	struct stat st;

	if (fstat(file, &st))
		return -errno;
	if (dp_link_name(name, sizeof(name), "/sys/dev/block/%u:%u", major(st.st_dev),
			 minor(st.st_dev)) ||
	    dp_path(path, sizeof(path), NULL, "/dev/%s", name))
		return -ENOENT;
	file = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	return file < 0 ? -errno : file;
}

struct raw {
	const struct look *look;
	int disk;
	struct finding *finding;
};

/* Reads a part of a block from the device, past the page cache. */
static int look_part(const struct raw *raw, const struct dp_block *block, uint64_t at,
		     uint64_t length)
{
	void *copy = NULL;
	int rc;

	if (posix_memalign(&copy, 4096, length))
		return -ENOMEM;
	rc = read_whole(raw->disk, copy, length, block->from + (at - block->at));
	if (!rc)
		dp_ledger_check(raw->look->ledger, copy, at, length, &raw->finding->damage);
	free(copy);
	return rc;
}

static int look_block(void *arg, const struct dp_block *block)
{
	const struct raw *raw = arg;
	int rc = 0;

	raw->finding->extents++;
	for (size_t i = 0; i < raw->look->nwindows && !rc; i++) {
		uint64_t at = block->at, length = block->length;

		if (dp_layout_part(&raw->look->windows[i], &at, &length))
			rc = look_part(raw, block, at, length);
	}
	return rc;
}

static int look_raw(const struct look *look, struct finding *f, struct dp_error *err)
{
	dp_autofd int disk = open_disk(look->fd);
	struct raw raw = { look, disk, f };
	int rc;

	if (disk < 0)
		return dp_fail(err, disk, "cannot open the block device below the file");
	rc = dp_blocks_walk(look->fd, look->end->area.len, look_block, &raw, err);
	return rc ? dp_fail(err, rc, "cannot read the block device below the file") : 0;
}

static int look_process(const struct look *look, struct finding *f, struct dp_error *err)
{
	for (size_t i = 0; i < look->nwindows; i++) {
		const struct dp_window *w = &look->windows[i];
		dp_autofree char *copy = malloc(w->length);
		struct iovec to = { copy, w->length };
		struct iovec from = { (char *)look->end->area.addr + w->offset, w->length };

		if (!copy)
			return -ENOMEM;
		if (process_vm_readv(look->owner, &to, 1, &from, 1, 0) != (ssize_t)w->length)
			return dp_fail(err, -errno, "cannot read the owner's memory");
		dp_ledger_check(look->ledger, copy, w->offset, w->length, &f->damage);
	}
	return 0;
}

/* ---- which routes there are -------------------------------------------------------------- */

static const struct {
	const char *name;
	look_fn *look;
	bool shared; /* for shared memory of a file or device; else for other memory */
	bool fs;     /* only for files of a file system */
} routes[] = {
	{ "second-mapping", look_again, true, false },
	{ "file", look_file, true, true },
	{ "raw-device", look_raw, true, true },
	{ "process", look_process, false, false },
};

static bool leads(size_t i, const struct dp_end *end)
{
	return routes[i].shared == dp_end_is_shared(end) && (!routes[i].fs || end->mapping->fs);
}

/* The second process: one finding for each route. */
static void look_around(const struct look *look, int fd)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(routes); i++) {
		struct finding finding = { 0 };
		struct dp_error err = { 0 };

		if (!leads(i, look->end))
			continue;
		snprintf(finding.route, sizeof(finding.route), "%s", routes[i].name);
		finding.rc = routes[i].look(look, &finding, &err);
		snprintf(finding.text, sizeof(finding.text), "%.120s", err.what);
		if (write(fd, &finding, sizeof(finding)) != sizeof(finding))
			_exit(1);
	}
	_exit(0);
}

static int look_apart(const struct look *look, struct json_object *list, struct dp_error *err)
{
	struct finding finding;
	int pipe_fd[2], status = -1;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return dp_fail(err, -errno, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		look_around(look, pipe_fd[1]);
	close(pipe_fd[1]);
	while (pid > 0 && read(pipe_fd[0], &finding, sizeof(finding)) == sizeof(finding))
		json_object_array_add(list, dp_damage_to_json(&finding.damage, finding.route,
							      finding.extents,
							      finding.rc ? finding.text : NULL));
	close(pipe_fd[0]);
	if (pid < 0)
		return dp_fail(err, -errno, "cannot fork");
	if (dp_reap(pid, VERIFY_LIMIT_MS, &status) || status)
		return dp_fail(err, -EIO, "the process that reads back was lost (status %d)",
			       status);
	return 0;
}

/* The registrations are gone before anything is read, and so is the mapping of a file or device. */
static int obey_verify(struct dp_end *end, struct json_object *command, struct json_object *reply,
		       struct dp_error *err)
{
	struct json_object *list = json_object_new_array();
	dp_autofree struct dp_ledger *ledger = calloc(1, sizeof(*ledger));
	struct look look = { .end = end, .ledger = ledger, .owner = getpid(), .fd = end->area.fd };
	int64_t looks = 0;
	int rc = ledger ? dp_ledger_from_json(json_object_object_get(command, "ledger"), ledger)
			: -ENOMEM;

	json_object_object_add(reply, "routes", list);
	if (!rc && !end->mapping)
		rc = -EBADMSG;
	if (!rc)
		rc = dp_end_drop_keys(end, err);
	if (rc)
		return dp_fail(err, rc, "nothing to read back");
	for (size_t i = 0; i < DP_ARRAY_SIZE(routes); i++)
		looks += leads(i, end);
	dp_json_add_int(reply, dp_field_name(DP_FIELD_LOOKS), looks);
	look.nwindows = dp_layout_windows(end->area.len, look.windows);
	if (dp_end_is_shared(end)) {
		munmap(end->area.reserved, end->area.reserved_len);
		end->area.reserved = NULL;
	}
	return look_apart(&look, list, err);
}

DP_COMMAND(verify_command, .name = "verify", .obey = obey_verify);
