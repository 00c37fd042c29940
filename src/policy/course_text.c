// SPDX-License-Identifier: GPL-2.0-or-later
/* What a teardown does inside the kernel, from its event on. It may come from a file: nothing is
 * believed. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/policy.h"
#include "daxpin/text.h"

/* So many calls are written; the document has all. */
#define CALLS 80

/* A line, or a part of one, without what a terminal would obey. */
__attribute__((format(printf, 2, 3))) static void put(FILE *out, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	dp_printable(text);
	fputs(text, out);
}

static const char *word(struct json_object *obj, const char *key)
{
	const char *text = dp_json_text(obj, key);

	return text ? text : "";
}

static void put_ms(FILE *out, struct json_object *obj, const char *key)
{
	double ms;

	if (dp_json_double(obj, key, &ms))
		put(out, "%11s", "");
	else
		put(out, "%11.1f", ms);
}

static void put_call(FILE *out, struct json_object *call)
{
	int64_t value;

	put_ms(out, call, "at");
	put_ms(out, call, "took");
	put(out, "  %.100s: %.100s()", word(call, "task"), word(call, "function"));
	if (!dp_json_int(call, "value", &value))
		put(out, " = %" PRId64, value);
	if (!dp_json_int(call, "times", &value))
		put(out, ", %" PRId64 " times", value);
	put(out, "\n");
}

static void put_calls(FILE *out, struct json_object *calls)
{
	size_t count = dp_json_count(calls);

	put(out, "Inside the kernel, from the event on:\n%11s%11s  function\n", "at ms", "took");
	for (size_t i = 0; i < count && i < CALLS; i++)
		put_call(out, json_object_array_get_idx(calls, i));
	if (count > CALLS)
		put(out, "%24s%zu more\n", "", count - CALLS);
}

static void put_waits(FILE *out, struct json_object *waits)
{
	char text[384];

	for (size_t i = 0; i < dp_json_count(waits); i++) {
		struct json_object *wait = json_object_array_get_idx(waits, i);

		dp_wait_text(wait, text, sizeof(text));
		put(out, "  %.100s: %s\n", word(wait, "task"), text);
	}
}

static void put_evidence(FILE *out, struct json_object *evidence)
{
	struct json_object *course = dp_json_array(evidence, "course");
	struct json_object *waits = dp_json_array(evidence, "waits");
	const char *missing = dp_json_text(evidence, "missing");
	bool seen = course && dp_json_bool_or(evidence, "seen", false);

	if (seen)
		put_calls(out, course);
	if (seen && (dp_json_count(waits) || missing))
		put(out, "\n");
	put_waits(out, waits);
	if (missing)
		put(out, "  not seen: %.300s\n", missing);
}

char *dp_course_text(struct json_object *evidence)
{
	dp_autofree char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	put_evidence(out, evidence);
	return fclose(out) || !len ? NULL : dp_take_ptr(text);
}
