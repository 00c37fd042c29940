// SPDX-License-Identifier: GPL-2.0-or-later
/* The site file, in the syntax of libconfig, as policy files are. See docs/node.md. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/config.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"
#include "daxpin/site.h"
#include "daxpin/text.h"

#define SITE_LIMIT (1 << 20)
#define MOST       4096 /* devices of a kind */

struct loader {
	const char *name;
	struct dp_error *err;
};

static int bad_setting(const struct loader *l, const config_setting_t *at, const char *what,
		       const char *key)
{
	return dp_bad_input(l->err, "%s:%u: %s \"%s\"", l->name, config_setting_source_line(at),
			    what, key);
}

static int copy(const char *text, char **to)
{
	*to = strdup(text);
	return *to ? 0 : -ENOMEM;
}

/* ---- the rows of a list ------------------------------------------------------------------- */

static int take_count(const struct loader *l, const config_setting_t *at, struct dp_site_row *row)
{
	int count = config_setting_get_int(at);

	if (config_setting_type(at) != CONFIG_TYPE_INT || count < 0 || count > MOST)
		return bad_setting(l, at, "a number from 0 to 4096 is wanted for", "count");
	row->count = (unsigned int)count;
	return 0;
}

/* A size is written in one way only, so that it can be compared as text. */
static int take_value(const struct loader *l, const config_setting_t *at, const char *key,
		      char **value)
{
	const char *text = config_setting_get_string(at);
	char size[32];
	uint64_t bytes;

	if (!text || !*text)
		return bad_setting(l, at, "text is wanted for", key);
	if (!strcmp(key, "on_demand") && strcmp(text, "yes") && strcmp(text, "no"))
		return bad_setting(l, at, "\"yes\" or \"no\" is wanted for", key);
	if (strcmp(key, "align"))
		return copy(text, value);
	if (dp_parse_size(text, &bytes) || !bytes)
		return bad_setting(l, at, "a size such as \"2M\" is wanted for", key);
	return copy(dp_format_size(bytes, size, sizeof(size)), value);
}

static int take_member(const struct loader *l, const config_setting_t *at, enum dp_site_list list,
		       struct dp_site_row *row)
{
	const char *key = config_setting_name(at), *known;

	if (!strcmp(key, "count"))
		return take_count(l, at, row);
	for (size_t i = 0; (known = dp_site_key(list, i)); i++)
		if (!strcmp(key, known))
			return take_value(l, at, key, &row->values[i]);
	return bad_setting(l, at, "unknown key", key);
}

static int take_row(const struct loader *l, const config_setting_t *at, enum dp_site_list list,
		    struct dp_site_row *row)
{
	int rc = 0;

	row->count = 1;
	if (!config_setting_is_group(at))
		return bad_setting(l, at, "each row is a group { … } in", dp_site_list_name(list));
	for (int i = 0; i < config_setting_length(at) && !rc; i++)
		rc = take_member(l, config_setting_get_elem(at, (unsigned int)i), list, row);
	if (!rc && !row->values[0])
		rc = bad_setting(l, at, "a row lacks the key", dp_site_key(list, 0));
	return rc;
}

static int take_list(const struct loader *l, const config_setting_t *at, enum dp_site_list list,
		     struct dp_site_rows *rows)
{
	int length = config_setting_length(at), rc = 0;

	if (!config_setting_is_list(at))
		return bad_setting(l, at, "a list ( … ) is wanted for", dp_site_list_name(list));
	rows->named = true;
	rows->list = calloc((size_t)length + 1, sizeof(*rows->list));
	if (!rows->list)
		return -ENOMEM;
	for (int i = 0; i < length && !rc; i++)
		rc = take_row(l, config_setting_get_elem(at, (unsigned int)i), list,
			      &rows->list[rows->count++]);
	return rc;
}

/* ---- the other keys ----------------------------------------------------------------------- */

/* An array of texts. */
static int take_texts(const struct loader *l, const config_setting_t *at, char ***list,
		      size_t *count)
{
	int length = config_setting_length(at), rc = 0;

	if (!config_setting_is_array(at) && !config_setting_is_list(at))
		return bad_setting(l, at, "an array [ … ] is wanted for", config_setting_name(at));
	*list = calloc((size_t)length + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (int i = 0; i < length && !rc; i++) {
		const char *text = config_setting_get_string_elem(at, i);

		if (!text || !*text)
			return bad_setting(l, at, "texts are wanted in", config_setting_name(at));
		rc = copy(text, &(*list)[*count]);
		*count += !rc;
	}
	return rc;
}

static int take_answered(const struct loader *l, const config_setting_t *at, struct dp_site *site)
{
	int rc = take_texts(l, at, &site->answered, &site->nanswered);

	for (size_t i = 0; i < site->nanswered && !rc; i++)
		if (!dp_mapping_find(site->answered[i]))
			rc = bad_setting(l, at, "there is no mapping", site->answered[i]);
	return rc;
}

static int take_memlock(const struct loader *l, const config_setting_t *at, struct dp_site *site)
{
	const char *text = config_setting_get_string(at);

	site->memlock_asked = true;
	site->memlock = DP_UNLIMITED;
	if (text && (!strcmp(text, "unlimited") || !dp_parse_size(text, &site->memlock)))
		return 0;
	return bad_setting(l, at, "\"unlimited\" or a size is wanted for", "memlock");
}

static int take_text(const struct loader *l, const config_setting_t *at, char **to)
{
	const char *text = config_setting_get_string(at);

	if (!text || !*text)
		return bad_setting(l, at, "text is wanted for", config_setting_name(at));
	return copy(text, to);
}

static int take_key(const struct loader *l, const config_setting_t *at, struct dp_site *site)
{
	const char *key = config_setting_name(at);

	for (int i = 0; i < DP_SITE_LISTS; i++)
		if (!strcmp(key, dp_site_list_name(i)))
			return take_list(l, at, i, &site->lists[i]);
	if (!strcmp(key, "answered"))
		return take_answered(l, at, site);
	if (!strcmp(key, "dirs"))
		return take_texts(l, at, &site->dirs, &site->ndirs);
	if (!strcmp(key, "memlock"))
		return take_memlock(l, at, site);
	if (!strcmp(key, "memlock_of"))
		return take_text(l, at, &site->memlock_of);
	if (!strcmp(key, "policy"))
		return take_text(l, at, &site->policy);
	return bad_setting(l, at, "unknown key", key);
}

static int take_all(const struct loader *l, config_t *config, struct dp_site *site)
{
	config_setting_t *root = config_root_setting(config);
	int rc = 0;

	for (int i = 0; i < config_setting_length(root) && !rc; i++)
		rc = take_key(l, config_setting_get_elem(root, (unsigned int)i), site);
	if (!rc && site->memlock_of && !site->memlock_asked)
		rc = dp_bad_input(l->err, "%s: \"memlock_of\" without \"memlock\"", l->name);
	return rc;
}

int dp_site_parse(const char *text, const char *name, struct dp_site *site, struct dp_error *err)
{
	dp_cleanup(config_destroy) config_t config;
	struct loader l = { .name = name, .err = err };
	int rc = dp_config_parse(text, name, "site file", &config, err);

	memset(site, 0, sizeof(*site));
	if (!rc)
		rc = take_all(&l, &config, site);
	if (rc)
		dp_site_clear(site);
	return rc;
}

/* A policy is named as seen from the site file. */
static int place_policy(const char *path, struct dp_site *site, struct dp_error *err)
{
	const char *slash = strrchr(path, '/');
	char whole[PATH_MAX];
	int rc;

	if (!site->policy || site->policy[0] == '/' || !slash)
		return 0;
	rc = dp_path(whole, sizeof(whole), err, "%.*s/%s", (int)(slash - path), path, site->policy);
	if (rc)
		return rc;
	free(site->policy);
	return copy(whole, &site->policy);
}

int dp_site_load(const char *path, struct dp_site *site, struct dp_error *err)
{
	dp_autofree char *text = NULL;
	int rc = dp_config_load(path, "site file", SITE_LIMIT, &text, err);

	memset(site, 0, sizeof(*site));
	if (!rc)
		rc = dp_site_parse(text, path, site, err);
	if (!rc)
		rc = place_policy(path, site, err);
	if (rc)
		dp_site_clear(site);
	return rc;
}

void dp_site_clear(struct dp_site *site)
{
	for (int i = 0; i < DP_SITE_LISTS; i++) {
		struct dp_site_rows *rows = &site->lists[i];

		for (size_t k = 0; k < rows->count; k++)
			for (size_t v = 0; v < DP_SITE_KEYS; v++)
				free(rows->list[k].values[v]);
		free(rows->list);
	}
	for (size_t i = 0; i < site->nanswered; i++)
		free(site->answered[i]);
	for (size_t i = 0; i < site->ndirs; i++)
		free(site->dirs[i]);
	free(site->answered);
	free(site->dirs);
	free(site->policy);
	free(site->memlock_of);
	memset(site, 0, sizeof(*site));
}
