// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Most of a document is what answers rest on: steps, evidence, proof. A fleet only asks what they
 * are, and reading the rest into objects takes most of the time. So the values of these members are
 * cut out of the text before it is read, strings and brackets being told from what is inside them.
 * What is left is checked by the reader as ever.
 *
 * Of what is left, the name of the node and when the run began are marked: see fleet_again.c.
 */
#include <stdbool.h>
#include <string.h>

#include "fleet_parts.h"

#include "daxpin/cleanup.h"

/* @key: after its quotation mark */
static bool is_named(const char *key, size_t len, const char *name)
{
	return *key == *name && !strncmp(key, name, len) && !name[len];
}

/* Whether the values of a member are of no use. */
static bool is_unwanted(const char *key, size_t len)
{
	static const char *const names[] = { "console", "evidence",  "expected", "pins",
					     "proof",   "steps",     "timing",   "trace",
					     "us",      "vmpin_kib", "reference" };

	for (size_t i = 0; i < DP_ARRAY_SIZE(names); i++)
		if (is_named(key, len, names[i]))
			return true;
	return false;
}

static char *skip_blanks(char *at)
{
	return at + strspn(at, " \t\r\n");
}

/*
 * @at: the first quotation mark. Return: what follows the second, NULL if there is none on the
 * line: one that was cut off must not make strings of what is between strings in the lines after
 * it.
 */
static char *skip_string(char *at)
{
	for (at++;; at++) {
		at += strcspn(at, "\"\\\n");
		if (*at == '"')
			return at + 1;
		if (*at != '\\' || !*++at || *at == '\n')
			return NULL;
	}
}

/* Return: what follows the value, NULL if it does not end. */
static char *skip_value(char *at)
{
	size_t depth = 0;

	if (*at == '"')
		return skip_string(at);
	if (*at != '{' && *at != '[')
		return at + strcspn(at, ",]} \t\r\n");
	do {
		at += strcspn(at, "\"{}[]");
		if (*at == '"') {
			at = skip_string(at);
			if (!at)
				return NULL;
			continue;
		}
		if (!*at)
			return NULL;
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		at++;
	} while (depth);
	return at;
}

/* If a string is the name of a member: where the value begins, and where it ends. */
static bool find_value(char *end, char **value, char **rest)
{
	char *colon = skip_blanks(end);

	if (*colon != ':')
		return false;
	*value = skip_blanks(colon + 1);
	*rest = skip_value(*value);
	return *rest && *rest != *value;
}

/* Moves a piece of the text to where it goes. */
static void keep(char **to, char **from, size_t len)
{
	memmove(*to, *from, len);
	*to += len;
	*from += len;
}

/* What is kept of a member: its name, a colon, and so much of the value. */
static void keep_member(char **to, char **from, const char *end, char *value, size_t len)
{
	keep(to, from, (size_t)(end - *from));
	*(*to)++ = ':';
	*from = value;
	keep(to, from, len);
}

/* From a quotation mark. @text: where the text begins */
static void prune_string(const char *text, char **to, char **from, struct dp_fleet_marks *marks)
{
	char *key = *from + 1, *end = skip_string(*from), *value, *rest;
	size_t len = end ? (size_t)(end - key) - 1 : 0;
	struct dp_fleet_span *span = is_named(key, len, "node")    ? &marks->node
				     : is_named(key, len, "began") ? &marks->began
								   : NULL;

	if (!end) {
		keep(to, from, strcspn(*from, "\n"));
	} else if (!(span || is_unwanted(key, len)) || !find_value(end, &value, &rest)) {
		keep(to, from, (size_t)(end - *from));
	} else if (span) {
		marks->several |= span->len > 0;
		span->len = (size_t)(rest - value);
		keep_member(to, from, end, value, span->len);
		span->at = (size_t)(*to - text) - span->len;
	} else {
		keep_member(to, from, end, value, 0);
		*(*to)++ = '0';
		*from = rest;
	}
}

void dp_fleet_prune(char *text, struct dp_fleet_marks *marks)
{
	char *from = text, *to = text;

	*marks = (struct dp_fleet_marks){ 0 };
	while (*from) {
		keep(&to, &from, strcspn(from, "\"\n"));
		if (*from == '"') {
			prune_string(text, &to, &from, marks);
		} else if (*from) {
			/* It stays, as lines may be documents; blanks after it mean nothing. */
			keep(&to, &from, 1);
			from += strspn(from, " \t");
		}
	}
	*to = '\0';
}
