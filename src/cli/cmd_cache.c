// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/json.h"

static const char help[] =
	"Usage: daxpin cache list [--format text|json]\n"
	"       daxpin cache clean [--all]\n"
	"\n"
	"Lists what is kept for guests, or removes what can be made again without a\n"
	"network: snapshots, images, unpacked kernels. --all removes fetched kernels, too.\n"
	"\n"
	"What can be made again takes DAXPIN_CACHE_LIMIT at most (default 4G); the longest\n"
	"unused goes first.\n";

struct cache_options {
	bool json;
	bool all;
};

static int take(int letter, void *arg, struct dp_error *err)
{
	struct cache_options *o = arg;

	if (letter == 'f')
		return cli_parse_json(optarg, &o->json, err);
	o->all = true;
	return 0;
}

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

int cli_cache(int argc, char **argv)
{
	static const struct option known[] = { { "format", required_argument, NULL, 'f' },
					       { "all", no_argument, NULL, 'a' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	dp_cleanup(dp_cache_list_clear) struct dp_cache_list list = { 0 };
	struct cache_options o = { 0 };
	struct dp_error err = { 0 };
	/* The word comes before the options. */
	bool named = argc > 1 && argv[1][0] != '-';
	const char *word = named ? argv[1] : "";
	int rc = cli_options(argc - named, argv + named, known, "", help, take, &o, &err);

	if (rc == 1)
		return 0;
	if (!rc && (!named || (strcmp(word, "list") && strcmp(word, "clean"))))
		rc = dp_bad_input(&err, "cache wants list or clean, not \"%s\"", word);
	if (!rc && optind < argc - named)
		rc = dp_bad_input(&err, "unexpected \"%s\"", argv[named + optind]);
	if (!rc && o.all && strcmp(word, "clean"))
		rc = dp_bad_input(&err, "--all is for cache clean");
	if (!rc)
		rc = dp_cache_list(&list);
	if (!rc && !strcmp(word, "clean"))
		rc = clean(&list, o.all, &err);
	else if (!rc && o.json)
		print_json(&list);
	else if (!rc)
		print_text(&list);
	return rc ? dp_error_print(&err) : 0;
}
