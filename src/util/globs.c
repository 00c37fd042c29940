// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/globs.h"

/* No part of an id is longer. */
#define PART_LIMIT 96

int dp_globs_init(struct dp_globs *globs, const char *const *list, size_t count)
{
	*globs = (struct dp_globs){ .list = list, .count = count };
	globs->used = calloc(count + 1, sizeof(*globs->used));
	return globs->used ? 0 : -ENOMEM;
}

void dp_globs_clear(struct dp_globs *globs)
{
	free(globs->used);
	*globs = (struct dp_globs){ 0 };
}

static bool matches_second_part(const char *glob, const char *id)
{
	const char *slash = strchr(id, '/');
	char part[PART_LIMIT];

	if (!slash || snprintf(part, sizeof(part), "%.*s", (int)strcspn(slash + 1, "/"),
			       slash + 1) >= (int)sizeof(part))
		return false;
	return !fnmatch(glob, part, 0);
}

bool dp_globs_select(struct dp_globs *globs, const char *id)
{
	bool selected = !globs->count;

	for (size_t i = 0; i < globs->count; i++) {
		const char *glob = globs->list[i];

		if (strchr(glob, '/') ? fnmatch(glob, id, 0) : !matches_second_part(glob, id))
			continue;
		globs->used[i] = true;
		selected = true;
	}
	return selected;
}

const char *dp_globs_unused(const struct dp_globs *globs)
{
	for (size_t i = 0; i < globs->count; i++)
		if (!globs->used[i])
			return globs->list[i];
	return NULL;
}
