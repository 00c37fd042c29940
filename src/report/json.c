// SPDX-License-Identifier: GPL-2.0-or-later
/* The document "daxpin/1", described in docs/json.md. */
#include <errno.h>
#include <string.h>

#include "document.h"
#include "fleet.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/results.h"

static struct json_object *expectation(const struct dp_result *r)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "verdict", r->expected_err ? "rejected" : "allowed");
	if (r->expected_err > 0)
		dp_json_add_text(obj, "errno", dp_errno_name(r->expected_err));
	return obj;
}

/* The first splat, its lines joined. */
static struct json_object *kernel(struct json_object *splat)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *lines = dp_json_array(splat, "lines");
	dp_autofree char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	/* The splat may come from a stored result, which may hold anything. */
	for (size_t i = 0; out && i < dp_json_count(lines); i++) {
		const char *line = dp_json_text_at(lines, i);

		fprintf(out, "%s\n", line ? line : "");
	}
	if (out)
		fclose(out);
	dp_json_add_text(obj, "kind", dp_json_text(splat, "splat"));
	dp_json_add_text(obj, "function", dp_json_text(splat, "function"));
	dp_json_add_text(obj, "step", dp_json_text(splat, "step"));
	dp_json_add_text(obj, "text", text);
	return obj;
}

static struct json_object *answers(const struct dp_result *r)
{
	dp_cleanup(dp_answers_clear) struct dp_answers answers = { 0 };
	struct json_object *list = json_object_new_array();

	dp_answers_of(r, &answers);
	for (size_t i = 0; i < answers.count; i++) {
		struct json_object *obj = json_object_new_object();

		dp_json_add_text(obj, "status", dp_status_name(answers.list[i].status));
		dp_json_add_text(obj, "kind", answers.list[i].kind);
		dp_json_add_int(obj, "count", (int64_t)answers.list[i].count);
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *rounds(const struct dp_result *r)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < r->nrounds; i++)
		if (!r->rounds[i].missing)
			json_object_array_add(list, dp_result_object(&r->rounds[i]));
	return list;
}

/* The steps of a result with rounds are those of one of them. */
struct json_object *dp_result_object(const struct dp_result *r)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "id", r->id);
	if (r->round)
		dp_json_add_int(obj, "round", r->round);
	dp_json_add_text(obj, "status", dp_status_name(r->status));
	if (r->nrounds)
		json_object_object_add(obj, "answers", answers(r));
	if (r->observed && r->cell.outcome == DP_ANSWERED) {
		dp_answer_write(&r->cell, obj);
		dp_json_add_bool(obj, "proven", !r->unproven);
		if (r->unwitnessed)
			dp_json_add_bool(obj, "unwitnessed", true);
	}
	if (r->deviates[0])
		dp_json_add_text(obj, "deviates", r->deviates);
	if (r->violates) {
		struct json_object *list = json_object_new_array();

		for (int i = 0; i < DP_CLAUSES; i++)
			if (r->violates & DP_CLAUSE_BIT(i))
				dp_json_append_text(list, dp_clause_name((enum dp_clause)i));
		json_object_object_add(obj, "violates", list);
	}
	if (r->unfinished)
		dp_json_add_bool(obj, "ended", false);
	if (r->baseline)
		dp_json_add_text(obj, "baseline", dp_baseline_name(r->baseline));
	if (r->was[0])
		dp_json_add_text(obj, "baseline_kind", r->was);
	if (r->facts)
		json_object_object_add(obj, "facts", json_object_get(r->facts));
	if (r->evidence)
		json_object_object_add(obj, "evidence", json_object_get(r->evidence));
	if (r->kernel)
		json_object_object_add(obj, "kernel", kernel(r->kernel));
	if (r->expected)
		json_object_object_add(obj, "expected", expectation(r));
	dp_json_add_text(obj, "why", r->why);
	if (r->reference[0])
		dp_json_add_text(obj, "reference", r->reference);
	if (r->nrounds)
		json_object_object_add(obj, "rounds", rounds(r));
	else if (r->steps)
		json_object_object_add(obj, "steps", json_object_get(r->steps));
	if (!r->nrounds && r->trace)
		json_object_object_add(obj, "trace", json_object_get(r->trace));
	return obj;
}

static struct json_object *summary(const struct dp_run_record *run)
{
	struct json_object *obj = json_object_new_object();
	size_t counts[DP_STATUSES];

	dp_run_count(run, counts);
	for (int i = 0; i < DP_STATUSES; i++)
		dp_json_add_int(obj, dp_status_name(i), (int64_t)counts[i]);
	return obj;
}

static struct json_object *rdma(const struct dp_run_record *run)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "device", run->rdma_device);
	dp_json_add_text(obj, "provider", run->subject.provider);
	dp_json_add_bool(obj, "odp", run->subject.odp);
	if (run->firmware[0])
		dp_json_add_text(obj, "firmware", run->firmware);
	return obj;
}

static struct json_object *timing(const struct dp_run_record *run)
{
	struct json_object *obj = json_object_new_object();
	char key[48];

	for (size_t i = 0; i < run->nphases; i++) {
		snprintf(key, sizeof(key), "%s_ms", run->phases[i].name);
		dp_json_add_int(obj, key, (int64_t)run->phases[i].ms);
	}
	return obj;
}

struct json_object *dp_run_object(const struct dp_run_record *run, bool results)
{
	struct json_object *obj = json_object_new_object();

	if (run->node[0])
		dp_json_add_text(obj, "node", run->node);
	if (run->began)
		dp_json_add_int(obj, "began", run->began);
	if (run->bios[0])
		dp_json_add_text(obj, "bios", run->bios);
	dp_json_add_text(obj, "where", run->where);
	if (run->accel[0])
		dp_json_add_text(obj, "accel", run->accel);
	if (run->qemu[0])
		dp_json_add_text(obj, "qemu", run->qemu);
	dp_json_add_text(obj, "kernel", run->subject.kernel);
	if (run->kernel_spec[0])
		dp_json_add_text(obj, "kernel_spec", run->kernel_spec);
	if (run->carrier[0])
		dp_json_add_text(obj, "carrier", run->carrier);
	if (run->pinner[0])
		dp_json_add_text(obj, "pinner", run->pinner);
	if (run->peer[0])
		dp_json_add_text(obj, "peer", run->peer);
	if (run->modules[0])
		dp_json_add_text(obj, "modules", run->modules);
	if (run->jobs)
		dp_json_add_int(obj, "jobs", run->jobs);
	if (run->note[0])
		dp_json_add_text(obj, "note", run->note);
	if (run->rejected)
		dp_json_add_int(obj, "rejected_lines", (int64_t)run->rejected);
	if (run->boots)
		dp_json_add_int(obj, "boots", run->boots);
	if (run->repeat)
		dp_json_add_int(obj, "repeat", run->repeat);
	json_object_object_add(obj, "rdma", rdma(run));
	json_object_object_add(obj, "timing", timing(run));
	if (results) {
		struct json_object *list = json_object_new_array();

		for (size_t i = 0; i < run->count; i++)
			json_object_array_add(list, dp_result_object(&run->results[i]));
		json_object_object_add(obj, "results", list);
	}
	json_object_object_add(obj, "summary", summary(run));
	if (run->splat[0])
		dp_json_add_text(obj, "kernel_splat", run->splat);
	if (run->ending[0])
		dp_json_add_text(obj, "ended_early", run->ending);
	if (run->nconsole)
		dp_json_add_texts(obj, "console", (const char *const *)run->console, run->nconsole);
	return obj;
}

struct json_object *dp_document(const struct dp_run_record *runs, size_t nruns)
{
	struct json_object *root = json_object_new_object(), *tool = json_object_new_object();
	struct json_object *list = json_object_new_array();

	dp_json_add_text(root, "schema", "daxpin/1");
	dp_json_add_text(tool, "version", DP_VERSION);
	json_object_object_add(root, "tool", tool);
	for (size_t i = 0; i < nruns; i++)
		json_object_array_add(list, dp_run_object(&runs[i], true));
	json_object_object_add(root, "runs", list);
	return root;
}

static int write_json(FILE *out, const struct dp_run_record *runs, size_t nruns,
		      const struct dp_report_options *options)
{
	struct json_object *root = dp_document(runs, nruns);
	int rc;

	(void)options;
	rc = fprintf(out, "%s\n",
		     json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_SPACED |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	return rc < 0 ? -EIO : 0;
}

DP_FORMAT(json, .name = "json", .rank = 20, .write = write_json, .fleet = dp_fleet_write_json);
