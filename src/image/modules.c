// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * modules.dep, as depmod writes it: "PATH: DEP DEP…" a line, paths relative to the folder, the
 * dependencies complete and ordered so that loading them from the last to the first works.
 * modules.builtin names what the kernel has without a module. Both must be the guest kernel's own:
 * the tools' and libkmod's default is the kernel that runs here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/image.h"

#define DEP_LIMIT (16 << 20)

/* "kernel/drivers/nvdimm/nd_pmem.ko.xz" is nd_pmem. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);
	char *ko = name ? strstr(name, ".ko") : NULL;

	if (!ko) {
		free(name);
		return NULL;
	}
	*ko = '\0';
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return name;
}

/* A path from modules.dep becomes a path that is read as root: it must stay in its folder. */
static bool safe(const char *path)
{
	return *path && *path != '/' && strncmp(path, "../", 3) && !strstr(path, "/../");
}

static int parse_line(char *line, struct dp_module *module)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return -EINVAL;
	*colon = '\0';
	if (!safe(line))
		return -EINVAL;
	module->name = name_of(line);
	if (!module->name)
		return -EINVAL;
	module->path = strdup(line);
	module->deps = strdup(colon + 1);
	return module->path && module->deps ? 0 : -ENOMEM;
}

int dp_modules_parse(const char *text, struct dp_modules *modules, struct dp_error *err)
{
	dp_autofree char *copy = strdup(text);
	char *rest = copy;
	size_t room = 0;
	int rc = copy ? 0 : -ENOMEM;

	modules->list = NULL;
	modules->count = 0;
	for (char *line = strsep(&rest, "\n"); line && !rc; line = strsep(&rest, "\n")) {
		if (!*line)
			continue;
		if (modules->count == room) {
			void *grown = reallocarray(modules->list, room = room ? 2 * room : 256,
						   sizeof(*modules->list));

			if (!grown) {
				rc = -ENOMEM;
				break;
			}
			modules->list = grown;
		}
		memset(&modules->list[modules->count], 0, sizeof(*modules->list));
		rc = parse_line(line, &modules->list[modules->count++]);
		if (rc)
			dp_bad_input(err, "modules.dep: cannot read the line of \"%.80s\"", line);
	}
	if (rc)
		dp_modules_clear(modules);
	return rc;
}

int dp_modules_load(const char *dir, struct dp_modules *modules, struct dp_error *err)
{
	dp_autofree char *text = NULL;
	char path[PATH_MAX];
	int rc;

	memset(modules, 0, sizeof(*modules));
	snprintf(path, sizeof(path), "%s/modules.dep", dir);
	if (dp_read_file(path, DEP_LIMIT, &text, NULL, NULL)) {
		dp_bad_input(err, "%s is no modules folder: it has no modules.dep", dir);
		return dp_hint(err,
			       "give the folder named after the kernel release, and run depmod "
			       "on it if it was copied");
	}
	rc = dp_modules_parse(text, modules, err);
	if (rc)
		return rc;
	snprintf(modules->dir, sizeof(modules->dir), "%s", dir);
	snprintf(path, sizeof(path), "%s/modules.builtin", dir);
	dp_read_file(path, DEP_LIMIT, &modules->builtin, NULL, NULL);
	return 0;
}

void dp_modules_clear(struct dp_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++) {
		free(modules->list[i].name);
		free(modules->list[i].path);
		free(modules->list[i].deps);
	}
	free(modules->list);
	free(modules->builtin);
	memset(modules, 0, sizeof(*modules));
}

static const struct dp_module *find_by_path(const struct dp_modules *modules, const char *path)
{
	for (size_t i = 0; i < modules->count; i++)
		if (!strcmp(modules->list[i].path, path))
			return &modules->list[i];
	return NULL;
}

static const struct dp_module *find_by_name(const struct dp_modules *modules, const char *name)
{
	for (size_t i = 0; i < modules->count; i++)
		if (!strcmp(modules->list[i].name, name))
			return &modules->list[i];
	return NULL;
}

static bool is_builtin(const struct dp_modules *modules, const char *wanted)
{
	dp_autofree char *copy = modules->builtin ? strdup(modules->builtin) : NULL;
	char *rest = copy;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		dp_autofree char *name = name_of(line);

		if (name && !strcmp(name, wanted))
			return true;
	}
	return false;
}

static void append(const struct dp_modules *modules, const struct dp_module *module, size_t *order,
		   size_t *norder)
{
	size_t index = (size_t)(module - modules->list);

	for (size_t i = 0; i < *norder; i++)
		if (order[i] == index)
			return;
	order[(*norder)++] = index;
}

/* Dependencies from the last to the first, then the module itself. */
static int append_with_deps(const struct dp_modules *modules, const struct dp_module *module,
			    size_t *order, size_t *norder, struct dp_error *err)
{
	dp_autofree char *deps = strdup(module->deps);
	char *blank;

	if (!deps)
		return -ENOMEM;
	do {
		const struct dp_module *dep;
		const char *path;

		blank = strrchr(deps, ' ');
		path = blank ? blank + 1 : deps;
		dep = *path ? find_by_path(modules, path) : NULL;
		if (*path && !dep)
			return dp_bad_input(err,
					    "modules.dep: %s needs %.100s, which it does not list",
					    module->name, path);
		if (dep)
			append(modules, dep, order, norder);
		if (blank)
			*blank = '\0';
	} while (blank);
	append(modules, module, order, norder);
	return 0;
}

int dp_modules_order(const struct dp_modules *modules, const char *const *names, size_t count,
		     size_t *order, size_t *norder, struct dp_error *err)
{
	char missing[256] = "";
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++) {
		bool optional = names[i][0] == '?';
		const char *name = names[i] + optional;
		const struct dp_module *module = find_by_name(modules, name);
		size_t used = strlen(missing);

		if (module)
			rc = append_with_deps(modules, module, order, norder, err);
		else if (!optional && !is_builtin(modules, name))
			snprintf(missing + used, sizeof(missing) - used, " %s", name);
	}
	if (!rc && missing[0])
		return dp_bad_input(err, "the modules folder %s lacks:%s", modules->dir, missing);
	return rc;
}
