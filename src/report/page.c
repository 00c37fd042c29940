// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "page.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/results.h"

static bool is_failure(const struct dp_result *r)
{
	return r->status == DP_FAIL && !dp_result_is_known(r);
}

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

/* The kernel's answer, with "!" or "~" before it if it is wrong and "?" after it if unproven. */
void dp_page_cell_text(const struct dp_result *r, char *text, size_t size)
{
	const char *said = r->cell.err ? dp_errno_name(r->cell.err) : "allowed";

	if (r->status == DP_SKIP_STATUS)
		snprintf(text, size, "skip");
	else if (!r->observed || r->cell.outcome != DP_ANSWERED)
		snprintf(text, size, "error");
	else if (r->status == DP_PASS)
		snprintf(text, size, "%s%s", said, r->unproven ? "?" : "");
	else
		snprintf(text, size, "%s%s",
			 dp_result_is_known(r)  ? "~"
			 : r->status == DP_FAIL ? "!"
						: "error:",
			 said);
}

static bool is_fixed(const struct dp_result *r)
{
	return r->baseline == DP_FIXED;
}

static bool is_error(const struct dp_result *r)
{
	return r->status == DP_ERROR;
}

static bool is_skipped(const struct dp_result *r)
{
	return r->status == DP_SKIP_STATUS;
}

const struct dp_page_section *dp_page_sections(size_t *count)
{
	static const struct dp_page_section sections[] = {
		{ is_failure, "Failures" },
		{ dp_result_is_known, "Known failures (in the baseline)" },
		{ is_fixed, "Fixed since the baseline" },
		{ is_error, "Errors" },
		{ is_skipped, "Skipped" },
	};

	*count = DP_ARRAY_SIZE(sections);
	return sections;
}

bool dp_page_same_story(const struct dp_result *a, const struct dp_result *b)
{
	return a->status == b->status && a->baseline == b->baseline && !strcmp(a->why, b->why) &&
	       !strcmp(a->was, b->was);
}

void dp_page_write_why(const struct dp_page *p, const struct dp_result *r)
{
	fprintf(p->out, "    %s\n", r->why);
	if (r->was[0])
		fprintf(p->out, "    the baseline has a failure of another kind: %s\n", r->was);
	if (r->reference[0] && r->status == DP_FAIL)
		fprintf(p->out, "    see %s\n", r->reference);
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
