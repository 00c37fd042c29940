// SPDX-License-Identifier: GPL-2.0-or-later
/* From the observations of one id to its verdict: whose question it is decides who judges. */
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/json.h"
#include "daxpin/question.h"
#include "daxpin/text.h"

const char *dp_status_name(enum dp_status status)
{
	static const char *const names[] = { "pass", "fail", "skip", "error" };

	return names[status];
}

const char *dp_baseline_name(enum dp_baseline baseline)
{
	static const char *const names[] = { "", "new", "known", "other", "fixed", "unseen" };

	return names[baseline];
}

/* The event that an id names in its third part; NULL if there is none. */
static const struct dp_event *event_of(const char *id)
{
	char name[64];
	size_t count;
	const struct dp_event *const *all = dp_events(&count);

	if (sscanf(id, "%*[^/]/%*[^/]/%63[^/]", name) != 1)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

/* Why a scenario has no end: said by itself, or by whoever listened. */
static void tell_absence(const struct dp_observed *o, struct dp_result *r)
{
	const char *text = o->cell && o->cell->text[0] ? o->cell->text : o->absent;

	r->status = DP_ERROR;
	snprintf(r->why, sizeof(r->why), "%.400s%s%s", text, o->doing[0] ? ", at step " : "",
		 o->doing);
}

static void judge_steps(const struct dp_observed *o, enum dp_question_kind kind,
			struct dp_result *r)
{
	struct verdict v = { .result = r,
			     .steps = o->steps,
			     .event = event_of(o->id),
			     .traffic = kind == DP_QUESTION_TRAFFIC };
	bool ended = o->cell && o->cell->outcome == DP_ANSWERED;

	if (!v.event && kind != DP_QUESTION_TRAFFIC) {
		snprintf(r->why, sizeof(r->why), "no such event in this daxpin");
		return;
	}
	if (kind == DP_QUESTION_TRAFFIC && v.event)
		dp_judge_in_flight(&v);
	else if (kind == DP_QUESTION_TRAFFIC)
		dp_judge_traffic(&v);
	else if (kind == DP_QUESTION_RACE)
		dp_judge_race(&v);
	else
		dp_judge_teardown(&v, o->id);
	r->unfinished |= !ended;
	/* What did not come to its end has an answer if its kernel broke a clause. */
	if (!ended && r->status != DP_FAIL)
		tell_absence(o, r);
}

void dp_judge(const struct dp_policy *policy, const struct dp_subject *subject,
	      const struct dp_observed *o, struct dp_result *result)
{
	const struct dp_question *question = dp_question_of(o->id);

	memset(result, 0, sizeof(*result));
	snprintf(result->id, sizeof(result->id), "%s", o->id);
	result->steps = json_object_get(o->steps);
	result->status = DP_ERROR;
	if (!question) {
		snprintf(result->why, sizeof(result->why), "no such question in this daxpin");
	} else if (question->steps && o->cell && o->cell->outcome == DP_SKIPPED) {
		result->status = DP_SKIP_STATUS;
		snprintf(result->why, sizeof(result->why), "%s", o->cell->text);
	} else if (question->steps) {
		judge_steps(o, question->kind, result);
	} else if (o->cell) {
		dp_judge_check(policy, subject, o->cell, result);
	} else {
		snprintf(result->why, sizeof(result->why), "not answered: %.600s", o->absent);
	}
	/* It quotes what a guest or a file said. */
	dp_printable(result->why);
}
