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

struct kernels_options {
	bool json, refresh, gup_test, test_hmm, siw;
};

#define CLI_OPTIONS struct kernels_options

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
	struct cli_progress progress = { 0 };
	char **releases = NULL;
	struct dp_error why = { 0 };
	size_t count = 0;
	int rc = dp_apt_releases(suite, refresh, cli_progress_begin(&progress), &releases, &count,
				 &why);

	cli_progress_end(&progress);
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
		struct cli_progress progress = { 0 };

		rc = dp_kernel_resolve(specs[i], refresh, cli_progress_begin(&progress), &kernel,
				       err);
		cli_progress_end(&progress);
		if (!rc)
			printf("%s: %s\n", kernel.spec, kernel.image);
	}
	return rc;
}

/* What distributions do not ship. */
static int build_extra(const char *name, const char *const *specs, size_t count,
		       struct dp_error *err)
{
	struct dp_kernel kernel;
	char path[PATH_MAX];
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++) {
		struct cli_progress progress = { 0 };
		const struct dp_progress *told = cli_progress_begin(&progress);

		rc = dp_kernel_resolve(specs[i], false, told, &kernel, err);
		if (!rc)
			rc = dp_extra_build(&kernel, name, told, path, sizeof(path), err);
		cli_progress_end(&progress);
		if (!rc)
			printf("%s: %s\n", kernel.spec, path);
	}
	return rc;
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

static int run_list(struct cli_call *call)
{
	dp_cleanup(dp_cache_list_clear) struct dp_cache_list cache = { 0 };
	struct kernels_options o = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &o, &err);

	if (!rc)
		rc = cli_operands_end(call, 0, &err);
	if (!rc)
		rc = dp_cache_list(&cache);
	if (!rc)
		rc = list(&o, &cache, &err);
	return rc && rc != CLI_ANSWERED ? cli_error_print(&err) : 0;
}

static int run_fetch(struct cli_call *call)
{
	struct kernels_options o = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &o, &err);

	if (!rc && !call->count)
		rc = dp_bad_input(&err, "a kernel is missing; daxpin kernels list shows them");
	if (!rc)
		rc = cli_fetch_kernels((const char *const *)call->words, (size_t)call->count,
				       o.refresh, &err);
	if (!rc && o.gup_test)
		rc = build_extra("gup_test", (const char *const *)call->words, (size_t)call->count,
				 &err);
	if (!rc && o.test_hmm)
		rc = build_extra("test_hmm", (const char *const *)call->words, (size_t)call->count,
				 &err);
	if (!rc && o.siw)
		rc = build_extra("siw", (const char *const *)call->words, (size_t)call->count,
				 &err);
	return rc && rc != CLI_ANSWERED ? cli_error_print(&err) : 0;
}

static int run_clean(struct cli_call *call)
{
	dp_cleanup(dp_cache_list_clear) struct dp_cache_list cache = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, NULL, &err);

	if (!rc)
		rc = cli_operands_end(call, 0, &err);
	if (!rc)
		rc = dp_cache_list(&cache);
	if (!rc)
		rc = clean(&cache, &err);
	return rc && rc != CLI_ANSWERED ? cli_error_print(&err) : 0;
}

static const struct cli_option refresh_options[] = {
	OPT_FLAG("refresh", 0, refresh, "Read the package lists again, however recent they are."),
	CLI_END,
};

static const struct cli_option extra_options[] = {
	OPT_FLAG(
		"with-gup-test", 0, gup_test,
		"Also build gup_test, the mm developers' own benchmark, from the source of the kernel."),
	OPT_FLAG(
		"with-test-hmm", 0, test_hmm,
		"Also build test_hmm, their test of memory that pages migrate to, for device-private and device-coherent."),
	OPT_FLAG("with-siw", 0, siw, "Also build siw, soft-iWARP, for the pinner of this name."),
	CLI_END,
};

static const struct cli_option list_options[] = { OPT_JSON(json), CLI_END };

static const struct cli_command list_command = {
	.name = "list",
	.brief = "list kernels that were fetched, and those that can be",
	.usage = CLI_USAGE("kernels list [OPTIONS]"),
	.about = "Lists the kernels that were fetched, and those that the Debian suites have. The "
		 "package lists of the suites are read once a day.",
	.groups = CLI_GROUPS({ .options = refresh_options }, { .options = list_options }),
	.run = run_list,
};

static const struct cli_command fetch_command = {
	.name = "fetch",
	.brief = "fetch kernels and prepare them for guests",
	.usage = CLI_USAGE("kernels fetch [OPTIONS] KERNEL..."),
	.about = "Fetches kernels, prepares them for guests, and prints where they are. \"daxpin "
		 "guest --help\" tells what KERNEL can be.",
	.groups = CLI_GROUPS({ .options = refresh_options }, { .options = extra_options }),
	.operand = CLI_KERNELS,
	.run = run_fetch,
};

static const struct cli_command clean_command = {
	.name = "clean",
	.brief = "remove the kernels that were fetched",
	.usage = CLI_USAGE("kernels clean"),
	.about = "Removes the kernels that were fetched.",
	.run = run_clean,
};

const struct cli_command cli_kernels = {
	.name = "kernels",
	.brief = "list, fetch or remove the kernels of guests",
	.usage = CLI_USAGE("kernels COMMAND [OPTIONS]"),
	.about = "Lists, fetches or removes the kernels that guests can boot.",
	.commands = CLI_SUBCOMMANDS(&list_command, &fetch_command, &clean_command),
};
