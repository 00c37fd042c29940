// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The notation: a list of words with commas between them. A word has text and brackets in turns,
 * and stands for each combination of what the brackets list, the last changing fastest. A bracket
 * lists numbers and ranges of numbers. A number is written as wide as the lower end of its range,
 * with zeros before it: [08-11] is 08, 09, 10, 11; [8-11] is 8, 9, 10, 11.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/hostlist.h"

/* More digits than a node has. They fit 64 bits. */
#define DIGITS 18

bool dp_host_valid(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > DP_HOST_NAME || name[0] == '-')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

int dp_hosts_add(struct dp_hosts *hosts, const char *name)
{
	size_t room = hosts->room ? 2 * hosts->room : 16;
	char *copy;

	if (hosts->count == DP_HOSTS_LIMIT)
		return -E2BIG;
	if (hosts->count == hosts->room) {
		void *grown = reallocarray(hosts->list, room, sizeof(*hosts->list));

		if (!grown)
			return -ENOMEM;
		hosts->list = grown;
		hosts->room = room;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	hosts->list[hosts->count++] = copy;
	return 0;
}

void dp_hosts_clear(struct dp_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		free(hosts->list[i]);
	free(hosts->list);
	*hosts = (struct dp_hosts){ 0 };
}

/* ---- reading ------------------------------------------------------------------------------ */

/* What is left of a word, and the name that is being made of it. */
struct word {
	struct dp_hosts *hosts;
	struct dp_error *err;
	const char *whole;
	int whole_len;
	char name[DP_HOST_NAME + 1];
};

static int refuse(const struct word *w, const char *why)
{
	return dp_bad_input(w->err, "\"%.*s\" is no list of nodes: %s",
			    w->whole_len < 200 ? w->whole_len : 200, w->whole, why);
}

static int make_names(struct word *w, const char *rest, const char *end, size_t used);

/* Reads digits. Return: how many, 0 if there are none or too many. */
static int read_digits(const char **at, const char *end, uint64_t *value)
{
	int width = 0;

	for (*value = 0; *at < end && isdigit((unsigned char)**at); (*at)++) {
		*value = 10 * *value + (uint64_t)(**at - '0');
		if (++width > DIGITS)
			return 0;
	}
	return width;
}

/* Each number of one range, followed by the rest of the word. */
static int make_range(struct word *w, const char *from, const char *to, const char *rest,
		      const char *end, size_t used)
{
	uint64_t first, last;
	int width = read_digits(&from, to, &first), rc = 0;

	last = first;
	if (width && from < to && *from == '-') {
		from++;
		if (!read_digits(&from, to, &last))
			width = 0;
	}
	if (!width || from != to)
		return refuse(w, "in brackets there are numbers and ranges of numbers");
	if (last < first)
		return refuse(w, "a range ends before it begins");
	if (last - first >= DP_HOSTS_LIMIT)
		return refuse(w, "there are too many");
	for (uint64_t n = first; n <= last && !rc; n++) {
		int len = snprintf(w->name + used, sizeof(w->name) - used, "%0*" PRIu64, width, n);

		if ((size_t)len >= sizeof(w->name) - used)
			return refuse(w, "a name is too long");
		rc = make_names(w, rest, end, used + (size_t)len);
	}
	return rc;
}

/* @at: after "[" */
static int make_bracket(struct word *w, const char *at, const char *end, size_t used)
{
	const char *close = memchr(at, ']', (size_t)(end - at));
	int rc = 0;

	if (!close)
		return refuse(w, "a bracket is not closed");
	while (!rc) {
		const char *comma = memchr(at, ',', (size_t)(close - at));

		rc = make_range(w, at, comma ? comma : close, close + 1, end, used);
		if (!comma)
			break;
		at = comma + 1;
	}
	return rc;
}

/* As deep as a word has brackets, which each add a character to the name at least. */
static int make_names(struct word *w, const char *rest, const char *end, size_t used)
{
	const char *bracket = memchr(rest, '[', (size_t)(end - rest));
	size_t len = (size_t)((bracket ? bracket : end) - rest);
	int rc;

	if (len >= sizeof(w->name) - used)
		return refuse(w, "a name is too long");
	memcpy(w->name + used, rest, len);
	w->name[used + len] = '\0';
	if (bracket)
		return make_bracket(w, bracket + 1, end, used + len);
	if (!dp_host_valid(w->name))
		return refuse(w, "a name has letters, digits, dots, dashes and underscores");
	rc = dp_hosts_add(w->hosts, w->name);
	return rc == -E2BIG ? refuse(w, "there are too many") : rc;
}

/* The length of a word: up to a comma or white space outside brackets. */
static size_t word_length(const char *text)
{
	bool inside = false;
	size_t len = 0;

	for (; text[len]; len++) {
		if (!inside && (text[len] == ',' || isspace((unsigned char)text[len])))
			break;
		inside = text[len] == '[' || (inside && text[len] != ']');
	}
	return len;
}

int dp_hosts_expand(const char *text, struct dp_hosts *hosts, struct dp_error *err)
{
	struct word w = { .hosts = hosts, .err = err };
	int rc = 0;

	while (!rc) {
		while (*text == ',' || isspace((unsigned char)*text))
			text++;
		if (!*text)
			break;
		w.whole = text;
		w.whole_len = (int)word_length(text);
		rc = make_names(&w, text, text + w.whole_len, 0);
		text += w.whole_len;
	}
	return rc;
}

/* ---- order -------------------------------------------------------------------------------- */

/* Where the digits at the end of a name begin; the name's end if there are none, or too many. */
static size_t digits_at(const char *name)
{
	size_t len = strlen(name), at = len;

	while (at && isdigit((unsigned char)name[at - 1]))
		at--;
	return len - at > DIGITS ? len : at;
}

int dp_host_compare(const char *a, const char *b)
{
	size_t x = digits_at(a), y = digits_at(b), xl = strlen(a + x), yl = strlen(b + y);
	int by_prefix = strncmp(a, b, x < y ? x : y);

	if (by_prefix || x != y)
		return by_prefix ? by_prefix : x < y ? -1 : 1;
	/* As wide, the digits are in the order of what they mean. */
	return xl != yl ? (xl < yl ? -1 : 1) : strcmp(a + x, b + y);
}

static int compare(const void *a, const void *b)
{
	return dp_host_compare(*(char *const *)a, *(char *const *)b);
}

void dp_hosts_sort(struct dp_hosts *hosts)
{
	size_t kept = 0;

	if (!hosts->count)
		return;
	qsort(hosts->list, hosts->count, sizeof(*hosts->list), compare);
	for (size_t i = 0; i < hosts->count; i++) {
		if (kept && !strcmp(hosts->list[kept - 1], hosts->list[i]))
			free(hosts->list[i]);
		else
			hosts->list[kept++] = hosts->list[i];
	}
	hosts->count = kept;
}

bool dp_hosts_have(const struct dp_hosts *hosts, const char *name)
{
	return hosts->count &&
	       bsearch(&name, hosts->list, hosts->count, sizeof(*hosts->list), compare);
}

/* ---- writing ------------------------------------------------------------------------------ */

/* Whether @next is the number after that of @name, in a range whose lower end has this width. */
static bool follows(const char *name, const char *next, size_t at, int width)
{
	char digits[DIGITS + 8];

	if (digits_at(next) != at || strncmp(name, next, at) != 0)
		return false;
	snprintf(digits, sizeof(digits), "%0*" PRIu64, width,
		 (uint64_t)strtoull(name + at, NULL, 10) + 1);
	return !strcmp(digits, next + at);
}

/* The first name after a range that begins at @i. */
static size_t end_of_range(const struct dp_hosts *hosts, size_t i, size_t at)
{
	int width = (int)strlen(hosts->list[i] + at);

	for (i++; i < hosts->count; i++)
		if (!follows(hosts->list[i - 1], hosts->list[i], at, width))
			break;
	return i;
}

/* The first name with other letters than those of @i. */
static size_t end_of_prefix(const struct dp_hosts *hosts, size_t i, size_t at)
{
	const char *first = hosts->list[i];

	for (i++; i < hosts->count; i++)
		if (!first[at] || digits_at(hosts->list[i]) != at || !hosts->list[i][at] ||
		    strncmp(first, hosts->list[i], at) != 0)
			break;
	return i;
}

static void write_ranges(FILE *out, const struct dp_hosts *hosts, size_t from, size_t to, size_t at)
{
	for (size_t i = from, next; i < to; i = next) {
		next = end_of_range(hosts, i, at);
		fprintf(out, "%s%s", i > from ? "," : "", hosts->list[i] + at);
		if (next - i > 1)
			fprintf(out, "-%s", hosts->list[next - 1] + at);
	}
}

char *dp_hosts_fold(struct dp_hosts *hosts)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	dp_hosts_sort(hosts);
	for (size_t i = 0, next; i < hosts->count; i = next) {
		size_t at = digits_at(hosts->list[i]);

		next = end_of_prefix(hosts, i, at);
		fputs(i ? "," : "", out);
		if (next - i == 1) {
			fputs(hosts->list[i], out);
			continue;
		}
		fprintf(out, "%.*s[", (int)at, hosts->list[i]);
		write_ranges(out, hosts, i, next, at);
		fputc(']', out);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
