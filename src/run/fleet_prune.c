// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Most of a document is what answers rest on: steps, evidence, proof. A fleet only asks what they
 * are, and reading the rest into objects takes most of the time. So the values of these members are
 * cut out of the text before it is read, strings and brackets being told from what is inside them.
 * What is left is checked by the reader as ever.
 */
#include <stdbool.h>
#include <string.h>

#include "fleet_parts.h"

#include "daxpin/cleanup.h"

/* Whether the values of a member are of no use. @key: after its quotation mark */
static bool is_unwanted(const char *key, size_t len)
{
	static const char *const names[] = { "console", "evidence",  "expected", "pins",
					     "proof",   "steps",     "timing",   "trace",
					     "us",      "vmpin_kib", "reference" };

	for (size_t i = 0; i < DP_ARRAY_SIZE(names); i++)
		if (!strncmp(key, names[i], len) && !names[i][len])
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

/* If a member begins here that is not wanted: where its value begins, and where it ends. */
static bool find_unwanted(char *at, char *end, char **value, char **rest)
{
	char *colon = skip_blanks(end);

	if (*colon != ':' || !is_unwanted(at + 1, (size_t)(end - at) - 2))
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

/* From a quotation mark. */
static void prune_string(char **to, char **from)
{
	char *end = skip_string(*from), *value, *rest;

	if (!end) {
		keep(to, from, strcspn(*from, "\n"));
		return;
	}
	if (!find_unwanted(*from, end, &value, &rest)) {
		keep(to, from, (size_t)(end - *from));
		return;
	}
	keep(to, from, (size_t)(end - *from));
	memcpy(*to, ":0", 2);
	*to += 2;
	*from = rest;
}

void dp_fleet_prune(char *text)
{
	char *from = text, *to = text;

	while (*from) {
		keep(&to, &from, strcspn(from, "\"\n"));
		if (*from == '"') {
			prune_string(&to, &from);
		} else if (*from) {
			/* It stays, as lines may be documents; blanks after it mean nothing. */
			keep(&to, &from, 1);
			from += strspn(from, " \t");
		}
	}
	*to = '\0';
}
