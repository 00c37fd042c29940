// SPDX-License-Identifier: GPL-2.0-or-later
/* One line of what is wrong with a node, for whoever drains it. */
#include <stdio.h>
#include <string.h>

#include "node.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/question.h"
#include "daxpin/results.h"
#include "daxpin/run.h"
#include "daxpin/site.h"
#include "daxpin/text.h"

/* Of what a scheduler shows, half may be one clause. */
#define CLAUSE 120

void cli_verdict_add(struct cli_verdict *v, bool broken, const char *text)
{
	size_t used = strlen(v->text), len = strlen(text);

	v->broken |= broken;
	v->untold |= !broken;
	if (used && used + 2 + len >= sizeof(v->text)) {
		v->more++;
		return;
	}
	snprintf(v->text + used, sizeof(v->text) - used, "%s%s", used ? "; " : "", text);
	dp_printable(v->text);
	v->text[strcspn(v->text, "\n\t")] = '\0';
}

void cli_verdict_line(const struct cli_verdict *v, char *line)
{
	char more[32] = "";

	if (v->more)
		snprintf(more, sizeof(more), "; and %zu more", v->more);
	snprintf(line, CLI_NODE_LINE + 32, "%s%s", v->text, more);
}

/* Whether an answer is wrong in the same way, for the same mapping. */
static bool is_same(const struct dp_result *a, const struct dp_result *b)
{
	char kinds[2][160];

	if (b->status != DP_FAIL || !dp_question_same_mapping(a->id, b->id))
		return false;
	dp_result_kind(a, kinds[0], sizeof(kinds[0]));
	dp_result_kind(b, kinds[1], sizeof(kinds[1]));
	return !strcmp(kinds[0], kinds[1]) && a->expected == b->expected &&
	       a->expected_err == b->expected_err;
}

static void expectation(const struct dp_result *r, char *text, size_t size)
{
	text[0] = '\0';
	if (!r->expected || r->deviates[0] || (r->observed && r->cell.err == r->expected_err))
		return;
	snprintf(text, size, " instead of %s%s", r->expected_err ? "rejected " : "allowed",
		 r->expected_err > 0 ? dp_errno_name(r->expected_err) : "");
}

static void add_failures(struct cli_verdict *v, const struct dp_run_record *run)
{
	for (size_t i = 0; i < run->count;) {
		const struct dp_result *r = &run->results[i];
		char kind[160], wanted[64], others[48] = "", text[384];
		size_t same = 1;

		if (r->status != DP_FAIL) {
			i++;
			continue;
		}
		while (i + same < run->count && is_same(r, &run->results[i + same]))
			same++;
		dp_result_kind(r, kind, sizeof(kind));
		expectation(r, wanted, sizeof(wanted));
		if (same > 1)
			snprintf(others, sizeof(others), " and %zu more of it", same - 1);
		snprintf(text, sizeof(text), "%s%s: %.100s%s", r->id, others,
			 wanted[0] || r->deviates[0] ? kind : r->why, wanted);
		cli_verdict_add(v, true, text);
		i += same;
	}
}

/* One clause for all that has no answer, with the reason of the first. */
static void add_errors(struct cli_verdict *v, const struct dp_run_record *run)
{
	const struct dp_result *first = NULL;
	char text[384], others[48] = "";
	size_t count = 0;

	for (size_t i = 0; i < run->count; i++) {
		if (run->results[i].status != DP_ERROR)
			continue;
		first = first ? first : &run->results[i];
		count++;
	}
	if (count > 1)
		snprintf(others, sizeof(others), " and %zu more", count - 1);
	if (first)
		snprintf(text, sizeof(text), "no answer to %s%s: %.*s", first->id, others, CLAUSE,
			 first->why);
	else
		snprintf(text, sizeof(text), "%.*s", CLAUSE, run->ending);
	if (text[0])
		cli_verdict_add(v, false, text);
}

void cli_verdict_add_run(struct cli_verdict *v, const struct dp_run_record *run)
{
	add_failures(v, run);
	add_errors(v, run);
}

static bool is_of(const struct dp_result *r, const char *mapping)
{
	size_t len;
	const char *name = dp_question_mapping(r->id, &len);

	return name[len] == '/' && len == strlen(mapping) && !strncmp(name, mapping, len);
}

void cli_verdict_add_unasked(struct cli_verdict *v, const struct dp_site *site,
			     const struct dp_run_record *run, bool partly)
{
	for (size_t i = 0; i < site->nanswered; i++) {
		const char *mapping = site->answered[i], *why = "was not asked";
		bool asked = false, answered = false;
		char text[384];

		for (size_t k = 0; k < run->count && !answered; k++) {
			const struct dp_result *r = &run->results[k];

			if (!is_of(r, mapping))
				continue;
			if (!asked)
				why = r->why;
			asked = true;
			/* What has no answer is told already. */
			answered = r->status != DP_SKIP_STATUS;
		}
		if (answered || (!asked && partly))
			continue;
		snprintf(text, sizeof(text), "%s has no answer: %.*s", mapping, CLAUSE, why);
		cli_verdict_add(v, false, text);
	}
}
