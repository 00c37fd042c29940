// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/blkpg.h>
#include <ndctl/libndctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices.h"
#include "prepare.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/command.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/text.h"

#define MAX_WORDS 64 /* of a step */
#define REGIONS   16
/* Disks and devices appear as they are probed. */
#define APPEAR_MS 10000

static const char *const *from(const struct dp_words *w, size_t first)
{
	return (const char *const *)w->list + first;
}

static int size_of(const char *text, uint64_t *bytes, struct dp_error *err)
{
	return dp_parse_size(text, bytes) ? dp_bad_input(err, "\"%s\" is no size", text) : 0;
}

static int await(const char *path, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + APPEAR_MS;

	while (!dp_exists("%s", path)) {
		if (dp_now_ms() > end)
			return dp_fail(err, -ENODEV, "%s has not appeared", path);
		usleep(5000);
	}
	return 0;
}

/* ---- namespaces -------------------------------------------------------------------------- */

/* Calls @act for the region with this number in the order of their addresses. */
static int with_region(const struct dp_words *w,
		       int (*act)(struct ndctl_region *region, const struct dp_words *w,
				  struct dp_error *err),
		       struct dp_error *err)
{
	dp_cleanup(dp_ndctl_put) struct ndctl_ctx *ctx = NULL;
	struct ndctl_region *regions[REGIONS];
	size_t count, number = strtoul(w->list[1], NULL, 10);
	int rc = ndctl_new(&ctx);

	if (rc)
		return dp_fail(err, rc, "libndctl");
	count = dp_regions(ctx, regions, REGIONS);
	if (number >= count)
		return dp_fail(err, -ENODEV, "there are %zu regions", count);
	return act(regions[number], w, err);
}

static int init_labels(struct ndctl_region *region, const struct dp_words *w, struct dp_error *err)
{
	(void)w;
	return dp_region_init_labels(region, err);
}

static int labels(const struct dp_words *w, struct dp_error *err)
{
	return with_region(w, init_labels, err);
}

static int read_spec(const struct dp_words *w, struct dp_namespace_spec *spec, struct dp_error *err)
{
	bool fsdax = !strcmp(w->list[2], "fsdax");

	if (!fsdax && strcmp(w->list[2], "devdax"))
		return dp_bad_input(err, "a namespace is fsdax or devdax");
	spec->mode = fsdax ? DP_NS_FSDAX : DP_NS_DEVDAX;
	return size_of(w->list[3], &spec->align, err);
}

static int await_device(const char *device, struct dp_error *err)
{
	char path[64];
	int rc = dp_path(path, sizeof(path), err, "/dev/%s", device);

	return rc ? rc : await(path, err);
}

static int create(struct ndctl_region *region, const struct dp_words *w, struct dp_error *err)
{
	struct dp_namespace_spec spec;
	char device[32];
	int rc = read_spec(w, &spec, err);

	if (!rc)
		rc = size_of(w->list[4], &spec.size, err);
	if (!rc)
		rc = dp_namespace_create(region, &spec, device, sizeof(device), err);
	return rc ? rc : await_device(device, err);
}

static int claim(struct ndctl_region *region, const struct dp_words *w, struct dp_error *err)
{
	struct dp_namespace_spec spec;
	char device[32];
	int rc = read_spec(w, &spec, err);

	if (!rc)
		rc = dp_namespace_claim(region, spec.mode, spec.align, device, sizeof(device), err);
	return rc ? rc : await_device(device, err);
}

static int make_namespace(const struct dp_words *w, struct dp_error *err)
{
	return with_region(w, w->count > 4 ? create : claim, err);
}

static int bind_dax(const struct dp_words *w, struct dp_error *err)
{
	if (!strcmp(w->list[2], "none"))
		return dp_dax_disable(w->list[1], err);
	if (!strcmp(w->list[2], "kmem"))
		return dp_dax_to_kmem(w->list[1], false, err);
	if (!strcmp(w->list[2], "kmem-movable"))
		return dp_dax_to_kmem(w->list[1], true, err);
	if (!strcmp(w->list[2], "devdax"))
		return dp_dax_to_devdax(w->list[1], err);
	return dp_bad_input(err, "no driver \"%s\"", w->list[2]);
}

/* ---- disks and file systems -------------------------------------------------------------- */

/* Without a table on the disk: the kernel is told. */
static int partition(const struct dp_words *w, struct dp_error *err)
{
	struct blkpg_partition part = { .pno = 1 };
	struct blkpg_ioctl_arg arg = { .op = BLKPG_ADD_PARTITION,
				       .datalen = sizeof(part),
				       .data = &part };
	dp_autofd int fd = -1;
	uint64_t start, length;
	int rc = await(w->list[1], err);

	if (!rc)
		rc = size_of(w->list[2], &start, err);
	if (!rc)
		rc = size_of(w->list[3], &length, err);
	if (rc)
		return rc;
	part.start = (long long)start;
	part.length = (long long)length;
	fd = open(w->list[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, BLKPG, &arg))
		return dp_fail(err, -errno, "cannot partition %s", w->list[1]);
	return 0;
}

static int map(const struct dp_words *w, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 3; i < w->count && !rc; i++)
		rc = await(w->list[i], err);
	return rc ? rc : dp_dm_create(w->list[1], w->list[2], from(w, 3), w->count - 3, err);
}

static int format(const struct dp_words *w, struct dp_error *err)
{
	int rc = await(w->list[2], err);

	return rc ? rc : dp_fs_format(w->list[1], w->list[2], from(w, 3), w->count - 3, err);
}

static int mount_it(const struct dp_words *w, struct dp_error *err)
{
	bool bind = !strcmp(w->list[1], "bind");
	int rc = dp_mkdir_p(w->list[3], err);

	if (rc)
		return rc;
	if (mount(w->list[2], w->list[3], bind ? NULL : w->list[1], bind ? MS_BIND : 0,
		  w->count > 4 ? w->list[4] : NULL))
		return dp_fail(err, -errno, "cannot mount %s at %s", w->list[2], w->list[3]);
	return 0;
}

static int folder(const struct dp_words *w, struct dp_error *err)
{
	bool dax = w->count > 2 && !strcmp(w->list[2], "dax");
	char parent[PATH_MAX], *name;
	int rc = dp_path(parent, sizeof(parent), err, "%s", w->list[1]);

	name = rc ? NULL : strrchr(parent, '/');
	if (!name || name == parent)
		return rc ? rc : dp_bad_input(err, "a whole path is wanted");
	*name++ = '\0';
	rc = dp_mkdir_p(parent, err);
	return rc ? rc : dp_fs_make_dir(parent, name, dax, err);
}

/* ---- the rest ---------------------------------------------------------------------------- */

static int give_address(const struct dp_words *w, struct dp_error *err)
{
	(void)w;
	return dp_devices_traffic(err);
}

/* The words from @first on, with blanks between them. */
static void join(const struct dp_words *w, size_t first, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = first; i < w->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
					 w->list[i]);
}

/* A line, as echo writes: uuid_store() of CXL takes nothing else. */
static int write_text(const struct dp_words *w, struct dp_error *err)
{
	char text[256];
	int rc;

	join(w, 2, text, sizeof(text) - 1);
	strcat(text, "\n");
	rc = dp_write_attr(text, "%s", w->list[1]);
	return rc ? dp_fail(err, rc, "cannot write to %s", w->list[1]) : 0;
}

static int change_mode(const struct dp_words *w, struct dp_error *err)
{
	if (chmod(w->list[2], (mode_t)strtoul(w->list[1], NULL, 8)))
		return dp_fail(err, -errno, "cannot change the mode of %s", w->list[2]);
	return 0;
}

static int make_file(const struct dp_words *w, struct dp_error *err)
{
	static const char zeros[65536];
	dp_autofd int fd = open(w->list[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	uint64_t size;
	int rc = size_of(w->list[2], &size, err);

	for (uint64_t at = 0; at < size && fd >= 0 && !rc; at += sizeof(zeros))
		rc = dp_write_all(fd, zeros, size - at < sizeof(zeros) ? size - at : sizeof(zeros));
	return fd < 0 || rc ? dp_fail(err, rc ? rc : -errno, "cannot write %s", w->list[1]) : 0;
}

static int await_path(const struct dp_words *w, struct dp_error *err)
{
	return await(w->list[1], err);
}

/* The words from @first on say why something is skipped. */
static int say_why(const struct dp_words *w, size_t first, struct dp_error *err)
{
	char text[256];

	join(w, first, text, sizeof(text));
	return dp_skip(err, "%s", text);
}

/* What follows cannot be done by a kernel that has no such driver. */
static int need(const struct dp_words *w, struct dp_error *err)
{
	const char *name = strrchr(w->list[1], '/');

	if (dp_exists("%s", w->list[1]))
		return 0;
	return w->count > 2
		       ? say_why(w, 2, err)
		       : dp_skip(err, "this kernel has no driver %s", name ? name + 1 : w->list[1]);
}

/* What cannot be made here, and why. */
static int skip(const struct dp_words *w, struct dp_error *err)
{
	return say_why(w, 1, err);
}

static int remove_it(const struct dp_words *w, struct dp_error *err)
{
	int rc = dp_remove_tree(w->list[1]);

	return rc ? dp_fail(err, rc, "cannot remove %s", w->list[1]) : 0;
}

static int set_environment(const struct dp_words *w, struct dp_error *err)
{
	char value[1024];

	join(w, 2, value, sizeof(value));
	if (strlen(value) + 1 == sizeof(value))
		return dp_bad_input(err, "a value is longer than %zu bytes", sizeof(value) - 2);
	return setenv(w->list[1], value, 1) ? dp_fail(err, -errno, "cannot set it") : 0;
}

static int set_memlock(const struct dp_words *w, struct dp_error *err)
{
	uint64_t bytes;
	int rc = size_of(w->list[1], &bytes, err);
	const struct rlimit limit = { bytes, bytes };

	if (!rc && setrlimit(RLIMIT_MEMLOCK, &limit))
		rc = dp_fail(err, -errno, "cannot set RLIMIT_MEMLOCK");
	return rc;
}

static int join_cgroup(const struct dp_words *w, struct dp_error *err)
{
	int rc = dp_write_attr("0", "%s/cgroup.procs", w->list[1]);

	return rc ? dp_fail(err, rc, "cannot join the control group %s", w->list[1]) : 0;
}

/* Without groups and, as the user is not root, without capabilities. */
static int become_user(const struct dp_words *w, struct dp_error *err)
{
	uid_t id = (uid_t)strtoul(w->list[1], NULL, 10);

	if (setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id))
		return dp_fail(err, -errno, "cannot become user %s", w->list[1]);
	return 0;
}

/* What is carried out around the program, by as_host.c. */
static int leave(const struct dp_words *w, struct dp_error *err)
{
	(void)w;
	(void)err;
	return 0;
}

static const struct step {
	const char *name;
	size_t least, most; /* words, the name included */
	bool process;       /* changes the process that runs daxpin, not the machine */
	int (*act)(const struct dp_words *w, struct dp_error *err);
} all_steps[] = {
	{ "need", 2, MAX_WORDS, false, need },
	{ "skip", 2, MAX_WORDS, false, skip },
	{ "await", 2, 2, false, await_path },
	{ "labels", 2, 2, false, labels },
	{ "namespace", 4, 5, false, make_namespace },
	{ "dax", 3, 3, false, bind_dax },
	{ "partition", 4, 4, false, partition },
	{ "dm", 4, 11, false, map },
	{ "format", 3, 15, false, format },
	{ "mount", 4, 5, false, mount_it },
	{ "folder", 2, 3, false, folder },
	{ "file", 3, 3, false, make_file },
	{ "address", 1, 1, false, give_address },
	{ "write", 3, 8, false, write_text },
	{ "mode", 3, 3, false, change_mode },
	{ "remove", 2, 2, false, remove_it },
	{ "env", 3, MAX_WORDS, true, set_environment },
	{ "memlock", 2, 2, true, set_memlock },
	{ "cgroup", 2, 2, true, join_cgroup },
	{ "user", 2, 2, true, become_user },
	{ "under", 2, MAX_WORDS, true, leave },
	{ "unchanged", 2, 2, false, leave },
};

static const struct step *find_step(const struct dp_words *w)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(all_steps); i++)
		if (w->count >= all_steps[i].least && w->count <= all_steps[i].most &&
		    !strcmp(w->list[0], all_steps[i].name))
			return &all_steps[i];
	return NULL;
}

int dp_steps_words(const struct dp_words *steps, const char *name, struct dp_words *words)
{
	int rc = 0;

	for (size_t i = 0; i < steps->count && !rc; i++) {
		dp_cleanup(dp_words_clear) struct dp_words w = { 0 };

		rc = dp_words_split(&w, steps->list[i]);
		for (size_t k = 1; k < w.count && !rc && !strcmp(w.list[0], name); k++)
			rc = dp_words_add(words, w.list[k]);
	}
	return rc;
}

static int carry_out(const char *text, bool process, struct dp_error *err)
{
	dp_cleanup(dp_words_clear) struct dp_words w = { 0 };
	struct dp_error why = { 0 };
	const struct step *step;
	int rc = dp_words_split(&w, text);

	if (rc)
		return rc;
	step = w.count ? find_step(&w) : NULL;
	if (!step)
		return dp_bad_input(err, "the layout: \"%s\" is no step", text);
	if (step->process != process)
		return 0;
	rc = step->act(&w, &why);
	if (!rc)
		return 0;
	if (rc == DP_SKIP)
		return dp_skip(err, "%s", why.what);
	dp_report(err, rc, "the layout: \"%s\": %s", text, why.what);
	if (err)
		err->input = why.input;
	return rc;
}

static int carry_out_all(const struct dp_words *steps, bool process, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < steps->count && !rc; i++)
		rc = carry_out(steps->list[i], process, err);
	return rc;
}

int dp_prepare_machine(const struct dp_words *steps, struct dp_error *err)
{
	return carry_out_all(steps, false, err);
}

int dp_prepare_process(const struct dp_words *steps, struct dp_error *err)
{
	return carry_out_all(steps, true, err);
}
