// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/config.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/layout.h"
#include "daxpin/text.h"

#define LAYOUT_LIMIT (64 << 10)
/* QEMU's alignment of memory; and more than a guest here can have (-m maxmem). */
#define UNIT (2ULL << 20)
#define MOST (8ULL << 30)

struct loader {
	const char *name;
	struct dp_layout *layout;
	struct dp_error *err;
};

static int bad(const struct loader *l, const config_setting_t *at, const char *wanted)
{
	return dp_bad_input(l->err, "%s:%u: %s is wanted for \"%s\"", l->name,
			    config_setting_source_line(at), wanted, config_setting_name(at));
}

static int take_text(const struct loader *l, const config_setting_t *at)
{
	const char *text = config_setting_get_string(at);

	if (!text || dp_path(l->layout->cmdline, sizeof(l->layout->cmdline), NULL, "%s", text))
		return bad(l, at, "a text of less than 256 bytes");
	return 0;
}

static int take_words(const struct loader *l, const config_setting_t *at, struct dp_words *words)
{
	int count = config_setting_length(at), rc = 0;

	if (!config_setting_is_array(at) || count > DP_COMMAND_WORDS)
		return bad(l, at, "an array of texts");
	for (int i = 0; i < count && !rc; i++) {
		const char *text = config_setting_get_string_elem(at, i);

		if (!text || !*text)
			return bad(l, at, "an array of texts");
		rc = dp_words_add(words, text);
	}
	return rc;
}

static int take_size(const struct loader *l, const config_setting_t *at, const char *text,
		     uint64_t *bytes)
{
	if (!text || dp_parse_size(text, bytes) || *bytes % UNIT || !*bytes || *bytes > MOST)
		return bad(l, at, "a size such as \"256M\", a multiple of 2M, at most 8G,");
	return 0;
}

static int take_ram(const struct loader *l, const config_setting_t *at)
{
	return take_size(l, at, config_setting_get_string(at), &l->layout->memories[DP_RAM]);
}

static int take_nvdimms(const struct loader *l, const config_setting_t *at)
{
	int count = config_setting_length(at), rc = 0;

	if (!(config_setting_is_array(at) || config_setting_is_list(at)) || count > DP_MEMORIES - 1)
		return bad(l, at, "an array of at most 3 sizes");
	for (int i = 0; i < count && !rc; i++)
		rc = take_size(l, at, config_setting_get_string_elem(at, i),
			       &l->layout->memories[DP_RAM + 1 + i]);
	return rc;
}

static int take_qemu(const struct loader *l, const config_setting_t *at)
{
	return take_words(l, at, &l->layout->qemu);
}

static int take_steps(const struct loader *l, const config_setting_t *at)
{
	return take_words(l, at, &l->layout->steps);
}

static int take_programs(const struct loader *l, const config_setting_t *at)
{
	return take_words(l, at, &l->layout->programs);
}

/* For people: what the machine is. */
static int take_about(const struct loader *l, const config_setting_t *at)
{
	return config_setting_get_string(at) ? 0 : bad(l, at, "a text");
}

static const struct {
	const char *key;
	int (*take)(const struct loader *l, const config_setting_t *at);
} settings[] = {
	{ "about", take_about },       { "cmdline", take_text }, { "ram", take_ram },
	{ "nvdimms", take_nvdimms },   { "qemu", take_qemu },    { "prepare", take_steps },
	{ "programs", take_programs },
};

static int take_setting(const struct loader *l, const config_setting_t *at)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(settings); i++)
		if (!strcmp(config_setting_name(at), settings[i].key))
			return settings[i].take(l, at);
	return dp_bad_input(l->err, "%s:%u: unknown key \"%s\"", l->name,
			    config_setting_source_line(at), config_setting_name(at));
}

int dp_layout_parse(const char *text, const char *name, struct dp_layout *layout,
		    struct dp_error *err)
{
	dp_cleanup(config_destroy) config_t config;
	const struct loader l = { .name = name, .layout = layout, .err = err };
	const config_setting_t *root;
	int rc = dp_config_parse(text, name, "layout file", &config, err);

	*layout = (struct dp_layout){ .memories = { dp_memory_size(NULL, DP_RAM) } };
	root = config_root_setting(&config);
	for (int i = 0; !rc && i < config_setting_length(root); i++)
		rc = take_setting(&l, config_setting_get_elem(root, (unsigned int)i));
	if (rc)
		dp_layout_clear(layout);
	return rc;
}

int dp_layout_load(const char *path, struct dp_layout *layout, struct dp_error *err)
{
	dp_autofree char *text = NULL;
	int rc = dp_config_load(path, "layout file", LAYOUT_LIMIT, &text, err);

	return rc ? rc : dp_layout_parse(text, path, layout, err);
}

bool dp_layout_has_balloon(const struct dp_layout *layout)
{
	for (size_t i = 0; layout && i < layout->qemu.count; i++)
		if (strstr(layout->qemu.list[i], "virtio-balloon"))
			return true;
	return false;
}

void dp_layout_clear(struct dp_layout *layout)
{
	dp_words_clear(&layout->qemu);
	dp_words_clear(&layout->steps);
	dp_words_clear(&layout->programs);
	*layout = (struct dp_layout){ 0 };
}
