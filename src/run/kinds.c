// SPDX-License-Identifier: GPL-2.0-or-later
/* Of which kind an answer is, and which kind came how often. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/results.h"

/* "during step release" and the addresses of a trace are no part of it: they move. */
void dp_result_kind(const struct dp_result *r, char *text, size_t size)
{
	char clauses[DP_CLAUSES_TEXT];
	const char *function = r->kernel ? dp_json_text(r->kernel, "function") : NULL;
	const char *splat = r->kernel ? dp_json_text(r->kernel, "splat") : NULL;
	const char *faults = r->facts ? dp_json_text(r->facts, "faults") : NULL; /* of traffic */
	size_t used = 0;

	text[0] = '\0';
	if (r->observed && r->cell.outcome == DP_ANSWERED)
		used = (size_t)snprintf(text, size, "%s%s", r->cell.err ? "rejected " : "allowed",
					r->cell.err ? dp_errno_name(r->cell.err) : "");
	/* The right answer for another reason is another failure than a wrong answer. */
	if (used && used < size && r->status == DP_FAIL && r->deviates[0])
		used += (size_t)snprintf(text + used, size - used, ", %s", r->deviates);
	if (r->violates && used < size)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 dp_clauses_text(r->violates, clauses));
	if (faults && used < size)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 faults);
	if (splat && used < size)
		snprintf(text + used, size - used, "%s%s%s%s", used ? ", " : "", splat,
			 function && function[0] ? " in " : "", function ? function : "");
}

int dp_status_rank(enum dp_status status)
{
	static const int ranks[DP_STATUSES] = {
		[DP_PASS] = 0, [DP_SKIP_STATUS] = 1, [DP_ERROR] = 2, [DP_FAIL] = 3
	};

	return ranks[status];
}

static const struct dp_result *round_of(const struct dp_result *r, size_t i)
{
	return r->nrounds ? &r->rounds[i] : r;
}

const struct dp_answer *dp_answers_find(const struct dp_answers *answers, enum dp_status status,
					const char *kind)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->list[i].status == status && !strcmp(answers->list[i].kind, kind))
			return &answers->list[i];
	return NULL;
}

static void add_answer(struct dp_answers *answers, const struct dp_result *r)
{
	struct dp_answer *known;
	char kind[sizeof(known->kind)];

	dp_result_kind(r, kind, sizeof(kind));
	known = (struct dp_answer *)dp_answers_find(answers, r->status, kind);
	if (!known) {
		known = &answers->list[answers->count++];
		known->status = r->status;
		memcpy(known->kind, kind, sizeof(kind));
	}
	known->count++;
}

static int worst_first(const void *a, const void *b)
{
	const struct dp_answer *x = a, *y = b;
	int by_rank = dp_status_rank(y->status) - dp_status_rank(x->status);

	if (by_rank)
		return by_rank;
	return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
				    : strcmp(x->kind, y->kind);
}

int dp_answers_of(const struct dp_result *r, struct dp_answers *answers)
{
	size_t total = r->nrounds ? r->nrounds : 1;

	*answers = (struct dp_answers){ .list = calloc(total, sizeof(*answers->list)),
					.total = total };
	if (!answers->list)
		return -ENOMEM;
	for (size_t i = 0; i < total; i++)
		add_answer(answers, round_of(r, i));
	qsort(answers->list, answers->count, sizeof(*answers->list), worst_first);
	return 0;
}

void dp_answers_clear(struct dp_answers *answers)
{
	free(answers->list);
	*answers = (struct dp_answers){ 0 };
}

bool dp_result_differs(const struct dp_result *r)
{
	dp_cleanup(dp_answers_clear) struct dp_answers answers = { 0 };

	return r->nrounds && !dp_answers_of(r, &answers) && answers.count > 1;
}

void dp_result_answers(const struct dp_result *r, char *text, size_t size)
{
	dp_cleanup(dp_answers_clear) struct dp_answers answers = { 0 };
	size_t used = 0;

	text[0] = '\0';
	if (dp_answers_of(r, &answers))
		return;
	for (size_t i = 0; i < answers.count && used < size; i++) {
		const struct dp_answer *a = &answers.list[i];

		used += (size_t)snprintf(text + used, size - used, "%s%zu of %zu %s%s%.300s%s",
					 i ? ", " : "", a->count, answers.total,
					 dp_status_name(a->status), a->kind[0] ? " (" : "", a->kind,
					 a->kind[0] ? ")" : "");
	}
}
