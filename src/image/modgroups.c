// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"

#include "daxpin/agent.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/image.h"
#include "daxpin/kernel.h"

/* The kernel's name for the module in a file: crc32_pclmul for "crc32-pclmul.ko.xz". */
static void module_name(const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/');

	snprintf(name, size, "%s", slash ? slash + 1 : path);
	name[strcspn(name, ".")] = '\0';
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
}

/* The user's file that replaces a module, or NULL. */
static const char *replacement(const struct dp_kernel *kernel, const char *name)
{
	char other[64];

	for (size_t i = 0; i < kernel->nreplacements; i++) {
		module_name(kernel->replacements[i], other, sizeof(other));
		if (!strcmp(other, name))
			return kernel->replacements[i];
	}
	return NULL;
}

/* Refuses a file that replaces no module: the user would believe that it was tested. */
static int check_replacements(const struct dp_manifest *m, const struct dp_kernel *kernel,
			      struct dp_error *err)
{
	char name[64], entry[80];

	for (size_t i = 0; i < kernel->nreplacements; i++) {
		bool found = false;

		module_name(kernel->replacements[i], name, sizeof(name));
		snprintf(entry, sizeof(entry), "modules/%s.ko", name);
		for (size_t k = 0; k < m->count && !found; k++)
			found = !strcmp(m->list[k].name, entry);
		if (!found) {
			dp_bad_input(err,
				     "no module %s is loaded in the guest, so %s replaces none",
				     name, kernel->replacements[i]);
			return dp_hint(err, "it may be built into this kernel, or not be needed");
		}
	}
	return 0;
}

static int add_module(struct dp_manifest *m, const struct dp_kernel *kernel,
		      const struct dp_module *module, bool carrier, struct dp_error *err)
{
	const char *local = replacement(kernel, module->name);
	char name[DP_MODULE_NAME + 16];
	struct dp_entry *entry;
	int rc = dp_path(name, sizeof(name), err, "modules/%s.ko", module->name);

	if (rc)
		return rc;
	entry = dp_manifest_add(m, name, err);
	if (!entry)
		return -E2BIG;
	/* A module of several groups is a carrier only if all of them are. */
	entry->carrier = carrier && (entry->carrier || !entry->module);
	entry->module = true;
	if (local)
		return dp_path(entry->source, sizeof(entry->source), err, "%s", local);
	return dp_path(entry->source, sizeof(entry->source), err, "%s/%s", kernel->modules,
		       module->path);
}

static int add_group(struct dp_manifest *m, const struct dp_kernel *kernel,
		     const struct dp_module_group *group, const struct dp_modules *modules,
		     struct dp_error *err)
{
	char name[64], *text = NULL;
	size_t len = 0;
	FILE *list = open_memstream(&text, &len);
	int rc = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < modules->count && !rc; i++) {
		rc = add_module(m, kernel, &modules->list[i], group->carrier, err);
		fprintf(list, "/modules/%s.ko\n", modules->list[i].name);
	}
	fclose(list);
	snprintf(name, sizeof(name), "modules/%s", group->name);
	if (!rc)
		return dp_manifest_add_text(m, name, text, err);
	free(text);
	return rc;
}

/* Modules that distributions do not ship: a group each. */
static int add_extras(struct dp_manifest *m, const struct dp_kernel *kernel, struct dp_error *err)
{
	char path[PATH_MAX], entry[80];
	const char *name;
	int rc = 0;

	for (size_t i = 0; !rc && dp_extra_find(kernel, i, &name, path, sizeof(path)); i++) {
		char *text = NULL;

		if (!path[0])
			continue;
		snprintf(entry, sizeof(entry), "modules/daxpin_%s.ko", name);
		rc = dp_manifest_add_file(m, entry, path, err);
		snprintf(entry, sizeof(entry), "modules/%s", name);
		if (!rc && asprintf(&text, "/modules/daxpin_%s.ko %s\n", name,
				    dp_extra_parameters(name)) < 0)
			rc = -ENOMEM;
		if (!rc)
			rc = dp_manifest_add_text(m, entry, text, err);
	}
	return rc;
}

/* Those that this kernel's image is to have. @groups: receives them. Return: how many. */
static size_t choose_groups(const struct dp_kernel *kernel, struct dp_module_group *groups)
{
	size_t all, count = 0;
	const struct dp_module_group *list = dp_module_groups(&all);

	for (size_t i = 0; i < all && count < DP_MODULE_GROUPS; i++)
		if ((!list[i].foreign || kernel->foreign) && (!list[i].iommu || kernel->iommu) &&
		    (!list[i].balloon || kernel->balloon))
			groups[count++] = list[i];
	return count;
}

int dp_manifest_add_modules(struct dp_manifest *m, const struct dp_kernel *kernel,
			    struct dp_error *err)
{
	struct dp_module_group groups[DP_MODULE_GROUPS];
	size_t count = choose_groups(kernel, groups);
	dp_autofree struct dp_modules *lists = calloc(count, sizeof(*lists));
	int rc = lists ? dp_modules_order(kernel->modules, groups, count, lists, err) : -ENOMEM;

	for (size_t i = 0; i < count && !rc; i++)
		rc = add_group(m, kernel, &groups[i], &lists[i], err);
	if (!rc && kernel->extra)
		rc = add_extras(m, kernel, err);
	return rc ? rc : check_replacements(m, kernel, err);
}
