// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel as its build leaves it: arch/x86/boot/bzImage, .config, include/config/kernel.release,
 * modules.order with one module a line (".ko", or ".o" since 6.2), modules.builtin. What
 * modules_install would put in place is linked to from a folder of the cache instead.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"

#define ORDER_LIMIT (4 << 20)

static int missing(struct dp_error *err, const char *dir, const char *what)
{
	dp_bad_input(err, "%s is not a kernel source tree that was built: %s is missing", dir,
		     what);
	return dp_hint(err, "build it there: make bzImage modules"), -EINVAL;
}

/* The module's file below the tree, from a line of modules.order. */
static bool module_path(const char *line, char *path, size_t size)
{
	size_t len = strlen(line);

	if (len < 3 || line[0] == '/' || strstr(line, ".."))
		return false;
	if (len > 3 && !strcmp(line + len - 3, ".ko"))
		return !dp_path(path, size, NULL, "%s", line);
	return !strcmp(line + len - 2, ".o") &&
	       !dp_path(path, size, NULL, "%.*s.ko", (int)len - 2, line);
}

/* Calls @each with every module of the tree; @order is cut up. */
static int for_modules(const char *tree, char *order,
		       int (*each)(void *arg, const char *path, const char *name), void *arg)
{
	char path[PATH_MAX], name[PATH_MAX / 2];
	int rc = 0;

	for (char *line = strsep(&order, "\n"); line && !rc; line = strsep(&order, "\n")) {
		if (!module_path(line, name, sizeof(name)))
			continue;
		rc = dp_path(path, sizeof(path), NULL, "%s/%s", tree, name);
		if (!rc)
			rc = each(arg, path, name);
	}
	return rc;
}

static int add_to_key(void *arg, const char *path, const char *name)
{
	(void)name;
	return dp_key_file(arg, path);
}

static int link_module(void *arg, const char *path, const char *name)
{
	char to[PATH_MAX];
	int rc = dp_path(to, sizeof(to), NULL, "%s/kernel/%s", (const char *)arg, name);

	if (rc)
		return rc;
	*strrchr(to, '/') = '\0';
	rc = dp_mkdir_p(to, NULL);
	if (rc)
		return rc;
	to[strlen(to)] = '/';
	return symlink(path, to) ? -errno : 0;
}

/* As modules_install would leave it, under another name first. */
static int stage(const char *tree, const char *dir, const char *release, char *order,
		 struct dp_error *err)
{
	static const char *const lists[] = { "modules.order", "modules.builtin",
					     "modules.builtin.modinfo" };
	char draft[PATH_MAX], modules[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
	int rc = dp_path(draft, sizeof(draft), err, "%s.new", dir);

	if (rc)
		return rc;
	dp_remove_tree(draft);
	rc = dp_path(modules, sizeof(modules), err, "%s/lib/modules/%s", draft, release);
	if (!rc)
		rc = dp_mkdir_p(modules, err);
	for (size_t i = 0; i < DP_ARRAY_SIZE(lists) && !rc; i++) {
		rc = dp_path(from, sizeof(from), err, "%s/%s", tree, lists[i]);
		if (!rc)
			rc = dp_path(to, sizeof(to), err, "%s/%s", modules, lists[i]);
		if (!rc && dp_exists("%s", from) && symlink(from, to))
			rc = -errno;
	}
	if (!rc)
		rc = for_modules(tree, order, link_module, modules);
	if (!rc)
		rc = dp_depmod(draft, release, err);
	if (!rc && rename(draft, dir))
		rc = -errno;
	if (rc)
		dp_remove_tree(draft);
	return rc ? dp_fail(err, rc, "cannot put the modules of %s together in %s", tree, dir) : 0;
}

/* The same build has the same folder; a module that was built again makes another. */
static int find_stage(const char *tree, const char *release, const char *order, char *dir,
		      size_t size, struct dp_error *err)
{
	dp_autofree char *copy = strdup(order);
	char hex[33], path[PATH_MAX];
	struct dp_key key;
	int rc = dp_path(path, sizeof(path), err, "%s/modules.order", tree);

	if (rc || !copy)
		return rc ? rc : -ENOMEM;
	dp_key_begin(&key, "tree");
	dp_key_text(&key, release);
	if (dp_key_file(&key, path) || for_modules(tree, copy, add_to_key, &key)) {
		dp_bad_input(err, "not all modules of the kernel source tree %s were built", tree);
		return dp_hint(err, "build them there: make modules"), -EINVAL;
	}
	dp_key_end(&key, hex);
	return dp_cache_path(dir, size, err, "kernels/tree-%s", hex);
}

int dp_tree_resolve(const char *tree, struct dp_kernel *kernel, struct dp_error *err)
{
	char dir[PATH_MAX], path[PATH_MAX], root[PATH_MAX], release[96];
	dp_autofree char *order = NULL;
	dp_autofd int lock = -1;
	int rc;

	if (!realpath(tree, root))
		return dp_bad_input(err, "there is no folder %s", tree);
	rc = dp_path(kernel->image, sizeof(kernel->image), err, "%s/arch/x86/boot/bzImage", root);
	if (!rc)
		rc = dp_path(kernel->config, sizeof(kernel->config), err, "%s/.config", root);
	if (!rc)
		rc = dp_path(path, sizeof(path), err, "%s/modules.order", root);
	if (rc)
		return rc;
	if (!dp_exists("%s", kernel->image))
		return missing(err, tree, "arch/x86/boot/bzImage");
	if (dp_read_attr(release, sizeof(release), "%s/include/config/kernel.release", root) ||
	    !release[0] || strchr(release, '/'))
		return missing(err, tree, "include/config/kernel.release");
	if (dp_read_file(path, ORDER_LIMIT, &order, NULL, NULL))
		return missing(err, tree, "modules.order");
	rc = find_stage(root, release, order, dir, sizeof(dir), err);
	if (!rc)
		rc = dp_path(kernel->modules, sizeof(kernel->modules), err, "%s/lib/modules/%s",
			     dir, release);
	if (rc)
		return rc;
	lock = dp_cache_lock("kernels", err);
	if (lock < 0)
		return lock;
	return dp_exists("%s", dir) ? 0 : stage(root, dir, release, order, err);
}
