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
	if (used < size && r->status == DP_FAIL && r->deviates[0])
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 r->deviates);
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

/* Where a kind names the function that has refused; @len: of " by FUNCTION", 0 if it does not. */
static const char *find_refuser(const char *kind, size_t *len)
{
	size_t head = strcspn(kind, ",");
	const char *by = strstr(kind, " by ");
	bool named = by && !strncmp(kind, "rejected ", 9) && by < kind + head;

	*len = named ? (size_t)(kind + head - by) : 0;
	return named ? by : kind + head;
}

bool dp_kinds_agree(const char *a, const char *b)
{
	size_t alen, blen;
	const char *aby = find_refuser(a, &alen), *bby = find_refuser(b, &blen);

	if (alen && blen)
		return !strcmp(a, b);
	return aby - a == bby - b && !memcmp(a, b, (size_t)(aby - a)) &&
	       !strcmp(aby + alen, bby + blen);
}

const struct dp_answer *dp_answers_find(const struct dp_answers *answers, enum dp_status status,
					const char *kind)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->list[i].status == status &&
		    dp_kinds_agree(answers->list[i].kind, kind))
			return &answers->list[i];
	return NULL;
}

static void add_answer(struct dp_answers *answers, const struct dp_result *r)
{
	char kind[sizeof(answers->list[0].kind)];
	size_t i = 0;

	dp_result_kind(r, kind, sizeof(kind));
	while (i < answers->count &&
	       (answers->list[i].status != r->status || strcmp(answers->list[i].kind, kind)))
		i++;
	if (i == answers->count) {
		answers->list[answers->count++].status = r->status;
		memcpy(answers->list[i].kind, kind, sizeof(kind));
	}
	answers->list[i].count++;
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
