/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings of real guests (tests/data/recorded), cut into what was said about each id; and ways
 * to take parts of it away, or to make it say something else.
 */
#ifndef DAXPIN_TESTS_UNIT_RECORDED_H
#define DAXPIN_TESTS_UNIT_RECORDED_H

#include "test.h"

#include <json-c/json.h>

#include "daxpin/collect.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/policy.h"

#define UNUSED __attribute__((unused))

/* What was said about one id: the lines before the first one begins, and those about it. */
struct recorded {
	char id[96];
	struct json_object *lines; /* an array */
};

struct recording {
	struct recorded *list;
	size_t count;
};

static struct recorded *recorded_of(struct recording *r, const char *id, struct json_object *head)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->list[i].id, id))
			return &r->list[i];
	r->list = realloc(r->list, (r->count + 1) * sizeof(*r->list));
	assert_non_null(r->list);
	snprintf(r->list[r->count].id, sizeof(r->list[0].id), "%s", id);
	r->list[r->count].lines = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(head); i++)
		json_object_array_add(r->list[r->count].lines,
				      json_object_get(json_object_array_get_idx(head, i)));
	return &r->list[r->count++];
}

static bool is_in(struct json_object *array, struct json_object *obj)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (json_object_equal(json_object_array_get_idx(array, i), obj))
			return true;
	return false;
}

/*
 * Cuts a recording up. What has no id of its own belongs to the one that has begun. Before one has,
 * it belongs to all: the kernel, the adapter.
 */
static UNUSED struct recording recording_load(const char *kernel)
{
	dp_autofree char *text = NULL;
	dp_autojson struct json_object *head = json_object_new_array();
	struct recording r = { 0 };
	char path[512], current[96] = "", *rest;

	snprintf(path, sizeof(path), "%s/%s.jsonl", RECORDED, kernel);
	assert_int_equal(dp_read_file(path, 64 << 20, &text, NULL, NULL), 0);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		dp_autojson struct json_object *obj = json_tokener_parse(line);
		const char *kind = dp_json_text(obj, "kind"), *id = dp_json_text(obj, "id");

		if (!kind)
			continue;
		if (!strcmp(kind, "hello")) {
			json_object_put(head);
			head = json_object_new_array();
			current[0] = '\0';
		}
		if (id)
			snprintf(current, sizeof(current), "%s", id);
		if (is_in(head, obj))
			continue;
		if (!strcmp(kind, "hello") || !strcmp(kind, "rdma"))
			json_object_array_add(head, json_object_get(obj));
		if (current[0])
			json_object_array_add(recorded_of(&r, current, head)->lines,
					      json_object_get(obj));
	}
	assert_true(r.count > 0);
	return r;
}

static UNUSED void recording_clear(struct recording *r)
{
	for (size_t i = 0; i < r->count; i++)
		json_object_put(r->list[i].lines);
	free(r->list);
	*r = (struct recording){ 0 };
}

/* Has lines collected and judged; the one at @without is left out. @collect: to be cleared. */
static UNUSED const struct dp_result *replay(const char *id, struct json_object *lines,
					     size_t without, const struct dp_policy *policy,
					     struct dp_collect *collect)
{
	assert_int_equal(dp_collect_init(collect, 1), 0);
	dp_collect_add(collect, id);
	for (size_t i = 0; i < json_object_array_length(lines); i++) {
		const char *text = json_object_to_json_string_ext(
			json_object_array_get_idx(lines, i), JSON_C_TO_STRING_PLAIN);

		if (i == without)
			continue;
		/* What is kept for another boot has ended only when that has read it back. */
		if (!strcmp(dp_json_text(json_object_array_get_idx(lines, i), "kind") ?: "",
			    "begin"))
			collect->records[0].seen = false;
		dp_collect_line(collect, text, strlen(text));
	}
	assert_int_equal(dp_collect_finish(collect, policy), 0);
	return &collect->run.results[0];
}

/* Leaves nothing out. */
#define WHOLE SIZE_MAX

/* The status that lines come to. */
static UNUSED enum dp_status status_of(const char *id, struct json_object *lines, size_t without,
				       const struct dp_policy *policy, char *why, size_t size)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	const struct dp_result *r = replay(id, lines, without, policy, &collect);

	snprintf(why, size, "%s", r->why);
	return r->status;
}

/* A copy of what was said about an id, to be changed. */
static UNUSED struct json_object *recorded_lines(const char *kernel, const char *id)
{
	dp_cleanup(recording_clear) struct recording r = recording_load(kernel);
	struct json_object *copy = NULL;

	for (size_t i = 0; i < r.count; i++)
		if (!strcmp(r.list[i].id, id))
			assert_int_equal(json_object_deep_copy(r.list[i].lines, &copy, NULL), 0);
	if (!copy)
		fail_msg("%s has no %s", kernel, id);
	return copy;
}

/* Where the last observation of a step is; fails if there is none. */
static UNUSED size_t find_step(struct json_object *lines, const char *step)
{
	for (size_t i = json_object_array_length(lines); i-- > 0;) {
		struct json_object *obj = json_object_array_get_idx(lines, i);
		const char *name = dp_json_text(obj, "step"), *kind = dp_json_text(obj, "kind");

		if (name && !strcmp(name, step) && kind && strcmp(kind, "doing"))
			return i;
	}
	fail_msg("there is no step %s", step);
	return 0;
}

/* Has a step say something else; @value is JSON. */
static UNUSED void set(struct json_object *lines, const char *step, const char *key,
		       const char *value)
{
	struct json_object *obj = json_object_array_get_idx(lines, find_step(lines, step));

	json_object_object_add(obj, key, json_tokener_parse(value));
}

/* Takes a step away. */
static UNUSED void take(struct json_object *lines, const char *step)
{
	json_object_array_del_idx(lines, find_step(lines, step), 1);
}

/* Puts a line after a step. */
static UNUSED void put_after(struct json_object *lines, const char *step, const char *line)
{
	size_t at = find_step(lines, step) + 1, count = json_object_array_length(lines);

	json_object_array_add(lines, NULL);
	for (size_t i = count; i > at; i--)
		json_object_array_put_idx(lines, i,
					  json_object_get(json_object_array_get_idx(lines, i - 1)));
	json_object_array_put_idx(lines, at, json_tokener_parse(line));
}

/* ---- what a verdict rests on -------------------------------------------------------------- */

static UNUSED bool is(struct json_object *obj, const char *key, const char *text)
{
	const char *have = dp_json_text(obj, key);

	return have && !strcmp(have, text);
}

static UNUSED bool is_check(const char *id)
{
	return !strncmp(id, "check/", 6);
}

/* A line that says the same stands again later, or sums that are replaced by later ones. */
static UNUSED bool comes_again(struct json_object *lines, size_t i)
{
	struct json_object *line = json_object_array_get_idx(lines, i);

	for (size_t k = i + 1; k < json_object_array_length(lines); k++) {
		struct json_object *other = json_object_array_get_idx(lines, k);

		if (json_object_equal(line, other) && !is(line, "kind", "step"))
			return true;
		if (is(line, "step", "race") && is(other, "step", "race") &&
		    is(line, "kind", "step") && is(other, "kind", "step"))
			return true;
	}
	return false;
}

/* Lines that no verdict rests on. */
static UNUSED bool is_aside(const char *id, struct json_object *line)
{
	static const char *const kinds[] = { "doing", "alive", "done",   "output",
					     "ready", "taken", "modules" };

	for (size_t k = 0; k < DP_ARRAY_SIZE(kinds); k++)
		if (is(line, "kind", kinds[k]))
			return true;
	/* A check is one line. Which kernel and adapter it was chooses the rule, and there are
	 * rules for checks only. */
	if (is_check(id))
		return is(line, "kind", "begin");
	return is(line, "kind", "hello") || is(line, "kind", "rdma");
}

/* Members that explain something to people, and decide nothing. */
static UNUSED bool is_remark(const char *id, struct json_object *line, const char *key)
{
	static const struct {
		const char *step, *key; /* NULL: of any line */
	} remarks[] = {
		{ "race", "text" },       { "race", "where" },          { "race", "device" },
		{ "event", "text" },      { "event-end", "text" },      { "undo", "text" },
		{ "in-flight", "us" },    { "canary", "us" },           { "canary", "first" },
		{ "canary", "text" },     { "canary", "status" },       { "canary", "status_text" },
		{ "canary", "state" },    { "canary", "operations" },   { "verify", "extents" },
		{ "give-up", "where" },   { "verify", "on_demand" },    { "undo", "movable" },
		{ "undo", "where" },      { "failed", "state" },        { "refused", "access" },
		{ "outside", "start" },   { "reached", "told_before" }, { "change", "what" },
		{ "reached", "balloon" }, { "reached", "room" },
	};

	if (!strcmp(key, "at_ms"))
		return true;
	for (size_t i = 0; i < DP_ARRAY_SIZE(remarks); i++)
		if (is(line, "step", remarks[i].step) && !strcmp(key, remarks[i].key))
			return true;
	/* Of the adapter its name, and whether it can do what is not asked; of the kernel's
	 * greeting all but its release; of what was left out, what exactly. */
	if (is(line, "kind", "rdma"))
		return !strcmp(key, "device") || (!strcmp(key, "odp") && !strstr(id, "/on-demand"));
	if (is(line, "kind", "hello"))
		return strcmp(key, "kernel") && strcmp(key, "kind");
	if (is(line, "kind", "left-out"))
		return strcmp(key, "kind") && strcmp(key, "step") && strcmp(key, "text");
	return false;
}

#endif
