// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JUnit XML as Jenkins reads it: a testsuite for each kernel, a testcase for each id. A failure
 * that is in the baseline is reported as skipped, to agree with the exit code.
 */
#include <errno.h>
#include <string.h>

#include "fleet.h"
#include "markup.h"

#include "daxpin/json.h"
#include "daxpin/report.h"
#include "daxpin/results.h"

/* The class of "check/anon/local-read" is check.anon. */
static void write_class(FILE *out, const char *id)
{
	const char *slash = strchr(id, '/'), *next = slash ? strchr(slash + 1, '/') : NULL;

	fprintf(out, " classname=\"%.*s.%.*s\"", slash ? (int)(slash - id) : 0, id,
		next ? (int)(next - slash - 1) : 0, slash ? slash + 1 : "");
}

static double seconds(const struct dp_result *r)
{
	int64_t sum = 0;

	if (r->observed)
		return (double)(r->cell.register_us + r->cell.deregister_us) / 1e6;
	for (size_t i = 0; i < dp_json_count(r->steps); i++)
		sum += dp_json_int_or(json_object_array_get_idx(r->steps, i), "ms", 0);
	return (double)sum / 1e3;
}

static void write_splat(FILE *out, struct json_object *kernel)
{
	struct json_object *lines = dp_json_array(kernel, "lines");

	for (size_t i = 0; i < dp_json_count(lines); i++) {
		const char *line = dp_json_text_at(lines, i);

		fputc('\n', out);
		dp_markup_text(out, line ? line : "");
	}
}

/* How often which answer came, for what was asked several times. */
static void write_answers(FILE *out, const struct dp_result *r)
{
	char answers[512];

	if (!r->nrounds)
		return;
	dp_result_answers(r, answers, sizeof(answers));
	fputs("\n", out);
	dp_markup_text(out, answers);
}

static void write_case(FILE *out, const struct dp_result *r)
{
	char clauses[DP_CLAUSES_TEXT];
	const char *kind = r->status == DP_ERROR ? "error" : "failure";

	fputs("  <testcase", out);
	dp_markup_attribute(out, "name", r->id);
	write_class(out, r->id);
	fprintf(out, " time=\"%.6f\"", seconds(r));
	if (r->status == DP_PASS) {
		fputs("/>\n", out);
		return;
	}
	if (r->status == DP_SKIP_STATUS || dp_result_is_known(r)) {
		fputs(">\n    <skipped", out);
		dp_markup_attribute(out, "message", r->why);
		fputs("/>\n  </testcase>\n", out);
		return;
	}
	fprintf(out, ">\n    <%s", kind);
	dp_markup_attribute(out, "type",
			    r->violates ? dp_clauses_text(r->violates, clauses)
					: dp_status_name(r->status));
	dp_markup_attribute(out, "message", r->why);
	fputc('>', out);
	dp_markup_text(out, r->why);
	write_answers(out, r);
	write_splat(out, r->kernel);
	fprintf(out, "</%s>\n  </testcase>\n", kind);
}

static void write_suite(FILE *out, const struct dp_run_record *run)
{
	size_t counts[DP_STATUSES], known = 0;
	char name[DP_RUN_NAME];
	double time = 0;

	dp_run_count(run, counts);
	for (size_t i = 0; i < run->count; i++) {
		known += dp_result_is_known(&run->results[i]);
		time += seconds(&run->results[i]);
	}
	fputs(" <testsuite", out);
	dp_markup_attribute(out, "name", dp_run_name(run, name));
	fprintf(out,
		" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.6f\">\n",
		run->count, counts[DP_FAIL] - known, counts[DP_ERROR],
		counts[DP_SKIP_STATUS] + known, time);
	for (size_t i = 0; i < run->count; i++)
		write_case(out, &run->results[i]);
	if (run->ending[0]) {
		fputs("  <system-err>", out);
		dp_markup_text(out, run->ending);
		fputs("</system-err>\n", out);
	}
	fputs(" </testsuite>\n", out);
}

static int write_junit(FILE *out, const struct dp_run_record *runs, size_t nruns,
		       const struct dp_report_options *options)
{
	(void)options;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"daxpin\">\n", out);
	for (size_t i = 0; i < nruns; i++)
		write_suite(out, &runs[i]);
	fputs("</testsuites>\n", out);
	return ferror(out) ? -EIO : 0;
}

DP_FORMAT(junit, .name = "junit", .rank = 40, .write = write_junit, .fleet = dp_fleet_write_junit);
