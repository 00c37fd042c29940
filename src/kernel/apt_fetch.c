// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked of a suite: its kernels, and packages. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apt.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"

#define FETCH_LIMIT_MS (30 * 60 * 1000)

static int download(struct apt *apt, char names[][128], int count, struct dp_error *err)
{
	char dir[PATH_MAX];
	const char *argv[MAX_PACKAGES + 8];
	int n = 0, rc = dp_path(dir, sizeof(dir), err, "%s/packages", apt->root);

	if (rc)
		return rc;
	dp_remove_tree(dir);
	rc = dp_mkdir_p(dir, err);
	if (rc)
		return rc;
	argv[n++] = "env";
	argv[n++] = "-C";
	argv[n++] = dir;
	argv[n++] = "apt-get";
	argv[n++] = "download";
	argv[n++] = "-oAPT::Status-Fd=1";
	for (int i = 0; i < count; i++)
		argv[n++] = names[i];
	argv[n] = NULL;
	return dp_apt_run(apt, argv, FETCH_LIMIT_MS, NULL, err);
}

static int list_packages(struct apt *apt, char ***packages, size_t *count, struct dp_error *err)
{
	char pattern[PATH_MAX];
	glob_t found;
	int rc = dp_path(pattern, sizeof(pattern), err, "%s/packages/*.deb", apt->root);

	if (rc)
		return rc;
	if (glob(pattern, 0, NULL, &found))
		return dp_fail(err, -ENOENT, "apt-get download left no package in %s", apt->root);
	*packages = calloc(found.gl_pathc, sizeof(**packages));
	for (*count = 0; *packages && *count < found.gl_pathc; ++*count)
		(*packages)[*count] = strdup(found.gl_pathv[*count]);
	globfree(&found);
	return *packages ? 0 : -ENOMEM;
}

int dp_apt_releases(const char *suite, bool refresh, const struct dp_progress *progress,
		    char ***list, size_t *count, struct dp_error *err)
{
	dp_autofree struct apt *apt = calloc(1, sizeof(*apt));
	int rc;

	if (!apt)
		return -ENOMEM;
	apt->progress = progress;
	rc = dp_apt_open(apt, suite, refresh, err);
	return rc ? rc : dp_apt_list_releases(apt, list, count, err);
}

/* What is asked of a suite: an image, of a version or the newest, or what builds modules for one.
 */
struct wanted {
	const char *suite, *version;
	bool build, refresh;
};

static int open_suite(struct apt *apt, const char *suite, bool refresh, struct dp_error *err)
{
	int rc = dp_apt_open(apt, suite, refresh, err);

	if (rc && !err->input)
		dp_hint(err,
			"check the network and that there is a suite %s, or use --kernel "
			"VMLINUZ:MODULES_DIR with a kernel that is here",
			suite);
	return rc;
}

static int take(struct apt *apt, char names[][128], int n, char ***packages, size_t *count,
		struct dp_error *err)
{
	int rc = n < 0 ? n : download(apt, names, n, err);

	if (rc && !err->input)
		dp_hint(err, "check the network, or use --kernel VMLINUZ:MODULES_DIR with a kernel "
			     "that is here");
	return rc ? rc : list_packages(apt, packages, count, err);
}

/* The libraries that a suite of backports lacks are in the one that it is built on. */
static int take_elsewhere(const struct wanted *wanted, const struct dp_progress *progress,
			  char names[][128], int n, char ***packages, size_t *count,
			  struct dp_error *err)
{
	dp_autofree struct apt *apt = calloc(1, sizeof(*apt));
	char suite[64];
	int rc;

	if (!apt)
		return -ENOMEM;
	apt->progress = progress;
	snprintf(suite, sizeof(suite), "%.*s", (int)strcspn(wanted->suite, "-"), wanted->suite);
	rc = open_suite(apt, suite, false, err);
	if (!rc)
		n = dp_apt_choose_libraries(apt, names, n, err);
	return rc ? rc : take(apt, names, n, packages, count, err);
}

/* @more: taken over */
static int append(char ***packages, size_t *count, char **more, size_t nmore)
{
	char **all = reallocarray(*packages, *count + nmore, sizeof(*all));

	if (!all) {
		dp_strings_free(more, nmore);
		return -ENOMEM;
	}
	memcpy(all + *count, more, nmore * sizeof(*all));
	free(more);
	*packages = all;
	*count += nmore;
	return 0;
}

static int fetch(const struct wanted *wanted, const struct dp_progress *progress, char ***packages,
		 size_t *count, struct dp_error *err)
{
	dp_autofree struct apt *apt = calloc(1, sizeof(*apt));
	char names[MAX_PACKAGES][128], elsewhere[MAX_PACKAGES][128], **more = NULL;
	int rc, n, nelsewhere = 0;
	size_t nmore = 0;

	if (!apt)
		return -ENOMEM;
	apt->progress = progress;
	rc = open_suite(apt, wanted->suite, wanted->refresh, err);
	if (rc)
		return rc;
	n = wanted->build ? dp_apt_choose_build(apt, wanted->version, names, err)
			  : dp_apt_choose(apt, wanted->suite, wanted->version, names, err);
	if (n > 0 && wanted->build)
		nelsewhere = dp_apt_choose_elsewhere(apt, names, n, elsewhere, err);
	rc = take(apt, names, nelsewhere < 0 ? nelsewhere : n, packages, count, err);
	if (rc || !nelsewhere)
		return rc;
	rc = take_elsewhere(wanted, progress, elsewhere, nelsewhere, &more, &nmore, err);
	return rc ? rc : append(packages, count, more, nmore);
}

int dp_apt_fetch(const char *suite, const char *version, bool refresh,
		 const struct dp_progress *progress, char ***packages, size_t *count,
		 struct dp_error *err)
{
	const struct wanted wanted = { .suite = suite, .version = version, .refresh = refresh };

	return fetch(&wanted, progress, packages, count, err);
}

int dp_apt_fetch_build(const char *suite, const char *release, const struct dp_progress *progress,
		       char ***packages, size_t *count, struct dp_error *err)
{
	const struct wanted wanted = { .suite = suite, .version = release, .build = true };

	return fetch(&wanted, progress, packages, count, err);
}
