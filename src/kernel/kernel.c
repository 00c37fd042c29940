// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fetched kernels are kept in the cache as kernels/PACKAGE/ with boot/ and lib/modules/RELEASE/.
 * The file suites/NAME names the package of the kernel "debian:NAME".
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"
#include "daxpin/proc.h"
#include "daxpin/progress.h"

/* The default on a machine without os-release. */
#define DEFAULT_SUITE "bookworm"

static int first_match(char *path, size_t size, const char *dir, const char *pattern)
{
	char full[PATH_MAX];
	glob_t found;
	int rc = dp_path(full, sizeof(full), NULL, "%s/%s", dir, pattern);

	if (rc || glob(full, 0, NULL, &found))
		return -ENOENT;
	rc = dp_path(path, size, NULL, "%s", found.gl_pathv[0]);
	globfree(&found);
	return rc;
}

/* Finds the parts of an unpacked kernel. Their places differ between releases of Debian. */
static int locate(const char *dir, struct dp_kernel *kernel)
{
	if (first_match(kernel->modules, sizeof(kernel->modules), dir, "lib/modules/*"))
		return -ENOENT;
	if (first_match(kernel->config, sizeof(kernel->config), dir, "boot/config-*") &&
	    first_match(kernel->config, sizeof(kernel->config), dir, "lib/modules/*/config"))
		kernel->config[0] = '\0';
	if (!first_match(kernel->image, sizeof(kernel->image), dir, "boot/vmlinuz-*"))
		return 0;
	return first_match(kernel->image, sizeof(kernel->image), dir, "lib/modules/*/vmlinuz");
}

static int unpack(char *const *packages, size_t count, const char *dir, struct dp_error *err)
{
	struct dp_kernel kernel = { 0 };
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++)
		rc = dp_package_extract(packages[i], dir, err);
	if (!rc && locate(dir, &kernel))
		rc = dp_bad_input(err, "the package %s does not contain a kernel with modules",
				  packages[0]);
	return rc ? rc : dp_depmod(dir, strrchr(kernel.modules, '/') + 1, err);
}

/* Unpacks under another name first, so that a kernel folder that exists is complete. */
static int unpack_into(char *const *packages, size_t count, const char *dir, struct dp_error *err)
{
	char draft[PATH_MAX];
	int rc = dp_path(draft, sizeof(draft), err, "%s.new", dir);

	if (rc)
		return rc;
	dp_remove_tree(draft);
	rc = unpack(packages, count, draft, err);
	if (!rc && rename(draft, dir))
		rc = dp_fail(err, -errno, "cannot rename %s", draft);
	if (rc)
		dp_remove_tree(draft);
	return rc;
}

static int fetch(const char *suite, const char *version, bool refresh, const char *pointer,
		 const struct dp_progress *progress, struct dp_error *err)
{
	char dir[PATH_MAX], *name, **packages = NULL;
	size_t count = 0;
	int rc = dp_apt_fetch(suite, version, refresh, progress, &packages, &count, err);

	if (!rc) {
		name = strrchr(packages[0], '/') + 1;
		rc = dp_cache_path(dir, sizeof(dir), err, "kernels/%.*s",
				   (int)(strlen(name) - strlen(".deb")), name);
	}
	if (!rc)
		dp_progress_phase(progress, "unpacking the kernel", -1);
	if (!rc && !dp_exists("%s", dir))
		rc = unpack_into(packages, count, dir, err);
	if (!rc)
		dp_cache_note(pointer, dir);
	for (size_t i = 0; i < count; i++)
		unlink(packages[i]);
	dp_strings_free(packages, count);
	dp_progress_phase_end(progress);
	return rc;
}

static bool has(char *const *releases, size_t count, const char *version)
{
	for (size_t i = 0; i < count; i++)
		if (dp_release_matches(releases[i], version))
			return true;
	return false;
}

/* A suite whose lists cannot be read is passed over. */
int dp_kernel_suite(const char *version, bool refresh, const struct dp_progress *progress,
		    char *suite, size_t size, struct dp_error *err)
{
	char **suites = NULL, **releases = NULL, newest[512] = "";
	size_t nsuites = 0, count = 0, read = 0, used = 0;
	int rc = dp_debian_suites(&suites, &nsuites, err);

	suite[0] = '\0';
	for (size_t i = 0; i < nsuites && !suite[0]; i++) {
		struct dp_error why = { 0 };

		if (dp_apt_releases(suites[i], refresh, progress, &releases, &count, &why))
			continue;
		read++;
		if (has(releases, count, version))
			snprintf(suite, size, "%s", suites[i]);
		if (count && used + 80 < sizeof(newest))
			used += (size_t)snprintf(newest + used, sizeof(newest) - used,
						 "%s%.40s %.30s", used ? ", " : "", suites[i],
						 releases[count - 1]);
		dp_strings_free(releases, count);
	}
	dp_strings_free(suites, nsuites);
	if (rc || suite[0])
		return rc;
	if (!read) {
		dp_report(err, -EIO, "no package lists can be read");
		return dp_hint(err, "check the network, or use --kernel VMLINUZ:MODULES_DIR with a "
				    "kernel that is here"),
		       -EIO;
	}
	dp_bad_input(err, "no suite has a kernel %s", version);
	return dp_hint(err, "the newest of each: %s; daxpin kernels list shows all", newest),
	       -EINVAL;
}

/* Splits "SUITE", "SUITE/VERSION" or "VERSION"; false if the name has another form. */
static bool split_debian(const char *name, char *suite, char *version, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
	size_t len = strspn(name, letters);
	const char *rest = name[len] == '/' ? name + len + 1 : name + len;

	if (strlen(name) >= size || (len && name[len] && (name[len] != '/' || !*rest)))
		return false;
	snprintf(suite, size, "%.*s", (int)len, name);
	snprintf(version, size, "%s", rest);
	if (*rest && (*rest < '0' || *rest > '9'))
		return false;
	return *name && strspn(rest, "0123456789abcdefghijklmnopqrstuvwxyz.+~-") == strlen(rest);
}

/*
 * A folder of several machines, laid out as a cache is: "suites/NAME" names the package, wherever
 * the folder was when it was fetched. It is only read. What it lacks is not fetched instead: each
 * of those machines would.
 */
static int find_shared(const char *shared, const char *name, struct dp_kernel *kernel,
		       struct dp_error *err)
{
	char pointer[PATH_MAX], dir[PATH_MAX];
	const char *package;
	int rc = dp_read_attr(pointer, sizeof(pointer), "%s/suites/%s", shared, name);

	if (rc == -ENOENT) {
		dp_bad_input(err, "DAXPIN_KERNELS=%s has no kernel %s", shared, kernel->spec);
		return dp_hint(err, "fetch it there, or unset DAXPIN_KERNELS to have it fetched "
				    "for this machine"),
		       -EINVAL;
	}
	if (rc)
		return dp_fail(err, rc, "DAXPIN_KERNELS=%s: suites/%s cannot be read", shared,
			       name);
	package = strrchr(pointer, '/');
	if (!package || dp_path(dir, sizeof(dir), NULL, "%s/kernels%s", shared, package) ||
	    locate(dir, kernel))
		return dp_bad_input(err,
				    "DAXPIN_KERNELS=%s: the kernel %s is damaged: no image or no "
				    "modules in kernels%s",
				    shared, kernel->spec, package ? package : "");
	kernel->shared = true;
	return 0;
}

static int resolve_debian(const char *name, bool refresh, const struct dp_progress *progress,
			  struct dp_kernel *kernel, struct dp_error *err)
{
	char pointer[PATH_MAX], dir[PATH_MAX], suite[128], version[128];
	const char *shared = getenv("DAXPIN_KERNELS");
	dp_autofd int lock = -1;
	int rc = 0;

	if (!split_debian(name, suite, version, sizeof(suite))) {
		dp_bad_input(err, "\"%s\" is not a suite or version of Debian", name);
		return dp_hint(err,
			       "such as debian:trixie, debian:trixie-backports/6.17, debian:6.17"),
		       -EINVAL;
	}
	rc = dp_cache_path(pointer, sizeof(pointer), err, "suites/%s%s%s", suite,
			   suite[0] && version[0] ? "@" : "", version);
	if (rc)
		return rc;
	if (!refresh && shared && shared[0])
		return find_shared(shared, strrchr(pointer, '/') + 1, kernel, err);
	lock = dp_cache_lock("kernels", err);
	if (lock < 0)
		return lock;
	if (!refresh && !dp_read_attr(dir, sizeof(dir), "%s", pointer) && !locate(dir, kernel))
		return 0;
	if (!suite[0])
		rc = dp_kernel_suite(version, refresh, progress, suite, sizeof(suite), err);
	if (!rc)
		rc = fetch(suite, version[0] ? version : NULL, refresh, pointer, progress, err);
	if (rc)
		return rc;
	if (dp_read_attr(dir, sizeof(dir), "%s", pointer) || locate(dir, kernel))
		return dp_fail(err, -ENOENT, "the kernel of debian:%s is not in the cache", name);
	return 0;
}

static int resolve_package(const char *package, struct dp_kernel *kernel, struct dp_error *err)
{
	char dir[PATH_MAX], hex[33], *list[1] = { (char *)package };
	dp_autofd int lock = -1;
	struct dp_key key;
	int rc;

	dp_key_begin(&key, "package");
	if (dp_key_file(&key, package))
		return dp_bad_input(err, "there is no package %s", package);
	dp_key_end(&key, hex);
	rc = dp_cache_path(dir, sizeof(dir), err, "kernels/%s", hex);
	if (rc)
		return rc;
	lock = dp_cache_lock("kernels", err);
	if (lock < 0)
		return lock;
	rc = dp_exists("%s", dir) ? 0 : unpack_into(list, 1, dir, err);
	if (rc)
		return rc;
	return locate(dir, kernel)
		       ? dp_bad_input(err, "%s does not contain a kernel with modules", package)
		       : 0;
}

/* The configuration lies beside the image, named as distributions do; "" if there is none. */
static void find_config(struct dp_kernel *kernel)
{
	const char *release = strrchr(kernel->modules, '/') + 1;
	const char *slash = strrchr(kernel->image, '/');
	int dir = slash ? (int)(slash - kernel->image) + 1 : 0;

	if (dp_path(kernel->config, sizeof(kernel->config), NULL, "%.*sconfig-%s", dir,
		    kernel->image, release) ||
	    !dp_exists("%s", kernel->config))
		kernel->config[0] = '\0';
}

static int resolve_paths(const char *spec, const char *colon, struct dp_kernel *kernel,
			 struct dp_error *err)
{
	struct stat st;
	int rc = dp_path(kernel->image, sizeof(kernel->image), err, "%.*s", (int)(colon - spec),
			 spec);

	if (rc)
		return rc;
	if (stat(kernel->image, &st) || !S_ISREG(st.st_mode))
		return dp_bad_input(err, "there is no kernel file \"%s\"", kernel->image);
	if (!realpath(colon + 1, kernel->modules))
		return dp_bad_input(err, "there is no modules folder \"%s\"", colon + 1);
	find_config(kernel);
	return 0;
}

/* The running kernel, at the place where distributions install it. */
static int resolve_host(struct dp_kernel *kernel, struct dp_error *err)
{
	struct utsname uts;
	int rc;

	uname(&uts);
	rc = dp_path(kernel->modules, sizeof(kernel->modules), err, "/lib/modules/%s", uts.release);
	if (!rc)
		rc = dp_path(kernel->image, sizeof(kernel->image), err, "/boot/vmlinuz-%s",
			     uts.release);
	if (!rc && !dp_exists("%s", kernel->image))
		rc = dp_path(kernel->image, sizeof(kernel->image), err, "/lib/modules/%s/vmlinuz",
			     uts.release);
	if (rc)
		return rc;
	if (!dp_exists("%s", kernel->image) || !dp_exists("%s/modules.dep", kernel->modules)) {
		dp_bad_input(err, "the running kernel %s has no image or modules here",
			     uts.release);
		return dp_hint(err,
			       "they are looked for in /boot and /lib/modules; in a container, "
			       "they are the host's"),
		       -EINVAL;
	}
	find_config(kernel);
	return 0;
}

static void default_spec(char *spec, size_t size)
{
	dp_autofree char *text = NULL;
	const char *at = NULL;

	if (!dp_read_file("/etc/os-release", 65536, &text, NULL, NULL) &&
	    strstr(text, "\nID=debian"))
		at = strstr(text, "VERSION_CODENAME=");
	if (at)
		snprintf(spec, size, "debian:%.*s", (int)strcspn(at + 17, "\n"), at + 17);
	else
		snprintf(spec, size, "debian:" DEFAULT_SUITE);
}

int dp_kernel_resolve(const char *spec, bool refresh, const struct dp_progress *progress,
		      struct dp_kernel *kernel, struct dp_error *err)
{
	const char *colon;
	struct stat st;
	size_t len;

	memset(kernel, 0, sizeof(*kernel));
	if (!spec) {
		default_spec(kernel->spec, sizeof(kernel->spec));
		spec = kernel->spec;
	} else {
		snprintf(kernel->spec, sizeof(kernel->spec), "%s", spec);
	}
	if (!strncmp(spec, "debian:", 7))
		return resolve_debian(spec + 7, refresh, progress, kernel, err);
	if (!strcmp(spec, "host"))
		return resolve_host(kernel, err);
	if (!stat(spec, &st) && S_ISDIR(st.st_mode))
		return dp_tree_resolve(spec, kernel, err);
	len = strlen(spec);
	if (len > 4 && !strcmp(spec + len - 4, ".deb"))
		return resolve_package(spec, kernel, err);
	colon = strrchr(spec, ':');
	if (colon && colon > spec && colon[1])
		return resolve_paths(spec, colon, kernel, err);
	dp_bad_input(err, "\"%s\" is not a kernel", spec);
	return dp_hint(err,
		       "give debian:SUITE, debian:VERSION, VMLINUZ:MODULES_DIR, host, the folder "
		       "of a kernel source that was built, or a kernel's .deb file");
}
