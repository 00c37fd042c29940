// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modules that distributions do not ship, built from their source when they are wanted. The source
 * is fetched with the headers of the kernel. This machine's compiler compiles it, with the options
 * that it knows, and the programs of kbuild run with the C library of their own suite. Only the
 * module stays, beside the kernel in the cache.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extra.h"

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"
#include "daxpin/proc.h"
#include "daxpin/progress.h"
#include "daxpin/text.h"

#define UNPACK_LIMIT_MS (10 * 60 * 1000)
#define BUILD_LIMIT_MS  (15 * 60 * 1000)
#define TOOL_LIMIT_MS   60000
#define SOURCE_LIMIT    (1 << 20)
#define MAKEFILE_LIMIT  65536

#define NEEDED "it takes build-essential, patchelf and xz-utils, and a network"

/* Options that kernels are compiled with by a newer compiler, and what says that it knows them. */
static const struct {
	const char *option, *config;
} newer[] = {
	{ "-fmin-function-alignment=16", "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=" },
};

/* Where it is built: a folder that is removed at the end. */
struct site {
	const struct extra *extra;
	const char *release;
	char dir[PATH_MAX - 256];
	const struct dp_progress *progress;
};

static bool is_source(const char *package)
{
	return !strncmp(strrchr(package, '/') + 1, "linux-source-", strlen("linux-source-"));
}

static int unpack_package(const struct site *site, const char *package, struct dp_error *err)
{
	char root[PATH_MAX];
	const char *const argv[] = { "dpkg-deb", "-x", package, root, NULL };
	int rc = dp_path(root, sizeof(root), err, "%s/%s", site->dir,
			 is_source(package) ? "source" : "root");

	return rc ? rc : dp_run(argv, UNPACK_LIMIT_MS, NULL, err);
}

/* Of the source, the files that are wanted, into the folder where the module is built. */
static int unpack_source(const struct site *site, struct dp_error *err)
{
	char archive[PATH_MAX], module[PATH_MAX], names[MAX_FILES][128];
	const char *argv[MAX_FILES + 10] = {
		"tar",       "-xf", archive, "-C", module, "--wildcards", "--strip-components=1",
		"--anchored"
	};
	int series = (int)dp_series_length(site->release), n = 8;
	int rc =
		dp_path(archive, sizeof(archive), err, "%s/source/usr/src/linux-source-%.*s.tar.xz",
			site->dir, series, site->release);

	if (!rc)
		rc = dp_path(module, sizeof(module), err, "%s/module", site->dir);
	if (!rc)
		rc = dp_mkdir_p(module, err);
	for (size_t i = 0; i < MAX_FILES && site->extra->files[i]; i++) {
		snprintf(names[i], sizeof(names[i]), "linux-source-*/%s", site->extra->files[i]);
		argv[n++] = names[i];
	}
	return rc ? rc : dp_run(argv, UNPACK_LIMIT_MS, NULL, err);
}

static int write_text(const char *path, const char *text, size_t len, struct dp_error *err)
{
	dp_autofd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int rc = fd < 0 ? -errno : dp_write_all(fd, text, len);

	return rc ? dp_fail(err, rc, "cannot write %s", path) : 0;
}

/* Puts @edit->to in the place of each @edit->from of a text. Return: 0, or -ENODATA without any. */
static int edit_text(const struct edit *edit, char **text)
{
	char *edited = NULL, *rest = *text, *at;
	size_t len = 0;
	FILE *out = open_memstream(&edited, &len);
	bool found;

	if (!out)
		return -ENOMEM;
	for (; (at = strstr(rest, edit->from)); rest = at + strlen(edit->from))
		fprintf(out, "%.*s%s", (int)(at - rest), rest, edit->to);
	fputs(rest, out);
	fclose(out);
	found = rest != *text;
	free(*text);
	*text = edited;
	return found ? 0 : -ENODATA;
}

static int edit_source(const struct site *site, struct dp_error *err)
{
	const struct extra *extra = site->extra;
	dp_autofree char *text = NULL;
	char path[PATH_MAX];
	int rc = dp_path(path, sizeof(path), err, "%s/module/%s", site->dir, extra->files[0]);

	if (!rc)
		rc = dp_read_file(path, SOURCE_LIMIT, &text, NULL, err);
	for (size_t i = 0; i < MAX_EDITS && extra->edits[i].from && !rc; i++) {
		rc = edit_text(&extra->edits[i], &text);
		if (rc == -ENODATA)
			dp_fail(err, rc, "%s of Linux %s is written otherwise: no \"%s\"",
				extra->files[0], site->release, extra->edits[i].from);
	}
	return rc ? rc : write_text(path, text, strlen(text), err);
}

static int fetch(const struct site *site, struct dp_error *err)
{
	char suite[64], version[96], **packages = NULL;
	size_t count = 0;
	int rc;

	snprintf(version, sizeof(version), "%s", site->release);
	*strrchr(version, '-') = '\0';
	rc = dp_kernel_suite(version, false, site->progress, suite, sizeof(suite), err);
	if (!rc)
		rc = dp_apt_fetch_build(suite, site->release, site->progress, &packages, &count,
					err);
	if (!rc)
		dp_progress_phase(site->progress, "unpacking the kernel's source", -1);
	for (size_t i = 0; i < count && !rc; i++)
		rc = unpack_package(site, packages[i], err);
	for (size_t i = 0; i < count; i++)
		unlink(packages[i]);
	dp_strings_free(packages, count);
	if (!rc)
		rc = unpack_source(site, err);
	return rc ? rc : edit_source(site, err);
}

/* The headers' Makefile names the places where packages are installed; there they are not. */
static int move_makefile(const struct site *site, struct dp_error *err)
{
	static const char installed[] = "/usr/src/";
	dp_autofree char *text = NULL, *moved = NULL;
	char path[PATH_MAX], *rest, *at;
	size_t len = 0;
	FILE *out;
	int rc = dp_path(path, sizeof(path), err, "%s/root/usr/src/linux-headers-%s/Makefile",
			 site->dir, site->release);

	if (!rc)
		rc = dp_read_file(path, MAKEFILE_LIMIT, &text, NULL, err);
	out = rc ? NULL : open_memstream(&moved, &len);
	if (!out)
		return rc ? rc : -ENOMEM;
	for (rest = text; (at = strstr(rest, installed)); rest = at + strlen(installed))
		fprintf(out, "%.*s%s/root%s", (int)(at - rest), rest, site->dir, installed);
	fputs(rest, out);
	return fclose(out) ? -ENOMEM : write_text(path, moved, len, err);
}

/* ---- the programs of kbuild -------------------------------------------------------------- */

static bool is_program(const char *path)
{
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char magic[4] = "";

	return fd >= 0 && read(fd, magic, 4) == 4 && !memcmp(magic, "\177ELF", 4);
}

/* It is loaded, and linked, with the C library that was unpacked beside it. */
static int adapt_program(const struct site *site, const char *path, struct dp_error *err)
{
	static const char *const places[] = { "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu" };
	char loader[PATH_MAX], libraries[2 * PATH_MAX];
	const char *const argv[] = { "patchelf",    "--set-interpreter", loader, "--force-rpath",
				     "--set-rpath", libraries,           path,   NULL };
	const char *first = places[0];
	int rc;

	if (!dp_exists("%s/root/%s/ld-linux-x86-64.so.2", site->dir, first))
		first = places[1];
	rc = dp_path(loader, sizeof(loader), err, "%s/root/%s/ld-linux-x86-64.so.2", site->dir,
		     first);
	if (!rc)
		rc = dp_path(libraries, sizeof(libraries), err, "%s/root/%s:%s/root/%s", site->dir,
			     places[0], site->dir, places[1]);
	return rc ? rc : dp_run(argv, TOOL_LIMIT_MS, NULL, err);
}

static void close_tree(FTS **tree)
{
	if (*tree)
		fts_close(*tree);
}

static int adapt_programs(const struct site *site, struct dp_error *err)
{
	char dir[PATH_MAX];
	char *const roots[] = { dir, NULL };
	dp_cleanup(close_tree) FTS *tree = NULL;
	int rc = dp_path(dir, sizeof(dir), err, "%s/root/usr/lib", site->dir);

	tree = rc ? NULL : fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!tree)
		return rc ? rc : dp_fail(err, -errno, "cannot read %s", dir);
	for (FTSENT *e = fts_read(tree); e && !rc; e = fts_read(tree))
		if (e->fts_info == FTS_F && (e->fts_statp->st_mode & 0111) &&
		    strstr(e->fts_path, "/linux-kbuild-") && is_program(e->fts_path))
			rc = adapt_program(site, e->fts_path, err);
	return rc;
}

/* ---- the module -------------------------------------------------------------------------- */

/* Whether this machine's compiler takes an option. */
static bool compiler_knows(const char *option)
{
	const char *const argv[] = { "gcc", option,      "-x",        "c", "-c",
				     "-o",  "/dev/null", "/dev/null", NULL };
	struct dp_error why = { 0 };

	return !dp_run(argv, TOOL_LIMIT_MS, NULL, &why);
}

static int write_module(const struct site *site, struct dp_error *err)
{
	dp_autofree char *makefile = NULL;
	char path[PATH_MAX];
	int len = asprintf(&makefile, "obj-m := daxpin_%s.o\n", site->extra->name);
	int rc = dp_path(path, sizeof(path), err, "%s/module/daxpin_%s.c", site->dir,
			 site->extra->name);

	if (!rc && len > 0)
		rc = write_text(path, site->extra->text, strlen(site->extra->text), err);
	if (!rc)
		rc = dp_path(path, sizeof(path), err, "%s/module/Makefile", site->dir);
	return rc || len < 0 ? rc ? rc : -ENOMEM : write_text(path, makefile, (size_t)len, err);
}

/* Of what make has said, the line that tells what is wrong: its last ones only say that it is. */
static int tell_error(char *output, struct dp_error *err)
{
	for (char *line = strsep(&output, "\n"); line; line = strsep(&output, "\n")) {
		if (!strstr(line, "error:") && !strstr(line, "ERROR:") &&
		    !strstr(line, "not found"))
			continue;
		dp_printable(line);
		return dp_report(err, -EIO, "the module does not compile: %.200s", line);
	}
	return -EIO;
}

static int make(const struct site *site, struct dp_error *err)
{
	dp_autofree char *output = NULL;
	char headers[PATH_MAX], module[PATH_MAX], target[64];
	const char *argv[16] = { "make", "-C",     headers,
				 module, "CC=gcc", "CONFIG_DEBUG_INFO_BTF_MODULES=" };
	int n = 6, rc = dp_path(headers, sizeof(headers), err, "%s/root/usr/src/linux-headers-%s",
				site->dir, site->release);

	if (!rc)
		rc = dp_path(module, sizeof(module), err, "M=%s/module", site->dir);
	for (size_t i = 0; i < DP_ARRAY_SIZE(newer); i++)
		if (!compiler_knows(newer[i].option))
			argv[n++] = newer[i].config;
	snprintf(target, sizeof(target), "daxpin_%s.ko", site->extra->name);
	argv[n++] = target;
	dp_progress_phase(site->progress, "building a module", -1);
	if (!rc)
		rc = dp_run(argv, BUILD_LIMIT_MS, &output, err);
	return rc == -EIO && output ? tell_error(output, err) : rc;
}

static int build(const struct site *site, const char *path, struct dp_error *err)
{
	char built[PATH_MAX];
	int rc = fetch(site, err);

	if (!rc)
		rc = move_makefile(site, err);
	if (!rc)
		rc = adapt_programs(site, err);
	if (!rc)
		rc = write_module(site, err);
	if (!rc)
		rc = make(site, err);
	if (!rc)
		rc = dp_path(built, sizeof(built), err, "%s/module/daxpin_%s.ko", site->dir,
			     site->extra->name);
	if (!rc && rename(built, path))
		rc = dp_fail(err, -errno, "cannot rename %s", built);
	return rc;
}

static void leave_site(struct site *site)
{
	if (site->dir[0])
		dp_remove_tree(site->dir);
	dp_progress_phase_end(site->progress);
}

static bool is_of_debian(const struct dp_kernel *kernel)
{
	return !strncmp(kernel->spec, "debian:", strlen("debian:"));
}

/* Where the module is kept, and where it is built: both in the folder of the kernel. */
static int choose_places(const struct dp_kernel *kernel, struct site *site, char *path, size_t size,
			 struct dp_error *err)
{
	int len = (int)(site->release - strlen("/lib/modules/") - kernel->modules);
	int rc = dp_path(path, size, err, "%.*s/extra/daxpin_%s.ko", len, kernel->modules,
			 site->extra->name);

	return rc ? rc
		  : dp_path(site->dir, sizeof(site->dir), err, "%.*s/extra/%s.new", len,
			    kernel->modules, site->extra->name);
}

bool dp_extra_find(const struct dp_kernel *kernel, size_t i, const char **name, char *path,
		   size_t size)
{
	struct site site = { 0 };

	*path = '\0';
	if (i >= dp_extras_count)
		return false;
	*name = dp_extras[i].name;
	if (!is_of_debian(kernel))
		return true;
	site.extra = &dp_extras[i];
	site.release = strrchr(kernel->modules, '/') + 1;
	if (choose_places(kernel, &site, path, size, NULL) || !dp_exists("%s", path))
		*path = '\0';
	return true;
}

static int check_programs(struct dp_error *err)
{
	static const char *const programs[] = { "gcc", "make", "patchelf", "tar", "xz" };
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(programs) && !rc; i++) {
		const char *const argv[] = { programs[i], "--version", NULL };

		rc = dp_run(argv, TOOL_LIMIT_MS, NULL, err);
	}
	return rc ? dp_hint(err, NEEDED), rc : 0;
}

int dp_extra_build(const struct dp_kernel *kernel, const char *name,
		   const struct dp_progress *progress, char *path, size_t size,
		   struct dp_error *err)
{
	dp_cleanup(leave_site) struct site site = { .extra = dp_extra_of(name),
						    .progress = progress };
	dp_autofd int lock = -1;
	int rc;

	if (!site.extra)
		return dp_bad_input(err, "there is no module %s to build", name);
	if (!is_of_debian(kernel))
		return dp_bad_input(err, "%s can be built for kernels of Debian, not for %s", name,
				    kernel->spec);
	if (kernel->shared)
		return dp_bad_input(err,
				    "%s is not built in DAXPIN_KERNELS, which is only read; give "
				    "--with-... to the \"kernels fetch\" that fills it",
				    name);
	site.release = strrchr(kernel->modules, '/') + 1;
	if (strverscmp(site.release, site.extra->since) < 0)
		return dp_bad_input(err, "%s came with Linux %s, and this is %s", name,
				    site.extra->since, site.release);
	rc = choose_places(kernel, &site, path, size, err);
	if (rc)
		return rc;
	lock = dp_cache_lock("extra", err);
	if (lock < 0)
		return lock;
	if (dp_exists("%s", path))
		return 0;
	/* A download takes a minute, and nobody wants to wait for it in vain. */
	rc = check_programs(err);
	if (rc)
		return rc;
	dp_remove_tree(site.dir);
	rc = dp_mkdir_p(site.dir, err);
	if (!rc)
		rc = build(&site, path, err);
	if (rc && !err->hint[0] && !err->input)
		dp_hint(err, NEEDED);
	return rc;
}
