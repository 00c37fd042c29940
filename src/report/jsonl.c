// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON Lines, "daxpin-lines/1": a result is in the file as soon as it is certain. */
#include <errno.h>

#include "document.h"

#include "daxpin/json.h"

static int write_line(FILE *out, struct json_object *obj)
{
	int rc = fprintf(out, "%s\n",
			 json_object_to_json_string_ext(
				 obj, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));

	json_object_put(obj);
	return rc < 0 || fflush(out) ? -EIO : 0;
}

int dp_jsonl_begin(FILE *out)
{
	struct json_object *obj = json_object_new_object(), *tool = json_object_new_object();

	dp_json_add_text(obj, "schema", "daxpin-lines/1");
	dp_json_add_text(tool, "version", DP_VERSION);
	json_object_object_add(obj, "tool", tool);
	return write_line(out, obj);
}

/* The machine that asked, the kernel that was asked for and the release that answered identify a
 * run.
 */
static struct json_object *begin_line(const struct dp_run_record *run)
{
	struct json_object *obj = json_object_new_object();

	if (run->node[0])
		dp_json_add_text(obj, "node", run->node);
	dp_json_add_text(obj, "kernel", run->subject.kernel);
	dp_json_add_text(obj, "kernel_spec", run->kernel_spec);
	if (run->carrier[0])
		dp_json_add_text(obj, "carrier", run->carrier);
	if (run->pinner[0])
		dp_json_add_text(obj, "pinner", run->pinner);
	return obj;
}

/* A result with rounds is a line for each that was observed; for one, if none was. */
int dp_jsonl_result(FILE *out, const struct dp_run_record *run, const struct dp_result *result)
{
	struct json_object *obj;
	int rc = 0;

	for (size_t i = 0; i < result->nrounds && !rc; i++)
		if (!result->rounds[i].missing || result->nrounds == 1)
			rc = dp_jsonl_result(out, run, &result->rounds[i]);
	if (rc || result->nrounds)
		return rc;
	obj = begin_line(run);

	json_object_object_add(obj, "result", dp_result_object(result));
	return write_line(out, obj);
}

int dp_jsonl_end(FILE *out, const struct dp_run_record *run)
{
	struct json_object *obj = begin_line(run);

	json_object_object_add(obj, "run", dp_run_object(run, false));
	return write_line(out, obj);
}

static int write_jsonl(FILE *out, const struct dp_run_record *runs, size_t nruns,
		       const struct dp_report_options *options)
{
	int rc = dp_jsonl_begin(out);

	(void)options;
	for (size_t i = 0; i < nruns && !rc; i++) {
		for (size_t k = 0; k < runs[i].count && !rc; k++)
			rc = dp_jsonl_result(out, &runs[i], &runs[i].results[k]);
		rc = rc ? rc : dp_jsonl_end(out, &runs[i]);
	}
	return rc;
}

DP_FORMAT(jsonl, .name = "jsonl", .rank = 30, .streams = true, .write = write_jsonl);
