// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/iomem: one resource a line, "  START-END : NAME" with hexadecimal numbers, two blanks of
 * indentation for each level below the top (r_show() in kernel/resource.c; it shows at most 5
 * levels). Children follow their parent.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/pin.h"

#define LEVELS      16
#define IOMEM_LIMIT (4 << 20)

struct walk {
	struct dp_iomem *iomem;
	size_t room;
	size_t deepest; /* level that the next line may have at most: one below this line's */
	char paths[LEVELS][192];
};

static int append(struct walk *w, const struct dp_resource *res)
{
	if (w->iomem->count == w->room) {
		size_t room = w->room ? 2 * w->room : 64;
		void *grown = reallocarray(w->iomem->list, room, sizeof(*res));

		if (!grown)
			return -ENOMEM;
		w->iomem->list = grown;
		w->room = room;
	}
	w->iomem->list[w->iomem->count++] = *res;
	return 0;
}

static int parse_line(struct walk *w, const char *line)
{
	size_t indent = strspn(line, " ");
	size_t level = indent / 2;
	struct dp_resource res = { 0 };
	int used = 0;

	if (level >= LEVELS || level > w->deepest || !isxdigit((unsigned char)line[indent]) ||
	    sscanf(line + indent, "%" SCNx64 "-%" SCNx64 " : %n", &res.start, &res.end, &used) !=
		    2 ||
	    !used || res.end < res.start)
		return -EBADMSG;
	snprintf(w->paths[level], sizeof(w->paths[level]), "%s%s%s",
		 level ? w->paths[level - 1] : "", level ? "/" : "", line + indent + used);
	strcpy(res.path, w->paths[level]);
	w->deepest = level + 1;
	return append(w, &res);
}

static bool all_hidden(const struct dp_iomem *iomem)
{
	for (size_t i = 0; i < iomem->count; i++)
		if (iomem->list[i].end)
			return false;
	return true;
}

int dp_iomem_parse(const char *text, struct dp_iomem *iomem, struct dp_error *err)
{
	dp_autofree struct walk *w = calloc(1, sizeof(*w));
	dp_autofree char *copy = strdup(text);
	char *rest = copy;
	int rc = 0;

	if (!w || !copy)
		return -ENOMEM;
	w->iomem = iomem;
	memset(iomem, 0, sizeof(*iomem));
	for (char *line = strsep(&rest, "\n"); line && !rc; line = strsep(&rest, "\n")) {
		if (!*line)
			continue;
		rc = parse_line(w, line);
		if (rc)
			dp_fail(err, rc, "/proc/iomem: cannot read \"%.60s\"", line);
	}
	if (!rc && all_hidden(iomem))
		rc = dp_fail(err, -EPERM, "/proc/iomem hides its addresses from non-root");
	if (rc)
		dp_iomem_clear(iomem);
	return rc;
}

int dp_iomem_read(struct dp_iomem *iomem, struct dp_error *err)
{
	dp_autofree char *text = NULL;
	int rc = dp_read_file("/proc/iomem", IOMEM_LIMIT, &text, NULL, err);

	return rc ? rc : dp_iomem_parse(text, iomem, err);
}

void dp_iomem_clear(struct dp_iomem *iomem)
{
	free(iomem->list);
	memset(iomem, 0, sizeof(*iomem));
}

struct dp_iomem_range dp_iomem_around(const struct dp_iomem *iomem, uint64_t phys)
{
	struct dp_iomem_range range = { .end = UINT64_MAX };

	/* Children follow their parent, so the last hit is the innermost. */
	for (size_t i = 0; i < iomem->count; i++) {
		const struct dp_resource *res = &iomem->list[i];
		bool above = res->start > phys, below = res->end < phys;
		uint64_t start = below ? res->end + 1 : above ? 0 : res->start;
		uint64_t end = above ? res->start - 1 : below ? UINT64_MAX : res->end;

		range.start = start > range.start ? start : range.start;
		range.end = end < range.end ? end : range.end;
		if (!above && !below)
			range.resource = res;
	}
	return range;
}

const struct dp_resource *dp_iomem_find(const struct dp_iomem *iomem, uint64_t phys)
{
	return dp_iomem_around(iomem, phys).resource;
}

bool dp_resource_is(const struct dp_resource *res, const char *kind)
{
	bool variants = !strcmp(kind, DP_SYSTEM_RAM);
	size_t len = strlen(kind);

	for (const char *part = res->path; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (!strncmp(part, kind, len) && (variants || !part[len] || part[len] == '/'))
			return true;
	}
	return false;
}
