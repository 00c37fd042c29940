// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/json.h"

struct cache_options {
	bool json;
	bool all;
};

#define CLI_OPTIONS struct cache_options

static void print_text(const struct dp_cache_list *list)
{
	uint64_t total = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct dp_cache_entry *e = &list->entries[i];
		char when[32];

		strftime(when, sizeof(when), "%Y-%m-%d %H:%M", localtime(&e->used));
		printf("%-10s %8" PRIu64 " KiB  %s  %s\n", e->kind, e->bytes >> 10, when, e->path);
		total += e->bytes;
	}
	printf("%zu entries, %" PRIu64 " MiB\n", list->count, total >> 20);
}

static void print_json(const struct dp_cache_list *list)
{
	struct json_object *root = json_object_new_object(), *entries = json_object_new_array();

	dp_json_add_text(root, "schema", "daxpin-cache/1");
	dp_json_add_int(root, "limit", (int64_t)dp_cache_limit());
	json_object_object_add(root, "entries", entries);
	for (size_t i = 0; i < list->count; i++) {
		const struct dp_cache_entry *e = &list->entries[i];
		struct json_object *obj = json_object_new_object();

		dp_json_add_text(obj, "kind", e->kind);
		dp_json_add_text(obj, "path", e->path);
		dp_json_add_int(obj, "bytes", (int64_t)e->bytes);
		dp_json_add_int(obj, "used", e->used);
		json_object_array_add(entries, obj);
	}
	cli_print_json(root);
	json_object_put(root);
}

static int clean(const struct dp_cache_list *list, bool all, struct dp_error *err)
{
	uint64_t freed = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct dp_cache_entry *e = &list->entries[i];
		int rc;

		if (!e->derived && !all)
			continue;
		rc = dp_remove_tree(e->path);
		if (rc)
			return dp_fail(err, rc, "cannot remove %s", e->path);
		freed += e->bytes;
	}
	printf("%" PRIu64 " MiB freed\n", freed >> 20);
	return 0;
}

static int read_cache(struct cli_call *call, struct cache_options *o, struct dp_cache_list *cache,
		      struct dp_error *err)
{
	int rc = cli_parse(call, o, err);

	if (!rc)
		rc = cli_operands_end(call, 0, err);
	return rc ? rc : dp_cache_list(cache);
}

static int run_list(struct cli_call *call)
{
	dp_cleanup(dp_cache_list_clear) struct dp_cache_list cache = { 0 };
	struct cache_options o = { 0 };
	struct dp_error err = { 0 };
	int rc = read_cache(call, &o, &cache, &err);

	if (rc)
		return rc == CLI_ANSWERED ? 0 : cli_error_print(&err);
	if (o.json)
		print_json(&cache);
	else
		print_text(&cache);
	return 0;
}

static int run_clean(struct cli_call *call)
{
	dp_cleanup(dp_cache_list_clear) struct dp_cache_list cache = { 0 };
	struct cache_options o = { 0 };
	struct dp_error err = { 0 };
	int rc = read_cache(call, &o, &cache, &err);

	if (!rc)
		rc = clean(&cache, o.all, &err);
	return rc && rc != CLI_ANSWERED ? cli_error_print(&err) : 0;
}

static const struct cli_option list_options[] = { OPT_JSON(json), CLI_END };

static const struct cli_option clean_options[] = {
	OPT_FLAG("all", 0, all, "Remove fetched kernels as well."),
	CLI_END,
};

static const struct cli_command list_command = {
	.name = "list",
	.brief = "list what is kept for guests",
	.usage = CLI_USAGE("cache list [--format FORMAT]"),
	.about = "Lists what is kept for guests: fetched kernels, unpacked kernels, images and "
		 "snapshots.",
	.groups = CLI_GROUPS({ .options = list_options }),
	.run = run_list,
};

static const struct cli_command clean_command = {
	.name = "clean",
	.brief = "remove what can be made again without a network",
	.usage = CLI_USAGE("cache clean [--all]"),
	.about = "Removes what can be made again without a network: snapshots, images and unpacked "
		 "kernels.",
	.groups = CLI_GROUPS({ .options = clean_options }),
	.run = run_clean,
};

const struct cli_command cli_cache = {
	.name = "cache",
	.brief = "list or remove what is kept for guests",
	.usage = CLI_USAGE("cache COMMAND [OPTIONS]"),
	.about = "Lists or removes what is kept for guests.",
	.notes = "What can be made again takes at most DAXPIN_CACHE_LIMIT bytes (default 4G). "
		 "What was not used for the longest time is removed first.",
	.commands = CLI_SUBCOMMANDS(&list_command, &clean_command),
};
