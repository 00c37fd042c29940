// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel packages through the system's apt. Everything that apt writes goes to a private root in
 * the cache. Mirrors come from the system's sources, and keys from its keyring.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"
#include "daxpin/proc.h"
#include "daxpin/progress.h"

#define KEYRING         "/usr/share/keyrings/debian-archive-keyring.gpg"
#define QUERY_LIMIT_MS  60000
#define UPDATE_LIMIT_MS (5 * 60 * 1000)
#define FETCH_LIMIT_MS  (30 * 60 * 1000)
#define MAX_ARGS        64
#define MAX_PACKAGES    8
#define MAX_RELEASES    256
/* Package lists older than this are read again, s. */
#define LISTS_S (24 * 60 * 60)

#define IMAGE   "linux-image-"
#define FLAVOUR "-amd64"
#define META    IMAGE "amd64"

struct apt {
	char root[PATH_MAX - 64];
	char options[12][PATH_MAX];
	const struct dp_progress *progress;
};

static int prepare_root(struct apt *apt, const char *suite, struct dp_error *err)
{
	static const char *const dirs[] = { "state/lists/partial", "cache/archives/partial",
					    "packages", "etc", "log" };
	char path[PATH_MAX];
	dp_autofd int fd = -1;
	int rc = dp_cache_path(apt->root, sizeof(apt->root), err, "apt/%s", suite);

	for (size_t i = 0; i < DP_ARRAY_SIZE(dirs) && !rc; i++) {
		rc = dp_path(path, sizeof(path), err, "%s/%s", apt->root, dirs[i]);
		if (!rc)
			rc = dp_mkdir_p(path, err);
	}
	if (!rc)
		rc = dp_path(path, sizeof(path), err, "%s/status", apt->root);
	if (rc)
		return rc;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 ? dp_fail(err, -errno, "cannot write %s", path) : 0;
}

/* Options move apt's folders to the private root. The system's apt.conf (proxies) still applies. */
static int set_options(struct apt *apt)
{
	int n = 0;

#define OPTION(...) snprintf(apt->options[n++], sizeof(apt->options[0]), __VA_ARGS__)
	OPTION("Dir::Etc::sourcelist=%s/etc/sources.list", apt->root);
	OPTION("Dir::Etc::sourceparts=/dev/null");
	OPTION("Dir::State=%s/state", apt->root);
	OPTION("Dir::State::status=%s/status", apt->root);
	OPTION("Dir::Cache=%s/cache", apt->root);
	OPTION("Dir::Log=%s/log", apt->root);
	OPTION("APT::Architecture=amd64");
	OPTION("APT::Sandbox::User=root");
	OPTION("APT::Update::Error-Mode=any");
	OPTION("Acquire::Languages=none");
	OPTION("Acquire::Retries=2");
	OPTION("Acquire::http::Timeout=30");
#undef OPTION
	return n;
}

static void show_status(void *arg, const char *line)
{
	struct apt *apt = arg;
	double percent;

	/* "dlstatus:1:12.5:Retrieving file 1 of 2" (apt's doc/progress-reporting) */
	if (sscanf(line, "dlstatus:%*d:%lf:", &percent) == 1)
		dp_progress_phase(apt->progress, "downloading the kernel", (int)percent);
}

static int run_apt(struct apt *apt, const char *const *words, uint64_t limit_ms, char **output,
		   struct dp_error *err)
{
	struct dp_watcher watcher = { .line = show_status, .arg = apt };
	const char *argv[MAX_ARGS];
	int noptions = set_options(apt), n = 0;

	for (; *words && n < MAX_ARGS - 2 * noptions - 1; words++)
		argv[n++] = *words;
	for (int i = 0; i < noptions; i++) {
		argv[n++] = "-o";
		argv[n++] = apt->options[i];
	}
	argv[n] = NULL;
	return dp_run_watched(argv, limit_ms, &watcher, output, err);
}

/* The suite of this machine, such as "bookworm". */
static void own_suite(char *suite, size_t size)
{
	dp_autofree char *text = NULL;
	const char *at;

	snprintf(suite, size, "stable");
	if (dp_read_file("/etc/os-release", 65536, &text, NULL, NULL))
		return;
	at = strstr(text, "VERSION_CODENAME=");
	if (at)
		snprintf(suite, size, "%.*s", (int)strcspn(at + 17, "\n\" "), at + 17);
}

/*
 * Turns one of the system's sources, "SITE|RELEASE|COMPONENT", into a source for @suite. If that is
 * the suite of this machine, its updates and security archives are used as well. For another suite,
 * its name replaces that of this machine's suite on the same mirror.
 */
static void add_source(FILE *out, const char *signed_by, const char *line, const char *suite,
		       const char *own)
{
	char site[256], release[64], component[32];
	bool ours = !strcmp(suite, own);

	if (sscanf(line, "%255[^|]|%63[^|]|%31s", site, release, component) != 3 ||
	    strcmp(component, "main") || strncmp(release, own, strlen(own)))
		return;
	if (strstr(release, "backports") || (!ours && strcmp(release, own)))
		return;
	fprintf(out, "deb %s%s %s main\n", signed_by, site, ours ? release : suite);
}

static int write_sources(struct apt *apt, const char *suite, struct dp_error *err)
{
	static const char *const query[] = { "apt-get",
					     "indextargets",
					     "--format",
					     "$(SITE)|$(RELEASE)|$(COMPONENT)",
					     "Created-By: Packages",
					     NULL };
	dp_autofree char *lines = NULL;
	char path[PATH_MAX], own[64], signed_by[128] = "", *rest;
	dp_autofile FILE *out = NULL;
	int rc = dp_run(query, QUERY_LIMIT_MS, &lines, err);

	if (rc)
		return dp_hint(err, "daxpin fetches kernels through apt: without it, use "
				    "--kernel VMLINUZ:MODULES_DIR"),
		       rc;
	rc = dp_path(path, sizeof(path), err, "%s/etc/sources.list", apt->root);
	if (rc)
		return rc;
	out = fopen(path, "we");
	if (!out)
		return dp_fail(err, -errno, "cannot write %s", path);
	if (dp_exists(KEYRING))
		snprintf(signed_by, sizeof(signed_by), "[arch=amd64 signed-by=" KEYRING "] ");
	own_suite(own, sizeof(own));
	rest = lines;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		add_source(out, signed_by, line, suite, own);
	if (ftell(out) > 0)
		return 0;
	dp_report(err, -ENOENT, "the system's apt sources name no archive of %s", own);
	return dp_hint(err, "check /etc/apt/sources.list, or use --kernel VMLINUZ:MODULES_DIR");
}

/* The dependencies of a package whose names begin with @begins and contain @holds. */
static int linux_depends(struct apt *apt, const char *package, const char *begins,
			 const char *holds, char names[][128], int room, struct dp_error *err)
{
	const char *const query[] = { "apt-cache", "depends", "--important", package, NULL };
	dp_autofree char *lines = NULL;
	char *rest, name[128];
	int n = 0, rc = run_apt(apt, query, QUERY_LIMIT_MS, &lines, err);

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
static int list_releases(struct apt *apt, char ***list, size_t *count, struct dp_error *err)
{
	const char *const query[] = { "apt-cache", "pkgnames", IMAGE, NULL };
	dp_autofree char *lines = NULL;
	char *rest;
	int rc = run_apt(apt, query, QUERY_LIMIT_MS, &lines, err);

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
	int rc = list_releases(apt, &list, &count, err);

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
static int choose_packages(struct apt *apt, const char *suite, const char *version,
			   char names[][128], struct dp_error *err)
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
	return run_apt(apt, argv, FETCH_LIMIT_MS, NULL, err);
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

/* Reads the package lists of a suite once a day, or if @refresh asks for it. */
static int update(struct apt *apt, bool refresh, struct dp_error *err)
{
	static const char *const words[] = { "apt-get", "update", NULL };
	char stamp[PATH_MAX];
	struct stat st;
	int rc = dp_path(stamp, sizeof(stamp), err, "%s/updated", apt->root);

	if (rc)
		return rc;
	if (!refresh && !stat(stamp, &st) && st.st_mtime > time(NULL) - LISTS_S)
		return 0;
	dp_progress_phase(apt->progress, "reading the package lists", -1);
	rc = run_apt(apt, words, UPDATE_LIMIT_MS, NULL, err);
	if (!rc)
		dp_cache_note(stamp, "");
	return rc;
}

static int open_apt(struct apt *apt, const char *suite, bool refresh, struct dp_error *err)
{
	int rc = prepare_root(apt, suite, err);

	if (!rc)
		rc = write_sources(apt, suite, err);
	return rc ? rc : update(apt, refresh, err);
}

int dp_apt_releases(const char *suite, bool refresh, const struct dp_progress *progress,
		    char ***list, size_t *count, struct dp_error *err)
{
	dp_autofree struct apt *apt = calloc(1, sizeof(*apt));
	int rc;

	if (!apt)
		return -ENOMEM;
	apt->progress = progress;
	rc = open_apt(apt, suite, refresh, err);
	return rc ? rc : list_releases(apt, list, count, err);
}

int dp_apt_fetch(const char *suite, const char *version, bool refresh,
		 const struct dp_progress *progress, char ***packages, size_t *count,
		 struct dp_error *err)
{
	dp_autofree struct apt *apt = calloc(1, sizeof(*apt));
	char names[MAX_PACKAGES][128];
	int rc, n;

	if (!apt)
		return -ENOMEM;
	apt->progress = progress;
	rc = open_apt(apt, suite, refresh, err);
	if (rc && !err->input)
		dp_hint(err,
			"check the network and that there is a suite %s, or use --kernel "
			"VMLINUZ:MODULES_DIR with a kernel that is here",
			suite);
	if (rc)
		return rc;
	n = choose_packages(apt, suite, version, names, err);
	rc = n < 0 ? n : download(apt, names, n, err);
	if (rc && !err->input)
		dp_hint(err, "check the network, or use --kernel VMLINUZ:MODULES_DIR with a kernel "
			     "that is here");
	return rc ? rc : list_packages(apt, packages, count, err);
}

void dp_strings_free(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}
