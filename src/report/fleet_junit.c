// SPDX-License-Identifier: GPL-2.0-or-later
/* A fleet as JUnit XML: a test case for each node, in a suite for each group, for each pair of
 * nodes, and for each file that is not used. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "markup.h"

#include "daxpin/cleanup.h"

#define BREAKS "an answer breaks policy or contract"
#define LACKS  "an id has no answer"

/* @skipped, @failures, @errors: of the @tests */
static void begin_suite(FILE *out, const char *name, size_t tests, size_t failures, size_t errors,
			size_t skipped)
{
	fprintf(out,
		" <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" "
		"time=\"0\">\n",
		name, tests, failures, errors, skipped);
}

static void write_case(FILE *out, const char *name, const char *class)
{
	fputs("  <testcase", out);
	dp_markup_attribute(out, "name", name);
	dp_markup_attribute(out, "classname", class);
	fputs(" time=\"0\"", out);
}

static void write_fault(FILE *out, const char *kind, const char *message, const char *text)
{
	fprintf(out, ">\n    <%s type=\"%s\"", kind, kind);
	dp_markup_attribute(out, "message", message);
	fputc('>', out);
	dp_markup_text(out, text);
	fprintf(out, "</%s>\n  </testcase>\n", kind);
}

/* What fails or has no answer, a line each, to be released with free(). */
static char *faults_of(const struct dp_fleet *fleet, const struct dp_fleet_group *group,
		       enum dp_status status)
{
	char *text = NULL, answer[512];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < group->answers->count; i++) {
		const struct dp_fleet_answer *a = &fleet->all[group->answers->list[i]];

		if (a->status == status && !a->known)
			fprintf(out, "%s: %s: %s\n", fleet->texts[a->id],
				dp_fleet_answer_text(a, answer, sizeof(answer)), a->why);
	}
	fclose(out);
	return text;
}

static int write_group(FILE *out, const struct dp_fleet *fleet, size_t number)
{
	const struct dp_fleet_group *group = &fleet->groups[number];
	enum dp_status status = dp_fleet_status(group->counts, group->known);
	bool fails = status == DP_FAIL, errs = status == DP_ERROR;
	dp_autofree char *text = faults_of(fleet, group, fails ? DP_FAIL : DP_ERROR);
	char name[DP_GROUP_NAME], class[DP_GROUP_NAME + 16], suite[DP_GROUP_NAME + 16];
	size_t count = group->nodes.count;

	if (!text)
		return -ENOMEM;
	snprintf(class, sizeof(class), "nodes.%s", dp_fleet_group_name(number, name));
	snprintf(suite, sizeof(suite), "group %s", name);
	begin_suite(out, suite, count, fails ? count : 0, errs ? count : 0, 0);
	for (size_t i = 0; i < count; i++) {
		write_case(out, group->nodes.list[i], class);
		if (fails)
			write_fault(out, "failure", BREAKS, text);
		else if (errs)
			write_fault(out, "error", LACKS, text);
		else
			fputs("/>\n", out);
	}
	fputs(" </testsuite>\n", out);
	return 0;
}

static void write_missing(FILE *out, const struct dp_fleet *fleet)
{
	size_t count = fleet->missing.count;

	if (!count)
		return;
	begin_suite(out, "missing", count, 0, count, 0);
	for (size_t i = 0; i < count; i++) {
		write_case(out, fleet->missing.list[i], "nodes.missing");
		write_fault(out, "error", "there are no results of this node", "");
	}
	fputs(" </testsuite>\n", out);
}

static void write_pair(FILE *out, const struct dp_fleet *fleet, const struct dp_fleet_pair *pair)
{
	enum dp_status status = dp_fleet_pair_status(pair);
	char name[2 * DP_HOST_NAME + 8];

	snprintf(name, sizeof(name), "%s to %s", fleet->texts[pair->connects],
		 fleet->texts[pair->listens]);
	write_case(out, name, "pairs");
	if (status == DP_PASS)
		fputs("/>\n", out);
	else
		write_fault(out, status == DP_FAIL ? "failure" : "error",
			    status == DP_FAIL ? BREAKS : LACKS, fleet->texts[pair->why]);
}

static void write_pairs(FILE *out, const struct dp_fleet *fleet)
{
	if (!fleet->npairs)
		return;
	begin_suite(out, "pairs", fleet->npairs, fleet->failed_pairs, fleet->unanswered_pairs, 0);
	for (size_t i = 0; i < fleet->npairs; i++)
		write_pair(out, fleet, &fleet->pairs[i]);
	fputs(" </testsuite>\n", out);
}

static void write_files(FILE *out, const struct dp_fleet *fleet)
{
	if (!fleet->nunused)
		return;
	begin_suite(out, "files that are not used", fleet->nunused, 0, 0, fleet->nunused);
	for (size_t i = 0; i < fleet->nunused; i++) {
		write_case(out, fleet->unused[i].why, "files");
		fputs("><skipped/></testcase>\n", out);
	}
	fputs(" </testsuite>\n", out);
}

int dp_fleet_write_junit(FILE *out, const struct dp_fleet *fleet,
			 const struct dp_report_options *options)
{
	int rc = 0;

	(void)options;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"daxpin\">\n", out);
	for (size_t i = 0; i < fleet->ngroups && !rc; i++)
		rc = write_group(out, fleet, i);
	write_missing(out, fleet);
	write_pairs(out, fleet);
	write_files(out, fleet);
	fputs("</testsuites>\n", out);
	return rc ? rc : ferror(out) ? -EIO : 0;
}
