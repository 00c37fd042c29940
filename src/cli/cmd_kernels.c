// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/kernel.h"

static const char help[] =
	"Usage: daxpin kernels list [--refresh] [--format text|json]\n"
	"       daxpin kernels fetch KERNEL…\n"
	"       daxpin kernels clean\n"
	"\n"
	"list shows the kernels that were fetched, and those that the suites have, as the\n"
	"package lists of the last day say (--refresh reads them again). fetch has kernels\n"
	"ready (see daxpin guest --help for what a KERNEL is), clean removes those fetched.\n";

struct kernels_options {
	bool json, refresh;
};

static int take(int letter, void *arg, struct dp_error *err)
{
	struct kernels_options *o = arg;

	if (letter == 'f')
		return cli_parse_json(optarg, &o->json, err);
	o->refresh = true;
	return 0;
}

static bool is_kernel(const struct dp_cache_entry *entry)
{
	return !strcmp(entry->kind, "kernels");
}

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void list_fetched(const struct dp_cache_list *cache, struct json_object *list)
{
	if (!list)
		printf("Fetched\n");
	for (size_t i = 0; i < cache->count; i++) {
		const struct dp_cache_entry *e = &cache->entries[i];
		struct json_object *obj;

		if (!is_kernel(e))
			continue;
		if (!list) {
			printf("  %6" PRIu64 " MiB  %s\n", e->bytes >> 20, base_name(e->path));
			continue;
		}
		obj = json_object_new_object();
		dp_json_add_text(obj, "name", base_name(e->path));
		dp_json_add_text(obj, "path", e->path);
		dp_json_add_int(obj, "bytes", (int64_t)e->bytes);
		json_object_array_add(list, obj);
	}
}

/* One suite's kernels; one whose lists cannot be read says so. */
static void list_suite(const char *suite, bool refresh, struct json_object *suites)
{
	struct json_object *obj = json_object_new_object(), *names = json_object_new_array();
	char **releases = NULL;
	struct dp_error why = { 0 };
	size_t count = 0;
	int rc = dp_apt_releases(suite, refresh, cli_progress, &releases, &count, &why);

	cli_progress("", -1);
	if (!suites)
		printf("  %-20s", suite);
	for (size_t i = 0; i < count; i++) {
		if (!suites)
			printf(" %s", releases[i]);
		dp_json_append_text(names, releases[i]);
	}
	if (!suites)
		printf("%s\n", rc ? " (its package lists cannot be read)" : "");
	dp_json_add_text(obj, "suite", suite);
	json_object_object_add(obj, "releases", names);
	if (suites)
		json_object_array_add(suites, json_object_get(obj));
	json_object_put(obj);
	dp_strings_free(releases, count);
}

static int list(const struct kernels_options *o, const struct dp_cache_list *cache,
		struct dp_error *err)
{
	struct json_object *root = json_object_new_object();
	struct json_object *fetched = json_object_new_array(), *available = json_object_new_array();
	char **suites = NULL;
	size_t count = 0;
	int rc = dp_debian_suites(&suites, &count, err);

	dp_json_add_text(root, "schema", "daxpin-kernels/1");
	json_object_object_add(root, "fetched", fetched);
	json_object_object_add(root, "available", available);
	list_fetched(cache, o->json ? fetched : NULL);
	if (!rc && !o->json)
		printf("\nAvailable (debian:SUITE/VERSION, or debian:VERSION)\n");
	for (size_t i = 0; i < count && !rc; i++)
		list_suite(suites[i], o->refresh, o->json ? available : NULL);
	if (o->json)
		cli_print_json(root);
	dp_strings_free(suites, count);
	json_object_put(root);
	return rc;
}

int cli_fetch_kernels(const char *const *specs, size_t count, bool refresh, struct dp_error *err)
{
	struct dp_kernel kernel;
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++) {
		rc = dp_kernel_resolve(specs[i], refresh, cli_progress, &kernel, err);
		if (!rc)
			printf("%s: %s\n", kernel.spec, kernel.image);
	}
	return rc;
}

static int fetch(char *const *specs, int count, struct dp_error *err)
{
	if (!count)
		return dp_bad_input(err, "which kernel? see daxpin kernels list");
	return cli_fetch_kernels((const char *const *)specs, (size_t)count, false, err);
}

static int clean(const struct dp_cache_list *cache, struct dp_error *err)
{
	uint64_t freed = 0;
	size_t count = 0;

	for (size_t i = 0; i < cache->count; i++) {
		const struct dp_cache_entry *e = &cache->entries[i];
		int rc = is_kernel(e) ? dp_remove_tree(e->path) : 0;

		if (rc)
			return dp_fail(err, rc, "cannot remove %s", e->path);
		freed += is_kernel(e) ? e->bytes : 0;
		count += is_kernel(e);
	}
	printf("%zu kernels removed, %" PRIu64 " MiB freed\n", count, freed >> 20);
	return 0;
}

int cli_kernels(int argc, char **argv)
{
	static const struct option known[] = { { "format", required_argument, NULL, 'f' },
					       { "refresh", no_argument, NULL, 'r' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	dp_cleanup(dp_cache_list_clear) struct dp_cache_list cache = { 0 };
	struct kernels_options o = { 0 };
	struct dp_error err = { 0 };
	/* The word comes before the options. */
	bool named = argc > 1 && argv[1][0] != '-';
	const char *word = named ? argv[1] : "";
	int rc = cli_options(argc - named, argv + named, known, "", help, take, &o, &err);
	char *const *rest = argv + named + optind;
	int nrest = argc - named - optind;

	if (rc == 1)
		return 0;
	if (!rc && nrest && strcmp(word, "fetch"))
		rc = dp_bad_input(&err, "unexpected \"%s\"", rest[0]);
	if (!rc)
		rc = dp_cache_list(&cache);
	if (rc)
		return dp_error_print(&err);
	if (!strcmp(word, "list"))
		rc = list(&o, &cache, &err);
	else if (!strcmp(word, "fetch"))
		rc = fetch(rest, nrest, &err);
	else if (!strcmp(word, "clean"))
		rc = clean(&cache, &err);
	else
		rc = dp_bad_input(&err, "kernels wants list, fetch or clean, not \"%s\"", word);
	return rc ? dp_error_print(&err) : 0;
}
