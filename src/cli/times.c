// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "times.h"

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/list.h"

/* There are some 500 ids; a file with many more is none of daxpin's. */
#define MAX_TIMES 4096
#define MAX_BYTES (256 << 10)
/* Nothing takes longer than a day. */
#define MAX_MS (24 * 60 * 60 * 1000ULL)

static bool is_id(const char *text, size_t len)
{
	if (!len || len >= sizeof(((struct cli_time *)NULL)->id))
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

static void parse_line(const char *line, size_t len, struct cli_times *times)
{
	char id[sizeof(times->list->id)];
	uint64_t ms = 0;
	size_t i = 0;

	for (; i < len && line[i] >= '0' && line[i] <= '9' && ms <= MAX_MS; i++)
		ms = 10 * ms + (uint64_t)(line[i] - '0');
	if (!i || i == len || line[i] != ' ' || ms > MAX_MS || !is_id(line + i + 1, len - i - 1))
		return;
	snprintf(id, sizeof(id), "%.*s", (int)(len - i - 1), line + i + 1);
	cli_times_set(times, id, ms);
}

void cli_times_parse(const char *text, struct cli_times *times)
{
	*times = (struct cli_times){ 0 };
	while (*text) {
		size_t len = strcspn(text, "\n");

		parse_line(text, len, times);
		text += len + (text[len] == '\n');
	}
}

static int path_of(const char *kernel, char path[PATH_MAX])
{
	struct dp_key key;
	char hex[33];

	dp_key_begin(&key, "times");
	dp_key_text(&key, kernel);
	dp_key_end(&key, hex);
	return dp_cache_path(path, PATH_MAX, NULL, "times/%s", hex);
}

void cli_times_load(const char *kernel, struct cli_times *times)
{
	dp_autofree char *text = NULL;
	char path[PATH_MAX];

	*times = (struct cli_times){ 0 };
	if (!path_of(kernel, path) && !dp_read_file(path, MAX_BYTES, &text, NULL, NULL))
		cli_times_parse(text, times);
}

void cli_times_store(const char *kernel, const struct cli_times *times)
{
	dp_autofree char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char path[PATH_MAX];

	if (!out)
		return;
	for (size_t i = 0; i < times->count; i++)
		fprintf(out, "%s%" PRIu64 " %s", i ? "\n" : "", times->list[i].ms,
			times->list[i].id);
	if (!fclose(out) && !path_of(kernel, path))
		dp_cache_note(path, text);
}

static struct cli_time *find(const struct cli_times *times, const char *id)
{
	for (size_t i = 0; i < times->count; i++)
		if (!strcmp(times->list[i].id, id))
			return &times->list[i];
	return NULL;
}

bool cli_times_find(const struct cli_times *times, const char *id, uint64_t *ms)
{
	const struct cli_time *time = find(times, id);

	if (time)
		*ms = time->ms;
	return time;
}

void cli_times_set(struct cli_times *times, const char *id, uint64_t ms)
{
	struct cli_time *time = find(times, id);

	if (!time && times->count < MAX_TIMES)
		time = dp_list_add(times->list, times->count);
	if (!time)
		return;
	snprintf(time->id, sizeof(time->id), "%s", id);
	time->ms = ms;
}

void cli_times_clear(struct cli_times *times)
{
	free(times->list);
	*times = (struct cli_times){ 0 };
}
