// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs and libraries of an image, with all libraries that the loader lists (ld.so --list).
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest.h"

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"
#include "daxpin/proc.h"

#define LOADER        "/lib64/ld-linux-x86-64.so.2"
#define LIST_LIMIT_MS 10000
#define LIST_LIMIT    65536
#define PROVIDER_DIRS                                                                              \
	{                                                                                          \
		"/usr/lib/x86_64-linux-gnu/libibverbs", "/usr/lib64/libibverbs"                    \
	}

/* Adds the files of the loader's list: lines "NAME => PATH (ADDRESS)" or "PATH (ADDRESS)". */
static int add_listed(struct dp_manifest *m, char *list, struct dp_error *err)
{
	for (char *line = strsep(&list, "\n"); line; line = strsep(&list, "\n")) {
		char *path = strchr(line, '/');
		int rc;

		if (strstr(line, "not found"))
			return dp_report(err, -ENOENT, "a shared library is missing:%s", line);
		if (!path)
			continue;
		path[strcspn(path, " ")] = '\0';
		rc = dp_manifest_add_file(m, path, path, err);
		if (rc)
			return rc;
	}
	return 0;
}

/*
 * Where the cache keeps the loader's list of a program. The list is valid as long as the program
 * and the loader's cache do not change.
 */
static int known_list(const char *source, char *path, size_t size)
{
	const char *const dirs = getenv("LD_LIBRARY_PATH");
	struct dp_key key;
	char hex[33];

	dp_key_begin(&key, "libraries");
	dp_key_text(&key, dirs ? dirs : "");
	if (dp_key_file(&key, source) || dp_key_file(&key, "/etc/ld.so.cache"))
		return -ENOENT;
	dp_key_end(&key, hex);
	return dp_cache_path(path, size, NULL, "hashes/libraries-%s", hex);
}

/* The libraries that a program or library needs, as the loader lists them. */
static int list_libraries(const char *source, char **list, struct dp_error *err)
{
	/* What is preloaded here is nothing that the guest needs. */
	const char *argv[] = { "env", "-u", "LD_PRELOAD", LOADER, "--list", source, NULL };
	char known[PATH_MAX];
	bool memo = !known_list(source, known, sizeof(known));
	int rc;

	if (memo && !dp_read_file(known, LIST_LIMIT, list, NULL, NULL))
		return 0;
	rc = dp_run(argv, LIST_LIMIT_MS, list, err);
	if (!rc && memo)
		dp_cache_note(known, *list);
	return rc;
}

/* Adds a program or library and all that it needs. */
static int add_with_libraries(struct dp_manifest *m, const char *name, const char *source,
			      struct dp_error *err)
{
	dp_autofree char *list = NULL;
	int rc = dp_manifest_add_file(m, name, source, err);

	if (!rc)
		rc = list_libraries(source, &list, err);
	return rc ? rc : add_listed(m, list, err);
}

/* What runs it is a program of its own, to be named as well. */
static bool is_script(const char *path)
{
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char begin[2] = "";

	return fd >= 0 && read(fd, begin, sizeof(begin)) == sizeof(begin) &&
	       !memcmp(begin, "#!", sizeof(begin));
}

/* @program: a name, or the path of one that is in no folder of programs */
static int add_program(struct dp_manifest *m, const char *program, const char *package,
		       struct dp_error *err)
{
	const char *slash = strrchr(program, '/');
	char path[PATH_MAX], name[64];
	int rc = dp_path(name, sizeof(name), err, "sbin/%s", slash ? slash + 1 : program);

	if (rc)
		return rc;
	if (dp_find_program(program, path, sizeof(path))) {
		dp_report(err, -ENOENT, "the program %s is missing", program);
		return dp_hint(err, "install the package %s", package);
	}
	return is_script(path) ? dp_manifest_add_file(m, name, path, err)
			       : add_with_libraries(m, name, path, err);
}

static int add_provider(struct dp_manifest *m, const char *name, struct dp_error *err)
{
	static const char *const dirs[] = PROVIDER_DIRS;
	char path[PATH_MAX], driver[64];
	int rc;

	snprintf(driver, sizeof(driver), "/etc/libibverbs.d/%s.driver", name);

	for (size_t i = 0; i < DP_ARRAY_SIZE(dirs); i++) {
		/* The number of libibverbs' private ABI is 34 from rdma-core 26 on. */
		for (int abi = 34; abi < 100; abi++) {
			if (dp_path(path, sizeof(path), NULL, "%s/lib%s-rdmav%d.so", dirs[i], name,
				    abi) ||
			    !dp_exists("%s", path))
				continue;
			rc = add_with_libraries(m, path, path, err);
			return rc ? rc : dp_manifest_add_file(m, driver + 1, driver, err);
		}
	}
	dp_report(err, -ENOENT, "the verbs provider of %s is missing", name);
	return dp_hint(err, "install the package ibverbs-providers");
}

/* A sanitizer needs /proc, so builds with one name another daxpin for the guest. */
static int add_init(struct dp_manifest *m, struct dp_error *err)
{
	const char *other = getenv("DAXPIN_INIT");
	char self[PATH_MAX] = "";

	if (other)
		return add_with_libraries(m, "init", other, err);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return dp_fail(err, -errno, "cannot read /proc/self/exe");
	return add_with_libraries(m, "init", self, err);
}

/* What mkfs.xfs must leave off for which kernel. A distribution may have no such files. */
static int add_mkfs_confs(struct dp_manifest *m, struct dp_error *err)
{
	glob_t found = { 0 };
	int rc = 0;

	glob(DP_MKFS_CONFS "/lts_*.conf", 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && !rc; i++)
		rc = dp_manifest_add_file(m, found.gl_pathv[i], found.gl_pathv[i], err);
	globfree(&found);
	return rc;
}

/* What a layout may want, where it is installed: the step that needs it is skipped without. */
static int add_mkfs_erofs(struct dp_manifest *m, struct dp_error *err)
{
	char path[PATH_MAX];

	return dp_find_program("mkfs.erofs", path, sizeof(path))
		       ? 0
		       : add_program(m, "mkfs.erofs", "erofs-utils", err);
}

static bool has_extra(const struct dp_kernel *kernel, const char *wanted)
{
	char path[PATH_MAX];
	const char *name;

	for (size_t i = 0; dp_extra_find(kernel, i, &name, path, sizeof(path)); i++)
		if (!strcmp(name, wanted))
			return path[0];
	return false;
}

int dp_manifest_add_programs(struct dp_manifest *m, const struct dp_kernel *kernel,
			     struct dp_error *err)
{
	int rc = add_init(m, err);

	if (!rc)
		rc = add_provider(m, "rxe", err);
	if (!rc && kernel->extra && has_extra(kernel, "siw"))
		rc = add_provider(m, "siw", err);
	if (!rc)
		rc = add_program(m, "mkfs.ext4", "e2fsprogs", err);
	if (!rc)
		rc = add_program(m, "mkfs.xfs", "xfsprogs", err);
	if (!rc && kernel->foreign)
		rc = add_mkfs_erofs(m, err);
	if (!rc)
		rc = add_mkfs_confs(m, err);
	if (!rc && kernel->perftest)
		rc = add_program(m, "ib_write_bw", "perftest", err);
	for (size_t i = 0; kernel->programs && i < kernel->programs->count && !rc; i++)
		rc = add_program(m, kernel->programs->list[i], "that has it", err);
	return rc;
}
