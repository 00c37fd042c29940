// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/iomem: ranges are not reversed, a child's path continues its parent's, the innermost is
 * found. */
#include "fuzz.h"

#include "daxpin/pin.h"

#define LEVELS 16

/* The text is gone through a second time, as each resource of it has a line. */
static void check_paths(char *text, const struct dp_iomem *iomem)
{
	const char *parents[LEVELS] = { "" };
	char *rest = text;
	size_t i = 0, deepest = 0;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		size_t level = strspn(line, " ") / 2, len;

		if (!*line)
			continue;
		HOLDS(i < iomem->count && level <= deepest && level < LEVELS);
		len = level ? strlen(parents[level - 1]) : 0;
		HOLDS(!strncmp(iomem->list[i].path, level ? parents[level - 1] : "", len));
		parents[level] = iomem->list[i++].path;
		deepest = level + 1;
	}
	HOLDS(i == iomem->count);
}

static void check_range(const struct dp_iomem *iomem, const struct dp_resource *res)
{
	const struct dp_resource *found = dp_iomem_find(iomem, res->start);

	HOLDS(res->start <= res->end);
	HOLDS(memchr(res->path, '\0', sizeof(res->path)));
	/* Itself, or one that comes later in the file. */
	HOLDS(found && found >= res && found < iomem->list + iomem->count);
	HOLDS(found->start <= res->start && res->start <= found->end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = fuzz_text(data, size);
	dp_cleanup(dp_iomem_clear) struct dp_iomem iomem = { 0 };

	if (dp_iomem_parse(text, &iomem, NULL)) {
		HOLDS(!iomem.list && !iomem.count);
		return 0;
	}
	for (size_t i = 0; i < iomem.count; i++)
		check_range(&iomem, &iomem.list[i]);
	check_paths(text, &iomem);
	return 0;
}
