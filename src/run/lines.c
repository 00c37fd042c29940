// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON Lines (docs/json.md), put together to the document that they would have been. */
#include <string.h>

#include "lines.h"

#include "daxpin/json.h"

static bool same_text(struct json_object *a, struct json_object *b, const char *key)
{
	const char *x = dp_json_text(a, key), *y = dp_json_text(b, key);

	return !strcmp(x ? x : "", y ? y : "");
}

/* The run that a line belongs to. Before a guest is heard of, its kernel has only been asked for.
 */
static struct json_object *run_of(struct json_object *runs, struct json_object *line)
{
	struct json_object *run;

	for (size_t i = 0; i < dp_json_count(runs); i++) {
		run = json_object_array_get_idx(runs, i);
		if (same_text(run, line, "node") && same_text(run, line, "kernel") &&
		    same_text(run, line, "kernel_spec") && same_text(run, line, "carrier") &&
		    same_text(run, line, "pinner"))
			return run;
	}
	run = json_object_new_object();
	if (dp_json_text(line, "node"))
		dp_json_add_text(run, "node", dp_json_text(line, "node"));
	dp_json_add_text(run, "kernel", dp_json_text(line, "kernel"));
	dp_json_add_text(run, "kernel_spec", dp_json_text(line, "kernel_spec"));
	if (dp_json_text(line, "carrier"))
		dp_json_add_text(run, "carrier", dp_json_text(line, "carrier"));
	if (dp_json_text(line, "pinner"))
		dp_json_add_text(run, "pinner", dp_json_text(line, "pinner"));
	json_object_object_add(run, "results", json_object_new_array());
	dp_json_add_text(run, "ended_early", "the file ends before the run");
	json_object_array_add(runs, run);
	return run;
}

static bool same_round(struct json_object *a, struct json_object *b)
{
	return dp_json_int_or(a, "round", 0) == dp_json_int_or(b, "round", 0);
}

/* What was asked again has two lines; the later one counts. */
static void add_round(struct json_object *list, struct json_object *result)
{
	for (size_t i = 0; i < dp_json_count(list); i++)
		if (same_round(json_object_array_get_idx(list, i), result)) {
			json_object_array_put_idx(list, i, json_object_get(result));
			return;
		}
	json_object_array_add(list, json_object_get(result));
}

/* Where the result with this id is; their number, if there is none. */
static size_t place_of(struct json_object *results, struct json_object *line)
{
	size_t i = 0;

	while (i < dp_json_count(results) &&
	       !same_text(json_object_array_get_idx(results, i), line, "id"))
		i++;
	return i;
}

/* Of an id that is asked once, the line is its result; otherwise it is one of its rounds. */
static void add_result(struct json_object *results, struct json_object *line)
{
	size_t place = place_of(results, line);
	struct json_object *result = json_object_array_get_idx(results, place);

	if (!dp_json_int_or(line, "round", 0)) {
		json_object_array_put_idx(results, place, json_object_get(line));
		return;
	}
	if (!dp_json_array(result, "rounds")) {
		result = json_object_new_object();
		dp_json_add_text(result, "id", dp_json_text(line, "id"));
		json_object_object_add(result, "rounds", json_object_new_array());
		json_object_array_put_idx(results, place, result);
	}
	add_round(dp_json_array(result, "rounds"), line);
}

static void add_line(struct json_object *runs, struct json_object *line)
{
	struct json_object *result = dp_json_object(line, "result");
	struct json_object *heading = dp_json_object(line, "run"), *run;

	if (!result && !heading)
		return;
	run = run_of(runs, line);
	if (result)
		add_result(dp_json_array(run, "results"), result);
	if (!heading)
		return;
	json_object_object_del(run, "ended_early");
	json_object_object_foreach (heading, key, value)
		json_object_object_add(run, key, json_object_get(value));
}

struct json_object *dp_lines_document(char *rest)
{
	struct json_object *root = json_object_new_object(), *runs = json_object_new_array();

	dp_json_add_text(root, "schema", "daxpin/1");
	json_object_object_add(root, "runs", runs);
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		dp_autojson struct json_object *obj = dp_json_parse(line);
		struct json_object *tool = dp_json_object(obj, "tool");

		if (tool)
			json_object_object_add(root, "tool", json_object_get(tool));
		else if (obj)
			add_line(runs, obj);
	}
	return root;
}
