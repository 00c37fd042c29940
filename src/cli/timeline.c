// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One result of a stored run, as a timeline that can be pasted into a bug report. The file may come
 * from anywhere: nothing in it is believed to have the right type, and only text is printed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/order.h"
#include "daxpin/policy.h"
#include "daxpin/results.h"
#include "daxpin/text.h"

/* Without what a terminal would obey. NULL is nothing. */
static void print_text(const char *text)
{
	dp_autofree char *copy = strdup(text ? text : "");

	if (!copy)
		return;
	dp_printable(copy);
	fputs(copy, stdout);
}

/* A word of ours, and a text of the file's. */
static void say(const char *before, const char *text)
{
	fputs(before, stdout);
	print_text(text);
}

static const char *text_of(struct json_object *obj, const char *key)
{
	const char *text = dp_json_text(obj, key);

	return text ? text : "";
}

static struct json_object *find(struct json_object *run, const char *id)
{
	struct json_object *results = dp_json_array(run, "results");

	for (size_t i = 0; i < dp_json_count(results); i++) {
		struct json_object *result = json_object_array_get_idx(results, i);

		if (!strcmp(text_of(result, "id"), id))
			return result;
	}
	return NULL;
}

static void print_run(struct json_object *run)
{
	struct json_object *rdma = dp_json_object(run, "rdma");

	say("kernel ", text_of(run, "kernel"));
	say(" on the ", text_of(run, "where"));
	if (text_of(run, "accel")[0]) {
		say(" (", text_of(run, "accel"));
		printf(")");
	}
	if (rdma) {
		say(", RDMA device ", text_of(rdma, "device"));
		say(" (", text_of(rdma, "provider"));
		printf(")");
	}
	printf("\n");
}

/* Of a step: all that is not the frame of the line. */
static void print_members(struct json_object *obj)
{
	static const char *const frame[] = { "kind",  "step",  "at_ms",   "ms",     "lines",
					     "state", "moves", "control", "windows" };
	const char *separator = text_of(obj, "state")[0] ? ", " : "";

	print_text(text_of(obj, "state"));
	json_object_object_foreach (obj, key, value) {
		bool shown = value != NULL;

		for (size_t i = 0; i < DP_ARRAY_SIZE(frame); i++)
			shown &= strcmp(key, frame[i]) != 0;
		if (!shown)
			continue;
		say(separator, key);
		say("=", json_object_get_string(value));
		separator = ", ";
	}
	printf("\n");
}

static void print_number(struct json_object *obj, const char *key)
{
	int64_t value;

	if (dp_json_int(obj, key, &value))
		printf("%8s", "");
	else
		printf("%8lld", (long long)value);
}

static void print_steps(struct json_object *steps)
{
	printf("\n%8s%8s  %-24s\n", "at ms", "took", "step");
	for (size_t i = 0; i < dp_json_count(steps); i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);
		const char *kind;

		if (!json_object_is_type(step, json_type_object))
			continue;
		kind = text_of(step, "kind");
		if (!strcmp(kind, "course"))
			continue;
		print_number(step, "at_ms");
		print_number(step, "ms");
		printf("  ");
		if (!strcmp(kind, "kernel")) {
			printf("%-24s", "! kernel");
			print_text(text_of(step, "splat"));
			say(" in ", text_of(step, "function"));
			say(", during ", text_of(step, "step"));
			printf("\n");
			continue;
		}
		printf("%-24.24s", text_of(step, "step"));
		print_members(step);
	}
}

static void print_drawing(struct json_object *steps)
{
	char lines[DP_DRAWING_LINES][DP_DRAWING_WIDTH];
	size_t count = dp_order_draw(steps, lines, DP_DRAWING_LINES);

	for (size_t i = 0; i < count; i++) {
		say(i ? "  " : "\n  ", lines[i]);
		printf("\n");
	}
}

/* What the kernel said, all of it. */
static void print_splats(struct json_object *steps)
{
	for (size_t i = 0; i < dp_json_count(steps); i++) {
		struct json_object *lines =
			dp_json_array(json_object_array_get_idx(steps, i), "lines");

		if (dp_json_count(lines))
			printf("\n");
		for (size_t k = 0; k < dp_json_count(lines); k++) {
			say("  | ", dp_json_text_at(lines, k));
			printf("\n");
		}
	}
}

/* The call story of a registration, as the witness has it. */
static void print_story(struct json_object *result)
{
	const char *name = text_of(result, "errno");
	struct dp_evidence evidence = { 0 };
	struct dp_story story;

	dp_evidence_read(dp_json_object(result, "evidence"), &evidence);
	dp_evidence_tell(&evidence, name[0] ? dp_errno_from_name(name) : 0, &story);
	for (size_t i = 0; i < story.count; i++) {
		say("  ", story.lines[i]);
		printf("\n");
	}
}

static void print_course(struct json_object *evidence)
{
	dp_autofree char *text = dp_course_text(evidence);

	if (text)
		printf("\n%s", text);
}

static void print_trace(struct json_object *trace)
{
	for (size_t i = 0; i < dp_json_count(trace); i++) {
		say(i ? "  " : "\n  ", dp_json_text_at(trace, i));
		printf("\n");
	}
}

static void print_answer(struct json_object *result)
{
	struct json_object *steps = dp_json_array(result, "steps");

	if (steps) {
		print_steps(steps);
		print_drawing(steps);
		print_course(dp_json_object(result, "evidence"));
	} else if (text_of(result, "verdict")[0]) {
		say("\n  the kernel said: ", text_of(result, "verdict"));
		say(" ", text_of(result, "errno"));
		printf("\n");
		print_story(result);
	}
	say("\n", text_of(result, "why"));
	printf("\n");
	if (steps)
		print_splats(steps);
	print_trace(dp_json_array(result, "trace"));
}

static bool same_answer(struct json_object *a, struct json_object *b)
{
	return !strcmp(text_of(a, "status"), text_of(b, "status")) &&
	       !strcmp(text_of(a, "why"), text_of(b, "why"));
}

/* Of what was asked several times, each answer once: the first round that gave it. */
static void print_rounds(struct json_object *rounds)
{
	size_t count = dp_json_count(rounds);

	for (size_t i = 0; i < count; i++) {
		struct json_object *round = json_object_array_get_idx(rounds, i);
		size_t same = 0, first = 0;

		while (first < i && !same_answer(json_object_array_get_idx(rounds, first), round))
			first++;
		if (first < i)
			continue;
		for (size_t k = i; k < count; k++)
			same += same_answer(json_object_array_get_idx(rounds, k), round);
		printf("\nround %zu, and %zu more of %zu: ", i + 1, same - 1, count);
		print_text(text_of(round, "status"));
		printf("\n");
		print_answer(round);
	}
}

static void print_result(struct json_object *run, struct json_object *result, const char *id)
{
	struct json_object *rounds = dp_json_array(result, "rounds");

	printf("%s: ", id);
	print_text(text_of(result, "status"));
	printf("\n");
	print_run(run);
	if (rounds)
		print_rounds(rounds);
	else
		print_answer(result);
}

int cli_timeline(const char *path, const char *id, bool json, struct dp_error *err)
{
	dp_autojson struct json_object *root = NULL;
	struct json_object *runs;
	size_t found = 0;
	int rc = dp_results_read(path, &root, err);

	if (rc)
		return rc;
	runs = dp_json_array(root, "runs");
	for (size_t i = 0; i < dp_json_count(runs); i++) {
		struct json_object *run = json_object_array_get_idx(runs, i);
		struct json_object *result = find(run, id);

		if (!result)
			continue;
		if (found++ && !json)
			printf("\n");
		if (json)
			cli_print_json(result);
		else
			print_result(run, result, id);
	}
	return found ? 0 : dp_bad_input(err, "%s has no result of \"%.100s\"", path, id);
}
