// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel packages through the system's apt. Everything that apt writes goes to a private root in
 * the cache. Mirrors come from the system's sources, and keys from its keyring.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "apt.h"

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
#define MAX_ARGS        64
/* Package lists older than this are read again, s. */
#define LISTS_S (24 * 60 * 60)

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

int dp_apt_run(struct apt *apt, const char *const *words, uint64_t limit_ms, char **output,
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
	rc = dp_apt_run(apt, words, UPDATE_LIMIT_MS, NULL, err);
	if (!rc)
		dp_cache_note(stamp, "");
	return rc;
}

int dp_apt_open(struct apt *apt, const char *suite, bool refresh, struct dp_error *err)
{
	int rc = prepare_root(apt, suite, err);

	if (!rc)
		rc = write_sources(apt, suite, err);
	return rc ? rc : update(apt, refresh, err);
}

void dp_strings_free(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}
