// SPDX-License-Identifier: GPL-2.0-or-later
/* Which packages of a suite are wanted. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apt.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/kernel.h"

#define QUERY_LIMIT_MS 60000
#define MAX_RELEASES   256

#define IMAGE   "linux-image-"
#define FLAVOUR "-amd64"
#define META    IMAGE "amd64"
#define HEADERS "linux-headers-"

/* The dependencies of a package whose names begin with @begins and contain @holds. */
static int linux_depends(struct apt *apt, const char *package, const char *begins,
			 const char *holds, char names[][128], int room, struct dp_error *err)
{
	const char *const query[] = { "apt-cache", "depends", "--important", package, NULL };
	dp_autofree char *lines = NULL;
	char *rest, name[128];
	int n = 0, rc = dp_apt_run(apt, query, QUERY_LIMIT_MS, &lines, err);

	if (rc)
		return rc;
	rest = lines;
	for (char *line = strsep(&rest, "\n"); line && n < room; line = strsep(&rest, "\n"))
		if (sscanf(line, " Depends: %127s", name) == 1 &&
		    !strncmp(name, begins, strlen(begins)) && strstr(name, holds))
			strcpy(names[n++], name);
	return n;
}

/* An image of the flavour that guests boot, not of the flavours rt and cloud. */
static bool is_plain_image(const char *name)
{
	size_t len = strlen(name);

	return !strncmp(name, IMAGE, strlen(IMAGE)) && len > strlen(IMAGE FLAVOUR) &&
	       !strcmp(name + len - strlen(FLAVOUR), FLAVOUR) &&
	       isdigit((unsigned char)name[strlen(IMAGE)]) && !strstr(name, "-rt-") &&
	       !strstr(name, "-cloud-");
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/*
 * A release is the part between "linux-image-" and "-amd64": 6.17.8+deb13 of
 * linux-image-6.17.8+deb13-amd64. Metapackages such as linux-image-6.12-amd64 are listed, too.
 */
int dp_apt_list_releases(struct apt *apt, char ***list, size_t *count, struct dp_error *err)
{
	const char *const query[] = { "apt-cache", "pkgnames", IMAGE, NULL };
	dp_autofree char *lines = NULL;
	char *rest;
	int rc = dp_apt_run(apt, query, QUERY_LIMIT_MS, &lines, err);

	*count = 0;
	*list = rc ? NULL : calloc(MAX_RELEASES, sizeof(**list));
	if (rc || !*list)
		return rc ? rc : -ENOMEM;
	rest = lines;
	for (char *line = strsep(&rest, "\n"); line && *count < MAX_RELEASES;
	     line = strsep(&rest, "\n"))
		if (is_plain_image(line))
			(*list)[(*count)++] =
				strndup(line + strlen(IMAGE), strlen(line) - strlen(IMAGE FLAVOUR));
	qsort(*list, *count, sizeof(**list), by_version);
	return 0;
}

/* Whether a suite has a package. Return: 1, 0, or a negative errno */
static int has_package(struct apt *apt, const char *name, struct dp_error *err)
{
	const char *const query[] = { "apt-cache", "pkgnames", name, NULL };
	dp_autofree char *lines = NULL;
	size_t len = strlen(name);
	int rc = dp_apt_run(apt, query, QUERY_LIMIT_MS, &lines, err);
	const char *found = rc || !lines ? NULL : strstr(lines, name);

	while (found && found[len] != '\n' && found[len])
		found = strstr(found + 1, name);
	return rc ? rc : found != NULL;
}

bool dp_release_matches(const char *release, const char *version)
{
	size_t len = strlen(version);

	return !strncmp(release, version, len) && !isdigit((unsigned char)release[len]);
}

/* The newest image of a version; -ENOENT with a hint that lists the versions of the suite. */
static int choose_version(struct apt *apt, const char *suite, const char *version, char *name,
			  size_t size, struct dp_error *err)
{
	char **list = NULL, have[256] = "";
	size_t count = 0, used = 0;
	int rc = dp_apt_list_releases(apt, &list, &count, err);

	name[0] = '\0';
	for (size_t i = 0; i < count && !rc; i++) {
		if (dp_release_matches(list[i], version))
			snprintf(name, size, IMAGE "%s" FLAVOUR, list[i]);
		if (used + strlen(list[i]) + 3 < sizeof(have))
			used += (size_t)snprintf(have + used, sizeof(have) - used, "%s%s",
						 used ? ", " : "", list[i]);
	}
	dp_strings_free(list, count);
	if (rc || name[0])
		return rc;
	dp_bad_input(err, "%s has no kernel %s", suite, version);
	return dp_hint(err, have[0] ? "it has %s" : "it has none", have), -ENOENT;
}

/*
 * The image of a version, or the one that the metapackage depends on, and the packages into which
 * newer images are split.
 */
int dp_apt_choose(struct apt *apt, const char *suite, const char *version, char names[][128],
		  struct dp_error *err)
{
	const char *release;
	int more, n = 1;

	if (version)
		n = choose_version(apt, suite, version, names[0], sizeof(names[0]), err) ? err->code
											 : 1;
	else
		n = linux_depends(apt, META, IMAGE, "", names, 1, err);
	if (n < 0)
		return n;
	if (!n)
		return dp_report(err, -ENOENT, META " depends on no kernel");
	release = names[0] + strcspn(names[0], "0123456789");
	more = linux_depends(apt, names[0], "linux-", release, names + 1, MAX_PACKAGES - 1, err);
	return more < 0 ? more : 1 + more;
}

/* Adds the dependencies of one of the packages that are not there yet. */
static int add_depends(struct apt *apt, const char *package, const char *begins, char names[][128],
		       int count, struct dp_error *err)
{
	char found[MAX_PACKAGES][128];
	int n = linux_depends(apt, package, begins, "", found, MAX_PACKAGES, err);

	for (int i = 0; i < n && count < MAX_PACKAGES; i++) {
		bool known = false;

		for (int k = 0; k < count && !known; k++)
			known = !strcmp(names[k], found[i]);
		if (!known)
			strcpy(names[count++], found[i]);
	}
	return n < 0 ? n : count;
}

int dp_apt_choose_libraries(struct apt *apt, char names[][128], int count, struct dp_error *err)
{
	static const char *const wanted[] = { "lib", "zlib" };
	int n = count;

	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < DP_ARRAY_SIZE(wanted) && n >= 0; k++)
			n = add_depends(apt, names[i], wanted[k], names, n, err);
	return n < MAX_PACKAGES ? n : dp_report(err, -E2BIG, "%s depends on too much", names[0]);
}

/*
 * What builds modules: the headers of a kernel, in two packages; kbuild, with the libraries that
 * its programs are linked with, as those of this machine may be too old; and the source.
 */
int dp_apt_choose_build(struct apt *apt, const char *release, char names[][128],
			struct dp_error *err)
{
	static const char *const wanted[] = { HEADERS, "linux-kbuild-" };
	int n, has;

	snprintf(names[0], sizeof(names[0]), HEADERS "%.100s", release);
	has = has_package(apt, names[0], err);
	if (has <= 0)
		return has ? has
			   : dp_bad_input(
				     err,
				     "the suite of this kernel has no %s any more: nothing can "
				     "be built for it",
				     names[0]);
	n = 1;
	for (size_t k = 0; k < DP_ARRAY_SIZE(wanted) && n > 0; k++)
		n = add_depends(apt, names[0], wanted[k], names, n, err);
	if (n > 0)
		n = dp_apt_choose_libraries(apt, names, n, err);
	if (n < 0)
		return n;
	snprintf(names[n], sizeof(names[0]), "linux-source-%.*s", (int)dp_series_length(release),
		 release);
	return n + 1;
}

/* apt-cache has what a suite lacks in angle brackets: "<libc6>". */
int dp_apt_choose_elsewhere(struct apt *apt, char names[][128], int count, char elsewhere[][128],
			    struct dp_error *err)
{
	static const char *const wanted[] = { "<lib", "<zlib" };
	int n = 0;

	for (int i = 0; i < count; i++)
		for (size_t k = 0; k < DP_ARRAY_SIZE(wanted) && n >= 0; k++)
			n = add_depends(apt, names[i], wanted[k], elsewhere, n, err);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(elsewhere[i]);

		memmove(elsewhere[i], elsewhere[i] + 1, len);
		elsewhere[i][strcspn(elsewhere[i], ">")] = '\0';
	}
	return n;
}
