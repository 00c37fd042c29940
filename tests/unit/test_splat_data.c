// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Logs in tests/data: what kernels print by version and format string, each block with what it must
 * be told as; consoles of real guests, with nothing to be told; and the splats of recorded guests.
 */
#include "test.h"

#include <dirent.h>
#include <json-c/json.h>

#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/splat.h"

/* What was told, "KIND FUNCTION" for each splat, "-" for no function. */
struct told {
	char text[1024];
	size_t used;
};

static void tell(struct told *told, const char *kind, const char *function)
{
	assert_true(told->used < sizeof(told->text) - 128);
	told->used += (size_t)snprintf(told->text + told->used, 128, "%s %s\n", kind,
				       function[0] ? function : "-");
}

static void hear(void *arg, const struct dp_splat *splat)
{
	tell(arg, splat->kind, splat->function);
}

/* What is put before the lines of a log, and before the first of a block. */
static const struct {
	const char *first, *others;
} prefixes[] = {
	{ "", "" },
	{ "[    1.234567] ", "[    1.234567] " },
	{ "[   12.345678][  T131] ", "[   12.345678][  T131] " },
	{ "[   12.345678][    C1] ", "[   12.345678][    C1] " },
	{ "<4>[   12.345678] ", "<4>[   12.345678] " },
	{ "[  T131] ", "[  T131] " },
	{ "[Tue Nov 25 08:00:00 2026] ", "[Tue Nov 25 08:00:00 2026] " },
	{ "Nov 25 08:00:00 host kernel: [   12.345678] ",
	  "Nov 25 08:00:00 host kernel: [   12.345678] " },
	{ "2026-11-25T08:00:00+0000 host kernel: ", "2026-11-25T08:00:00+0000 host kernel: " },
	/* after what was written without a newline */
	{ "Starting a service ...[   12.345678] ", "[   12.345678] " },
	{ "[   12.345670] half a line[12345.678901][  T131] ", "[   12.345678][  T131] " },
	{ "[    1.234567][  T131] half a line[    C1] ", "[    1.234567][    C1] " },
	{ "half a line[T12345] ", "[T12345] " },
};

struct block {
	struct told told;
	char *lines[512];
	size_t nlines;
};

static void read_block(const struct block *b, size_t prefix, struct told *told)
{
	struct dp_recogniser r = { .take = hear, .arg = told };

	for (size_t i = 0; i < b->nlines; i++) {
		dp_autofree char *line = NULL;

		assert_true(asprintf(&line, "%s%s",
				     i ? prefixes[prefix].others : prefixes[prefix].first,
				     b->lines[i]) > 0 ||
			    !b->lines[i][0]);
		dp_recognise(&r, line);
	}
	dp_recognise_end(&r);
}

static void check_block(const char *path, const struct block *b)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(prefixes); i++) {
		struct told told = { 0 };

		read_block(b, i, &told);
		if (strcmp(told.text, b->told.text))
			fail_msg("%s: \"%s%s\" …\nmust be told as\n%sand was told as\n%s", path,
				 prefixes[i].first, b->lines[0], b->told.text, told.text);
	}
}

/* Of what must not be told, no line must, with or without the others. */
static void check_silence(const char *path, const struct block *b)
{
	check_block(path, b);
	for (size_t i = 0; i < b->nlines; i++) {
		struct block one = { .lines = { b->lines[i] }, .nlines = 1 };

		check_block(path, &one);
	}
}

static void end_block(const char *path, struct block *b, size_t *count)
{
	while (b->nlines && !b->lines[b->nlines - 1][0])
		b->nlines--;
	if (b->nlines && b->told.used)
		check_block(path, b);
	else if (b->nlines)
		check_silence(path, b);
	*count += b->nlines > 0;
	memset(b, 0, sizeof(*b));
}

static size_t check_file(const char *path)
{
	dp_autofree char *text = NULL;
	static struct block block;
	char kind[32], function[80];
	char *rest;
	size_t count = 0;

	assert_int_equal(dp_read_file(path, 1 << 20, &text, NULL, NULL), 0);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		if (line[0] == '%' && block.nlines)
			end_block(path, &block, &count);
		if (sscanf(line, "%%= %31s %79s", kind, function) == 2)
			tell(&block.told, kind, strcmp(function, "-") ? function : "");
		if (line[0] == '%')
			continue;
		assert_true(block.nlines < DP_ARRAY_SIZE(block.lines));
		if (line[0] || block.nlines)
			block.lines[block.nlines++] = line;
	}
	end_block(path, &block, &count);
	return count;
}

static void tells_what_each_kernel_prints(void **state)
{
	static const char *const versions[] = { "5.10", "6.1", "6.12", "7.2" };

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(versions); i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/splats/%s.txt", DATA, versions[i]);
		assert_true(check_file(path) > 100);
	}
}

/* Every file of a folder below tests/data whose name has this end. */
static size_t for_each(const char *folder, const char *end, void (*check)(const char *path))
{
	char dir[512], path[1024];
	struct dirent *entry;
	size_t count = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/%s", DATA, folder);
	d = opendir(dir);
	assert_non_null(d);
	while ((entry = readdir(d))) {
		const char *at = strstr(entry->d_name, end);

		if (!at || at[strlen(end)])
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		check(path);
		count++;
	}
	closedir(d);
	return count;
}

static void expect_silence(const char *path)
{
	dp_autofree char *text = NULL;
	struct told told = { 0 };
	struct dp_recogniser r = { .take = hear, .arg = &told };
	char *rest;

	assert_int_equal(dp_read_file(path, 1 << 20, &text, NULL, NULL), 0);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		dp_recognise(&r, line);
	dp_recognise_end(&r);
	if (told.used)
		fail_msg("%s: told as\n%s", path, told.text);
}

static void takes_no_quiet_log_for_one(void **state)
{
	(void)state;
	assert_true(for_each("splats/quiet", ".log", expect_silence) > 0);
}

/* The lines of a splat that a guest was recorded with, read again. */
static void read_again(const char *path, struct json_object *splat)
{
	struct json_object *lines = dp_json_array(splat, "lines");
	struct told was = { 0 }, is = { 0 };
	struct dp_recogniser r = { .take = hear, .arg = &is };

	tell(&was, dp_json_text(splat, "splat"), dp_json_text(splat, "function"));
	for (size_t i = 0; i < json_object_array_length(lines); i++)
		dp_recognise(&r, json_object_get_string(json_object_array_get_idx(lines, i)));
	dp_recognise_end(&r);
	if (strcmp(was.text, is.text))
		fail_msg("%s: recorded as %sand now told as\n%s", path, was.text, is.text);
}

static void expect_as_recorded(const char *path)
{
	dp_autofree char *text = NULL;
	char *rest;

	assert_int_equal(dp_read_file(path, 1 << 24, &text, NULL, NULL), 0);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		struct json_object *obj = json_tokener_parse(line);

		if (obj && !strcmp(dp_json_text(obj, "kind"), "kernel"))
			read_again(path, obj);
		json_object_put(obj);
	}
}

static void tells_recorded_splats_as_they_were_told(void **state)
{
	(void)state;
	assert_true(for_each("recorded", ".jsonl", expect_as_recorded) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_each_kernel_prints),
		cmocka_unit_test(takes_no_quiet_log_for_one),
		cmocka_unit_test(tells_recorded_splats_as_they_were_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
