// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TAP 14, within what the kernel's KTAP allows (Documentation/dev-tools/ktap.rst). An id is the
 * name of a test, and several kernels are subtests. A failure that is in the baseline is a TODO.
 */
#include <errno.h>
#include <string.h>

#include "daxpin/report.h"
#include "daxpin/results.h"

#define SUBTEST "    "

/* Writes a description: one line, and no "#", which begins a directive. */
static void write_word(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '\n' || *text == '#' ? ' ' : *text, out);
}

/* A YAML scalar in double quotes. */
static void write_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
	fputs("\"\n", out);
}

static void write_directive(FILE *out, const struct dp_result *r)
{
	if (r->status == DP_SKIP_STATUS) {
		fputs(" # SKIP ", out);
		write_word(out, r->why);
	} else if (dp_result_is_known(r)) {
		fputs(" # TODO known from the baseline", out);
	}
}

static void write_result(FILE *out, const char *indent, size_t number, const struct dp_result *r)
{
	char answers[512];
	bool ok = r->status == DP_PASS || r->status == DP_SKIP_STATUS;

	fprintf(out, "%s%sok %zu - %s", indent, ok ? "" : "not ", number, r->id);
	write_directive(out, r);
	fputc('\n', out);
	if (ok)
		return;
	fprintf(out, "%s  ---\n%s  severity: %s\n%s  message: ", indent, indent,
		dp_status_name(r->status), indent);
	write_quoted(out, r->why);
	if (r->nrounds) {
		dp_result_answers(r, answers, sizeof(answers));
		fprintf(out, "%s  answers: ", indent);
		write_quoted(out, answers);
	}
	fprintf(out, "%s  ...\n", indent);
}

static void write_results(FILE *out, const char *indent, const struct dp_run_record *run)
{
	char name[DP_RUN_NAME];

	fprintf(out, "%s1..%zu\n%s# kernel %s\n", indent, run->count, indent,
		dp_run_name(run, name));
	for (size_t i = 0; i < run->count; i++)
		write_result(out, indent, i + 1, &run->results[i]);
	if (run->ending[0])
		fprintf(out, "%s# the run ended early\n", indent);
}

static void write_subtest(FILE *out, size_t number, const struct dp_run_record *run)
{
	char text[DP_RUN_NAME];
	const char *name = dp_run_name(run, text);

	fprintf(out, "# Subtest: %s\n", name);
	write_results(out, SUBTEST, run);
	fprintf(out, "%sok %zu - %s\n", dp_runs_exit_code(run, 1) ? "not " : "", number, name);
}

static int write_tap(FILE *out, const struct dp_run_record *runs, size_t nruns,
		     const struct dp_report_options *options)
{
	(void)options;
	fputs("TAP version 14\n", out);
	if (nruns == 1) {
		write_results(out, "", runs);
		return ferror(out) ? -EIO : 0;
	}
	fprintf(out, "1..%zu\n", nruns);
	for (size_t i = 0; i < nruns; i++)
		write_subtest(out, i + 1, &runs[i]);
	return ferror(out) ? -EIO : 0;
}

DP_FORMAT(tap, .name = "tap", .rank = 50, .write = write_tap);
