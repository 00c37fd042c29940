// SPDX-License-Identifier: GPL-2.0-or-later
/* The document "daxpin/1" (docs/json.md), read back. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/results.h"

#include "lines.h"
#include "older.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/question.h"

/* All questions on one kernel take 2 MiB. */
#define RESULTS_LIMIT (256 << 20)
/* More than a document of daxpin's can have. */
#define MAX_RUNS    1024
#define MAX_RESULTS 100000

static struct json_object *member(struct json_object *obj, const char *key, json_type type)
{
	struct json_object *value = json_object_is_type(obj, json_type_object)
					    ? json_object_object_get(obj, key)
					    : NULL;

	return json_object_is_type(value, type) ? value : NULL;
}

/* ---- JSON Lines: put together as the document that they would have been ------------------- */

static bool is_lines(const char *text)
{
	static const char begin[] = "{\"schema\":\"daxpin-lines/1\"";

	return !strncmp(text, begin, sizeof(begin) - 1);
}

int dp_results_read(const char *path, struct json_object **root, struct dp_error *err)
{
	dp_autofree char *text = NULL;
	const char *schema;
	int rc;

	if (dp_read_file(path, RESULTS_LIMIT, &text, NULL, err)) {
		err->input = true;
		return -EINVAL;
	}
	*root = is_lines(text) ? dp_lines_document(text) : json_tokener_parse(text);
	if (!json_object_is_type(*root, json_type_object)) {
		rc = dp_bad_input(err, "%s is not a JSON document, or was cut short", path);
	} else {
		schema = dp_json_text(*root, "schema");
		if (schema && !strcmp(schema, "daxpin/1")) {
			dp_update_older(*root);
			return 0;
		}
		rc = dp_bad_input(err, "%s is not a result file of daxpin (schema \"daxpin/1\")",
				  path);
	}
	json_object_put(*root);
	*root = NULL;
	return rc;
}

static bool flag(struct json_object *obj, const char *key, bool otherwise)
{
	struct json_object *value = member(obj, key, json_type_boolean);

	return value ? json_object_get_boolean(value) : otherwise;
}

static int64_t number(struct json_object *obj, const char *key)
{
	int64_t value = 0;

	return obj && !dp_json_int(obj, key, &value) ? value : 0;
}

static void text(struct json_object *obj, const char *key, char *to, size_t size)
{
	const char *value = obj ? dp_json_text(obj, key) : NULL;

	snprintf(to, size, "%s", value ? value : "");
	dp_printable(to);
}

static bool read_status(struct json_object *obj, enum dp_status *status)
{
	const char *name = dp_json_text(obj, "status");

	for (int i = 0; i < DP_STATUSES; i++)
		if (name && !strcmp(name, dp_status_name(i))) {
			*status = i;
			return true;
		}
	return false;
}

static void read_expected(struct json_object *obj, struct dp_result *r)
{
	const char *verdict = obj ? dp_json_text(obj, "verdict") : NULL;
	const char *name = obj ? dp_json_text(obj, "errno") : NULL;

	r->expected = verdict != NULL;
	if (verdict && strcmp(verdict, "allowed"))
		r->expected_err = name && dp_errno_from_name(name) ? dp_errno_from_name(name) : -1;
}

static void read_violates(struct json_object *list, struct dp_result *r)
{
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (json_object_is_type(one, json_type_string))
			r->violates |= dp_clause_find(json_object_get_string(one));
	}
}

/* In the report the splat's own key is "kind"; in the stream that is the line's. */
static struct json_object *read_kernel(struct json_object *obj)
{
	struct json_object *splat, *lines;
	dp_autofree char *copy = NULL;
	char *rest;

	if (!obj)
		return NULL;
	splat = json_object_new_object();
	lines = json_object_new_array();
	copy = strdup(dp_json_text(obj, "text") ? dp_json_text(obj, "text") : "");
	rest = copy;
	if (copy)
		dp_printable(copy);
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (*line)
			json_object_array_add(lines, json_object_new_string(line));
	dp_json_add_text(splat, "kind", "kernel");
	dp_json_add_text(splat, "splat", dp_json_text(obj, "kind"));
	dp_json_add_text(splat, "function", dp_json_text(obj, "function"));
	dp_json_add_text(splat, "step", dp_json_text(obj, "step"));
	json_object_object_add(splat, "lines", lines);
	return splat;
}

static int read_result(struct json_object *obj, struct dp_result *r, const char *name,
		       struct dp_error *err)
{
	if (!json_object_is_type(obj, json_type_object))
		return dp_bad_input(err, "%s: a result is not an object", name);
	text(obj, "id", r->id, sizeof(r->id));
	if (!strchr(r->id, '/') || strchr(strchr(r->id, '/') + 1, '/') == NULL)
		return dp_bad_input(err, "%s: a result has no id", name);
	if (!read_status(obj, &r->status))
		return dp_bad_input(err, "%s: %s has no status", name, r->id);
	text(obj, "why", r->why, sizeof(r->why));
	text(obj, "reference", r->reference, sizeof(r->reference));
	r->observed = dp_json_text(obj, "verdict") != NULL;
	if (r->observed && !dp_answer_read(obj, r->id, &r->cell))
		return dp_bad_input(err, "%s: %s has no answer that can be read", name, r->id);
	r->unproven = !flag(obj, "proven", true);
	r->unfinished = !flag(obj, "ended", true);
	read_expected(member(obj, "expected", json_type_object), r);
	read_violates(member(obj, "violates", json_type_array), r);
	r->facts = json_object_get(member(obj, "facts", json_type_object));
	r->steps = json_object_get(member(obj, "steps", json_type_array));
	r->kernel = read_kernel(member(obj, "kernel", json_type_object));
	return 0;
}

static void read_phases(struct json_object *timing, struct dp_run_record *run)
{
	char name[sizeof(run->phases[0].name) + 8];

	if (!timing)
		return;
	json_object_object_foreach (timing, key, value) {
		size_t len = strlen(key);

		if (len < 4 || len >= sizeof(name) || strcmp(key + len - 3, "_ms") ||
		    !json_object_is_type(value, json_type_int))
			continue;
		snprintf(name, sizeof(run->phases[0].name), "%.*s", (int)len - 3, key);
		dp_run_add_phase(run, name, (uint64_t)json_object_get_int64(value));
	}
}

static void read_heading(struct json_object *obj, struct dp_run_record *run)
{
	struct json_object *rdma = member(obj, "rdma", json_type_object);

	text(obj, "where", run->where, sizeof(run->where));
	text(obj, "accel", run->accel, sizeof(run->accel));
	text(obj, "kernel", run->subject.kernel, sizeof(run->subject.kernel));
	text(obj, "kernel_spec", run->kernel_spec, sizeof(run->kernel_spec));
	text(obj, "modules", run->modules, sizeof(run->modules));
	text(obj, "note", run->note, sizeof(run->note));
	text(obj, "ended_early", run->ending, sizeof(run->ending));
	text(obj, "kernel_splat", run->splat, sizeof(run->splat));
	text(rdma, "device", run->rdma_device, sizeof(run->rdma_device));
	text(rdma, "provider", run->subject.provider, sizeof(run->subject.provider));
	run->subject.odp = flag(rdma, "odp", false);
	run->subject.odp_seen = member(rdma, "odp", json_type_boolean) != NULL;
	run->subject.host = !strcmp(run->where, "host");
	run->jobs = (unsigned int)number(obj, "jobs");
	run->boots = (unsigned int)number(obj, "boots");
	read_phases(member(obj, "timing", json_type_object), run);
}

static int read_console(struct json_object *list, struct dp_run_record *run)
{
	size_t count = list ? json_object_array_length(list) : 0;

	if (!count || count > MAX_RESULTS)
		return 0;
	run->console = calloc(count, sizeof(*run->console));
	if (!run->console)
		return -ENOMEM;
	for (; run->nconsole < count; run->nconsole++) {
		struct json_object *line = json_object_array_get_idx(list, run->nconsole);
		char *copy = strdup(json_object_is_type(line, json_type_string)
					    ? json_object_get_string(line)
					    : "");

		if (!copy)
			return -ENOMEM;
		dp_printable(copy);
		run->console[run->nconsole] = copy;
	}
	return 0;
}

static int read_run(struct json_object *obj, struct dp_run_record *run, const char *name,
		    struct dp_error *err)
{
	struct json_object *list = member(obj, "results", json_type_array);
	size_t count = list ? json_object_array_length(list) : 0;
	int rc = 0;

	if (!list || count > MAX_RESULTS)
		return dp_bad_input(err, "%s: a run has no results", name);
	read_heading(obj, run);
	run->results = calloc(count + 1, sizeof(*run->results));
	if (!run->results)
		return -ENOMEM;
	for (; run->count < count && !rc; run->count++)
		rc = read_result(json_object_array_get_idx(list, run->count),
				 &run->results[run->count], name, err);
	return rc ? rc : read_console(member(obj, "console", json_type_array), run);
}

int dp_results_parse(struct json_object *root, const char *name, struct dp_results *results,
		     struct dp_error *err)
{
	struct json_object *list = member(root, "runs", json_type_array);
	size_t count = list ? json_object_array_length(list) : 0;
	int rc = 0;

	*results = (struct dp_results){ 0 };
	if (!count || count > MAX_RUNS)
		return dp_bad_input(err, "%s has no runs", name);
	results->runs = calloc(count, sizeof(*results->runs));
	if (!results->runs)
		return -ENOMEM;
	for (; results->count < count && !rc; results->count++)
		rc = read_run(json_object_array_get_idx(list, results->count),
			      &results->runs[results->count], name, err);
	if (rc)
		dp_results_clear(results);
	return rc;
}

int dp_results_load(const char *path, struct dp_results *results, struct dp_error *err)
{
	struct json_object *root = NULL;
	int rc = dp_results_read(path, &root, err);

	if (!rc)
		rc = dp_results_parse(root, path, results, err);
	json_object_put(root);
	return rc;
}

void dp_results_clear(struct dp_results *results)
{
	for (size_t i = 0; i < results->count; i++)
		dp_run_clear(&results->runs[i]);
	free(results->runs);
	*results = (struct dp_results){ 0 };
}

/* How a stored result ended that has steps: skipped, at its end, or not at all. */
static bool ending_of(const struct dp_result *old, struct dp_cell *cell)
{
	bool skipped = old->status == DP_SKIP_STATUS;

	*cell = (struct dp_cell){ .outcome = skipped ? DP_SKIPPED : DP_ANSWERED };
	snprintf(cell->text, sizeof(cell->text), "%.500s", skipped ? old->why : "");
	return skipped || !old->unfinished;
}

/*
 * What was skipped, or was an error because nobody answered, stays so. A verdict whose observation
 * is not there any more has gone with it.
 */
static bool keeps_status(const struct dp_result *old)
{
	return !old->observed && (old->status == DP_SKIP_STATUS || old->status == DP_ERROR);
}

static void judge(const struct dp_run_record *run, const struct dp_policy *policy,
		  struct dp_result *r)
{
	const struct dp_question *question = dp_question_of(r->id);
	struct dp_result old = *r;
	struct dp_cell ending;
	struct dp_observed o = { .id = old.id, .doing = "", .absent = old.why };

	if (question && !question->steps && keeps_status(&old))
		return;
	if (question && question->steps) {
		o.steps = old.steps;
		o.cell = ending_of(&old, &ending) ? &ending : NULL;
	} else if (old.observed) {
		o.cell = &old.cell;
	} else {
		o.absent = "not observed: \"verdict\"";
	}
	dp_judge(policy, &run->subject, &o, r);
	dp_result_clear(&old);
}

void dp_results_judge(struct dp_results *results, const struct dp_policy *policy)
{
	for (size_t i = 0; i < results->count; i++)
		for (size_t k = 0; k < results->runs[i].count; k++)
			judge(&results->runs[i], policy, &results->runs[i].results[k]);
}
