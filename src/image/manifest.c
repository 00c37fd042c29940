// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"

#include "daxpin/cache.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

void dp_manifest_free(struct dp_manifest **m)
{
	for (size_t i = 0; *m && i < (*m)->count; i++)
		free((*m)->list[i].text);
	free(*m);
}

struct dp_entry *dp_manifest_add(struct dp_manifest *m, const char *name, struct dp_error *err)
{
	while (*name == '/')
		name++;
	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->list[i].name, name))
			return &m->list[i];
	if (m->count == DP_MAX_ENTRIES || strlen(name) >= sizeof(m->list[0].name)) {
		dp_fail(err, -E2BIG, "the image has no room for another file: %s", name);
		return NULL;
	}
	strcpy(m->list[m->count].name, name);
	return &m->list[m->count++];
}

int dp_manifest_add_file(struct dp_manifest *m, const char *name, const char *source,
			 struct dp_error *err)
{
	struct dp_entry *entry = dp_manifest_add(m, name, err);

	return entry ? dp_path(entry->source, sizeof(entry->source), err, "%s", source) : -E2BIG;
}

int dp_manifest_add_text(struct dp_manifest *m, const char *name, char *text, struct dp_error *err)
{
	struct dp_entry *entry = text ? dp_manifest_add(m, name, err) : NULL;

	if (!entry) {
		free(text);
		return text ? -E2BIG : -ENOMEM;
	}
	free(entry->text);
	entry->text = text;
	return 0;
}

int dp_manifest_key(const struct dp_manifest *m, char hex[33], struct dp_error *err)
{
	struct dp_key key;

	dp_key_begin(&key, "image");
	for (size_t i = 0; i < m->count; i++) {
		const struct dp_entry *entry = &m->list[i];

		dp_key_text(&key, entry->name);
		if (entry->text)
			dp_key_text(&key, entry->text);
		else if (dp_key_file(&key, entry->source))
			return dp_fail(err, -ENOENT, "cannot find %s", entry->source);
	}
	dp_key_end(&key, hex);
	return 0;
}
