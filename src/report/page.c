// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "causes.h"
#include "page.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/results.h"

const char *dp_page_color(const struct dp_page *p, const char *code)
{
	return p->options->color ? code : "";
}

const char *dp_page_status_color(const struct dp_result *r)
{
	switch (r->status) {
	case DP_PASS:
		return r->cell.err ? "" : GREEN;
	case DP_FAIL:
		return BOLD RED;
	case DP_ERROR:
		return YELLOW;
	default:
		return DIM;
	}
}

/*
 * The kernel's answer, with "!" or "~" before it if it is wrong, "?" after it if unproven, and "*"
 * if the witness has not seen what the policy expects of it.
 */
void dp_page_cell_text(const struct dp_result *r, char *text, size_t size)
{
	bool moved = r->cell.moved && r->cell.zone_before[0];
	const char *said = r->cell.err ? dp_errno_name(r->cell.err)
			   : moved     ? "allowed, moved"
				       : "allowed";

	if (r->status == DP_SKIP_STATUS)
		snprintf(text, size, "skip");
	else if (!r->observed || r->cell.outcome != DP_ANSWERED)
		snprintf(text, size, "error");
	else if (r->status == DP_PASS)
		snprintf(text, size, "%s%s%s", said, r->unproven ? "?" : "",
			 r->unwitnessed ? "*" : "");
	else
		snprintf(text, size, "%s%s",
			 dp_result_is_known(r)  ? "~"
			 : r->status == DP_FAIL ? "!"
						: "error:",
			 said);
}

void dp_page_short_name(const struct dp_run_record *run, char *name, size_t size)
{
	const char *release = run->subject.kernel[0] ? run->subject.kernel : run->kernel_spec;
	char *end;

	snprintf(name, size, "%.60s", release[0] ? release : "unknown");
	end = strstr(name, "-amd64");
	if (end)
		*end = '\0';
	end = strchr(name, '+');
	if (end)
		*end = '\0';
	if (run->carrier[0])
		snprintf(name + strlen(name), size - strlen(name), " %s", run->carrier);
	if (run->pinner[0])
		snprintf(name + strlen(name), size - strlen(name), " %s", run->pinner);
}

/* " on 5.10.251-1, 6.1.0-56": places are in the order of the runs. */
static void write_kernels(const struct dp_page *p, const struct dp_run_record *runs,
			  const struct dp_cause *cause)
{
	char name[64];

	for (size_t i = 0; i < cause->count; i++) {
		if (i && cause->places[i].run == cause->places[i - 1].run)
			continue;
		dp_page_short_name(&runs[cause->places[i].run], name, sizeof(name));
		fprintf(p->out, "%s%s", i ? ", " : " on ", name);
	}
}

static void write_cause(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns,
			const struct dp_cause *cause)
{
	const struct dp_result *r = cause->result;

	fprintf(p->out, "  %s", r->id);
	if (cause->count > 1)
		fprintf(p->out, " and %zu more", cause->count - 1);
	if (nruns > 1)
		write_kernels(p, runs, cause);
	fprintf(p->out, "\n    %s\n", r->why);
	if (r->was[0])
		fprintf(p->out, "    the baseline has a failure of another kind: %s\n", r->was);
	if (r->reference[0] && r->status == DP_FAIL)
		fprintf(p->out, "    see %s\n", r->reference);
}

int dp_page_write_causes(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns)
{
	dp_cleanup(dp_causes_clear) struct dp_causes causes = { 0 };
	int rc = dp_causes_find(runs, nruns, &causes);

	for (size_t i = 0; i < causes.count && !rc; i++) {
		const struct dp_cause *cause = &causes.list[i];

		if (!i || cause->section != causes.list[i - 1].section)
			fprintf(p->out, "\n%s%s%s\n", dp_page_color(p, BOLD),
				dp_section_title(cause->section), dp_page_color(p, PLAIN));
		write_cause(p, runs, nruns, cause);
	}
	return rc;
}

size_t dp_page_count_differing(const struct dp_run_record *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->count; i++)
		count += dp_result_differs(&run->results[i]);
	return count;
}

void dp_page_write_differing(const struct dp_page *p, const struct dp_run_record *run,
			     const char *name)
{
	char answers[512];

	if (!dp_page_count_differing(run))
		return;
	fprintf(p->out, "\n%sAnswers that differ from time to time%s%s%s\n", dp_page_color(p, BOLD),
		name[0] ? " on " : "", name, dp_page_color(p, PLAIN));
	for (size_t i = 0; i < run->count; i++) {
		if (!dp_result_differs(&run->results[i]))
			continue;
		dp_result_answers(&run->results[i], answers, sizeof(answers));
		fprintf(p->out, "  %s\n    %s\n", run->results[i].id, answers);
	}
}

void dp_page_write_repeat(const struct dp_page *p, const struct dp_run_record *run)
{
	if (run->repeat > 1)
		fprintf(p->out, "; each was asked %u times, and %zu answered differently",
			run->repeat, dp_page_count_differing(run));
}
