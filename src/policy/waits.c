// SPDX-License-Identifier: GPL-2.0-or-later
/* Waits of a teardown, for people. They may come from a file: nothing is believed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "course.h"

#include "daxpin/json.h"
#include "daxpin/policy.h"

static const char *word(struct json_object *obj, const char *key)
{
	const char *text = dp_json_text(obj, key);

	return text ? text : "";
}

/* The outermost of the calls: what people know it by. */
static const char *outermost(struct json_object *obj)
{
	const char *first = dp_json_text_at(dp_json_array(obj, "within"), 0);

	return first ? first : word(obj, "function");
}

static const char *name_of(struct json_object *by)
{
	const char *task = word(by, "task"), *name = word(by, "name");

	if (!strcmp(task, "interrupt"))
		return "an interrupt";
	if (!strcmp(task, "owner") || !strcmp(task, "release") || !strcmp(task, "teardown"))
		return task[0] == 'o'   ? "the owner"
		       : task[0] == 'r' ? "the release"
					: "the teardown";
	return name[0] ? name : "another task";
}

static void tell_end(struct json_object *by, char *text, size_t size)
{
	struct json_object *list = dp_json_array(by, "functions");
	const char *join = " after ";
	size_t used = (size_t)snprintf(text, size, ", ended by %.40s", name_of(by));

	for (size_t i = 0; i < dp_json_count(list) && used + 64 < size; i++) {
		const char *name = dp_json_text_at(list, i);

		if (!name)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%.50s()", join, name);
		join = " > ";
	}
}

static void tell_wait(struct json_object *wait, bool timed, char *text, size_t size)
{
	const char *function = word(wait, "function"), *known = outermost(wait);
	struct json_object *by = dp_json_object(wait, "ended_by");
	char how_long[48] = "waits on", in[80] = "", end[256] = "";
	double waited;

	if (!dp_json_double(wait, "waited", &waited))
		snprintf(how_long, sizeof(how_long), timed ? "waited %.0f ms" : "waited", waited);
	if (strcmp(function, known) != 0)
		snprintf(in, sizeof(in), " in %.60s()", function);
	if (by)
		tell_end(by, end, sizeof(end));
	snprintf(text, size, "%.60s() %s%s%s", known[0] ? known : "?", how_long, in, end);
}

void dp_wait_text(struct json_object *wait, char *text, size_t size)
{
	tell_wait(wait, true, text, size);
}

static struct json_object *longest_of(struct json_object *waits)
{
	struct json_object *longest = NULL;
	double most = -1;

	for (size_t i = 0; i < dp_json_count(waits); i++) {
		struct json_object *wait = json_object_array_get_idx(waits, i);
		double waited = 1e18;

		dp_json_double(wait, "waited", &waited);
		if (waited > most) {
			most = waited;
			longest = wait;
		}
	}
	return longest;
}

void dp_course_tell(struct json_object *evidence, char *text, size_t size)
{
	struct json_object *longest = longest_of(dp_json_array(evidence, "waits"));

	text[0] = '\0';
	if (longest)
		tell_wait(longest, false, text, size);
}

void dp_inside_text(struct json_object *evidence, char *text, size_t size)
{
	struct json_object *waits = dp_json_array(evidence, "waits");
	struct json_object *longest = longest_of(waits);
	const char *missing = word(evidence, "missing");
	int64_t calls;

	text[0] = '\0';
	if (!evidence)
		return;
	if (!dp_json_bool_or(evidence, "seen", false))
		snprintf(text, size, "not witnessed: %.120s",
			 missing[0] ? missing : "nobody says why");
	else if (!dp_json_int(evidence, "calls", &calls))
		snprintf(text, size,
			 "of %" PRId64 " calls of gup-fast %" PRId64 " ended there, %" PRId64
			 " fell back to the slow path, %" PRId64 " gave references back",
			 calls, dp_json_int_or(evidence, "ended_fast", 0),
			 dp_json_int_or(evidence, "fell_back", 0),
			 dp_json_int_or(evidence, "dropped", 0));
	else if (longest)
		tell_wait(longest, true, text, size);
}
