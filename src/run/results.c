// SPDX-License-Identifier: GPL-2.0-or-later
/* The document "daxpin/1" (docs/json.md), read back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/results.h"

#include "lines.h"
#include "older.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/question.h"

/* All questions on one kernel take 2 MiB. */
#define RESULTS_LIMIT (256 << 20)
/* More than a document of daxpin's can have. */
#define MAX_RUNS    1024
#define MAX_RESULTS 100000

static bool is_lines(const char *text)
{
	static const char begin[] = "{\"schema\":\"daxpin-lines/1\"";

	return !strncmp(text, begin, sizeof(begin) - 1);
}

int dp_results_read(const char *path, struct json_object **root, struct dp_error *err)
{
	dp_autofree char *text = NULL;

	if (dp_read_file(path, RESULTS_LIMIT, &text, NULL, err)) {
		err->input = true;
		return -EINVAL;
	}
	return dp_results_document(text, path, root, err);
}

int dp_results_document(char *text, const char *path, struct json_object **root,
			struct dp_error *err)
{
	const char *schema;
	int rc;

	*root = is_lines(text) ? dp_lines_document(text) : dp_json_parse(text);
	if (!*root) {
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

static void text(struct json_object *obj, const char *key, char *to, size_t size)
{
	const char *value = dp_json_text(obj, key);

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
	const char *verdict = dp_json_text(obj, "verdict"), *name = dp_json_text(obj, "errno");

	r->expected = verdict != NULL;
	if (verdict && strcmp(verdict, "allowed"))
		r->expected_err = name && dp_errno_from_name(name) ? dp_errno_from_name(name) : -1;
}

static void read_violates(struct json_object *list, struct dp_result *r)
{
	for (size_t i = 0; i < dp_json_count(list); i++) {
		const char *name = dp_json_text_at(list, i);

		if (name)
			r->violates |= dp_clause_find(name);
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
			dp_json_append_text(lines, line);
	dp_json_add_text(splat, "kind", "kernel");
	dp_json_add_text(splat, "splat", dp_json_text(obj, "kind"));
	dp_json_add_text(splat, "function", dp_json_text(obj, "function"));
	dp_json_add_text(splat, "step", dp_json_text(obj, "step"));
	json_object_object_add(splat, "lines", lines);
	return splat;
}

/* How it compared with the baseline that it was held against then. */
static void read_baseline(struct json_object *obj, struct dp_result *r)
{
	const char *name = dp_json_text(obj, "baseline");

	for (int i = DP_NO_BASELINE + 1; name && i < DP_BASELINES; i++)
		if (!strcmp(name, dp_baseline_name(i)))
			r->baseline = i;
	text(obj, "baseline_kind", r->was, sizeof(r->was));
}

static int read_answer(struct json_object *obj, struct dp_result *r, const char *name,
		       struct dp_error *err)
{
	if (!json_object_is_type(obj, json_type_object))
		return dp_bad_input(err, "%s: a result is not an object", name);
	/* One that was cut off would be the id of another result. */
	if (dp_json_copy_text(obj, "id", r->id, sizeof(r->id)) || !strchr(r->id, '/'))
		return dp_bad_input(err, "%s: a result has no id", name);
	if (!read_status(obj, &r->status))
		return dp_bad_input(err, "%s: %s has no status", name, r->id);
	text(obj, "why", r->why, sizeof(r->why));
	text(obj, "reference", r->reference, sizeof(r->reference));
	read_baseline(obj, r);
	r->observed = dp_json_text(obj, "verdict") != NULL;
	if (r->observed && !dp_answer_read(obj, r->id, &r->cell))
		return dp_bad_input(err, "%s: %s has no answer that can be read", name, r->id);
	r->unproven = !dp_json_bool_or(obj, "proven", true);
	text(obj, "deviates", r->deviates, sizeof(r->deviates));
	r->unwitnessed = dp_json_bool_or(obj, "unwitnessed", false);
	r->unfinished = !dp_json_bool_or(obj, "ended", true);
	read_expected(dp_json_object(obj, "expected"), r);
	read_violates(dp_json_array(obj, "violates"), r);
	r->facts = json_object_get(dp_json_object(obj, "facts"));
	if (!r->observed)
		r->evidence = json_object_get(dp_json_object(obj, "evidence"));
	r->steps = json_object_get(dp_json_array(obj, "steps"));
	r->trace = json_object_get(dp_json_array(obj, "trace"));
	r->kernel = read_kernel(dp_json_object(obj, "kernel"));
	return 0;
}

/* ---- rounds ------------------------------------------------------------------------------ */

static int read_round(struct json_object *obj, struct dp_result *r, const char *name,
		      struct dp_error *err)
{
	struct dp_result *to = &r->rounds[r->nrounds];
	int64_t round = dp_json_int_or(obj, "round", 0);
	int rc;

	if (round < 1 || round > DP_MAX_ROUNDS || dp_result_round(r, (unsigned int)round))
		return dp_bad_input(err, "%s: the rounds of %s have no numbers of their own", name,
				    r->id);
	r->nrounds++;
	rc = read_answer(obj, to, name, err);
	to->round = (unsigned int)round;
	if (!rc && strcmp(to->id, r->id) != 0)
		rc = dp_bad_input(err, "%s: %s has a round of %s", name, r->id, to->id);
	return rc;
}

/* What stands beside the rounds follows from them. */
static int read_result(struct json_object *obj, unsigned int repeat, struct dp_result *r,
		       const char *name, struct dp_error *err)
{
	struct json_object *rounds = dp_json_array(obj, "rounds");
	size_t count = dp_json_count(rounds);
	int rc = 0;

	if (repeat <= 1 && !count)
		return read_answer(obj, r, name, err);
	if (dp_json_copy_text(obj, "id", r->id, sizeof(r->id)) || !strchr(r->id, '/'))
		return dp_bad_input(err, "%s: a result has no id", name);
	r->rounds = calloc(count + 1, sizeof(*r->rounds));
	if (!r->rounds)
		return -ENOMEM;
	for (size_t i = 0; i < count && !rc; i++)
		rc = read_round(json_object_array_get_idx(rounds, i), r, name, err);
	return rc ? rc : dp_result_complete(r, repeat);
}

static size_t count_rounds(struct json_object *results)
{
	size_t count = dp_json_count(results), rounds = count;

	for (size_t i = 0; i < count; i++)
		rounds += dp_json_count(
			dp_json_array(json_object_array_get_idx(results, i), "rounds"));
	return rounds;
}

/* ---- a run ------------------------------------------------------------------------------- */

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
		dp_printable(name);
		dp_run_add_phase(run, name, (uint64_t)json_object_get_int64(value));
	}
}

static void read_heading(struct json_object *obj, struct dp_run_record *run)
{
	struct json_object *rdma = dp_json_object(obj, "rdma");

	text(obj, "node", run->node, sizeof(run->node));
	if (!dp_host_valid(run->node))
		run->node[0] = '\0';
	text(obj, "peer", run->peer, sizeof(run->peer));
	if (!dp_host_valid(run->peer))
		run->peer[0] = '\0';
	run->began = dp_json_int_or(obj, "began", 0);
	text(obj, "bios", run->bios, sizeof(run->bios));
	text(rdma, "firmware", run->firmware, sizeof(run->firmware));
	text(obj, "where", run->where, sizeof(run->where));
	text(obj, "accel", run->accel, sizeof(run->accel));
	text(obj, "qemu", run->qemu, sizeof(run->qemu));
	text(obj, "kernel", run->subject.kernel, sizeof(run->subject.kernel));
	text(obj, "kernel_spec", run->kernel_spec, sizeof(run->kernel_spec));
	text(obj, "carrier", run->carrier, sizeof(run->carrier));
	text(obj, "pinner", run->pinner, sizeof(run->pinner));
	text(obj, "modules", run->modules, sizeof(run->modules));
	text(obj, "note", run->note, sizeof(run->note));
	run->rejected = (size_t)dp_json_int_or(obj, "rejected_lines", 0);
	text(obj, "ended_early", run->ending, sizeof(run->ending));
	text(obj, "kernel_splat", run->splat, sizeof(run->splat));
	text(rdma, "device", run->rdma_device, sizeof(run->rdma_device));
	text(rdma, "provider", run->subject.provider, sizeof(run->subject.provider));
	run->subject.odp_seen = !dp_json_bool(rdma, "odp", &run->subject.odp);
	run->subject.host = !strcmp(run->where, "host");
	run->subject.carried = run->carrier[0];
	run->jobs = (unsigned int)dp_json_int_or(obj, "jobs", 0);
	run->boots = (unsigned int)dp_json_int_or(obj, "boots", 0);
	run->repeat = (unsigned int)dp_json_int_or(obj, "repeat", 0);
	read_phases(dp_json_object(obj, "timing"), run);
}

static int read_console(struct json_object *list, struct dp_run_record *run)
{
	size_t count = dp_json_count(list);

	if (!count || count > MAX_RESULTS)
		return 0;
	run->console = calloc(count, sizeof(*run->console));
	if (!run->console)
		return -ENOMEM;
	for (; run->nconsole < count; run->nconsole++) {
		const char *line = dp_json_text_at(list, run->nconsole);
		char *copy = strdup(line ? line : "");

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
	struct json_object *list = dp_json_array(obj, "results");
	size_t count = dp_json_count(list);
	int rc = 0;

	if (!list || count_rounds(list) > MAX_RESULTS)
		return dp_bad_input(err, "%s: a run has no results", name);
	read_heading(obj, run);
	run->results = calloc(count + 1, sizeof(*run->results));
	if (!run->results)
		return -ENOMEM;
	for (; run->count < count && !rc; run->count++)
		rc = read_result(json_object_array_get_idx(list, run->count), run->repeat,
				 &run->results[run->count], name, err);
	return rc ? rc : read_console(dp_json_array(obj, "console"), run);
}

int dp_results_parse(struct json_object *root, const char *name, struct dp_results *results,
		     struct dp_error *err)
{
	struct json_object *list = dp_json_array(root, "runs");
	size_t count = dp_json_count(list);
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
	dp_autojson struct json_object *root = NULL;
	int rc = dp_results_read(path, &root, err);

	return rc ? rc : dp_results_parse(root, path, results, err);
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

static void judge_one(const struct dp_run_record *run, const struct dp_policy *policy,
		      struct dp_result *r)
{
	const struct dp_question *question = dp_question_of(r->id);
	struct dp_result old = *r;
	struct dp_cell ending;
	struct dp_observed o = { .id = old.id, .doing = "", .absent = old.why, .trace = old.trace };

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
	r->round = old.round;
	dp_result_clear(&old);
}

static void judge(const struct dp_run_record *run, const struct dp_policy *policy,
		  struct dp_result *r)
{
	if (!r->nrounds) {
		judge_one(run, policy, r);
		return;
	}
	for (size_t i = 0; i < r->nrounds; i++)
		if (!r->rounds[i].missing)
			judge_one(run, policy, &r->rounds[i]);
	dp_result_fold(r, false);
}

void dp_results_judge(struct dp_results *results, const struct dp_policy *policy)
{
	for (size_t i = 0; i < results->count; i++)
		for (size_t k = 0; k < results->runs[i].count; k++)
			judge(&results->runs[i], policy, &results->runs[i].results[k]);
}
