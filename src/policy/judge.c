// SPDX-License-Identifier: GPL-2.0-or-later
/* From the observations of one id to its verdict: whose question it is decides who judges. */
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/json.h"
#include "daxpin/mapping.h"
#include "daxpin/question.h"
#include "daxpin/text.h"

const char *dp_status_name(enum dp_status status)
{
	static const char *const names[] = { "pass", "fail", "skip", "error" };

	return names[status];
}

const char *dp_baseline_name(enum dp_baseline baseline)
{
	static const char *const names[] = { "",      "new",       "known", "other",
					     "fixed", "sometimes", "unseen" };

	return names[baseline];
}

static const struct dp_event *find_event(const char *name)
{
	size_t count;
	const struct dp_event *const *all = dp_events(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

static bool find_release(const char *name, enum dp_release *release)
{
	for (int i = 0; i < DP_RELEASES; i++)
		if (!strcmp(dp_release_name((enum dp_release)i), name)) {
			*release = (enum dp_release)i;
			return true;
		}
	return false;
}

/* Finds what an id is about. Return: false if there is no such question in this daxpin. */
static bool is_asked(const char *id, enum dp_question_kind kind, struct verdict *v)
{
	char mapping[64], what[64], release[24] = "", rest;
	int parts;

	if (kind == DP_QUESTION_LIMIT) {
		v->limit = dp_limit_find(strchr(id, '/') + 1);
		return v->limit;
	}
	if (kind == DP_QUESTION_BENCH)
		return dp_bench_parse(id, &v->bench);
	parts = sscanf(id, "%*[^/]/%63[^/]/%63[^/]/%23[^/]%c", mapping, what, release, &rest);

	if (parts != (kind == DP_QUESTION_TEARDOWN || kind == DP_QUESTION_ORDER ? 3 : 2))
		return false;
	v->mapping = dp_mapping_find(mapping);
	if (kind == DP_QUESTION_ORDER) {
		v->event = dp_order_event(what);
		v->station = dp_station_find(release);
		return v->mapping && v->event && v->station &&
		       dp_order_applies(v->mapping, v->event, v->station);
	}
	if (kind == DP_QUESTION_STATE) {
		v->state = dp_state_find(what);
		return v->mapping && v->state && dp_state_applies(v->state, v->mapping);
	}
	v->event = find_event(what);
	if (!v->mapping || (v->event && !v->event->applies(v->mapping)))
		return false;
	if (kind == DP_QUESTION_TEARDOWN)
		return v->event && find_release(release, &v->release) &&
		       v->event->releases & DP_BIT(v->release);
	if (kind == DP_QUESTION_RACE)
		return v->event && v->event->races;
	v->traffic = true;
	v->operation = v->event ? NULL : dp_operation_find(what);
	return v->event || v->operation;
}

/* Why a scenario has no end: said by itself, or by whoever listened. */
static void tell_absence(const struct dp_observed *o, struct dp_result *r)
{
	const char *text = o->cell && o->cell->text[0] ? o->cell->text : o->absent;

	r->status = DP_ERROR;
	snprintf(r->why, sizeof(r->why), "%.400s%s%s", text, o->doing[0] ? ", at step " : "",
		 o->doing);
}

static void judge_steps(const struct dp_subject *subject, const struct dp_observed *o,
			enum dp_question_kind kind, struct dp_result *r)
{
	struct verdict v = {
		.result = r, .steps = o->steps, .host = subject->host, .subject = subject
	};
	bool ended = o->cell && o->cell->outcome == DP_ANSWERED;

	if (!is_asked(o->id, kind, &v)) {
		snprintf(r->why, sizeof(r->why), "no such %s in this daxpin",
			 dp_question(kind)->name);
		return;
	}
	if (kind == DP_QUESTION_TRAFFIC && v.event)
		dp_judge_in_flight(&v);
	else if (kind == DP_QUESTION_TRAFFIC)
		dp_judge_traffic(&v);
	else if (kind == DP_QUESTION_LIMIT)
		dp_judge_limit(&v);
	else if (kind == DP_QUESTION_RACE)
		dp_judge_race(&v);
	else if (kind == DP_QUESTION_ORDER)
		dp_judge_order(&v);
	else if (kind == DP_QUESTION_STATE)
		dp_judge_state(&v);
	else if (kind == DP_QUESTION_BENCH)
		dp_judge_bench(&v);
	else
		dp_judge_teardown(&v);
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
	result->trace = json_object_get(o->trace);
	result->status = DP_ERROR;
	if (!question) {
		snprintf(result->why, sizeof(result->why), "no such question in this daxpin");
	} else if (question->steps && o->cell && o->cell->outcome == DP_SKIPPED) {
		result->status = DP_SKIP_STATUS;
		snprintf(result->why, sizeof(result->why), "%s", o->cell->text);
	} else if (question->steps) {
		judge_steps(subject, o, question->kind, result);
	} else if (o->cell) {
		dp_judge_check(policy, subject, o->cell, result);
	} else {
		snprintf(result->why, sizeof(result->why), "not answered: %.600s", o->absent);
	}
	/* It quotes what a guest or a file said. */
	dp_printable(result->why);
}
