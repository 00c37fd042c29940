// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "daxpin/error.h"
#include "daxpin/globs.h"
#include "daxpin/question.h"

static const struct dp_question questions[DP_QUESTIONS] = {
	{ DP_QUESTION_CHECK, "check", "check/MAPPING/ACCESS", .run = true },
	{ DP_QUESTION_LIMIT, "limit", "limit/NAME", .steps = true, .run = true },
	{ DP_QUESTION_TEARDOWN, "teardown", "teardown/MAPPING/EVENT/RELEASE", .steps = true,
	  .run = true },
	{ DP_QUESTION_RACE, "race", "race/MAPPING/EVENT", .steps = true },
	{ DP_QUESTION_ORDER, "order", "order/MAPPING/EVENT/STATION", .steps = true },
	{ DP_QUESTION_TRAFFIC, "traffic", "traffic/MAPPING/OPERATION and traffic/MAPPING/EVENT",
	  .steps = true, .run = true },
	{ DP_QUESTION_STATE, "state", "state/MAPPING/STATE", .steps = true },
	{ DP_QUESTION_PINNER, "pinner", "pinner/MAPPING/PINNER/ACCESS" },
	{ DP_QUESTION_BENCH, "bench", "bench/MAPPING/SIZE and bench/MAPPING/SIZE/KIND",
	  .steps = true },
};

const struct dp_question *dp_question(enum dp_question_kind kind)
{
	return &questions[kind];
}

const struct dp_question *dp_question_of(const char *id)
{
	size_t len = strcspn(id, "/");

	for (size_t i = 0; i < DP_QUESTIONS && id[len]; i++)
		if (!strncmp(questions[i].name, id, len) && !questions[i].name[len])
			return &questions[i];
	return NULL;
}

bool dp_question_is(const char *id, enum dp_question_kind kind)
{
	return dp_question_of(id) == dp_question(kind);
}

bool dp_question_is_cell(const char *id)
{
	const struct dp_question *question = dp_question_of(id);

	return question && !question->steps;
}

const char *dp_question_mapping(const char *id, size_t *len)
{
	const char *at = id + strcspn(id, "/");

	at += *at == '/';
	*len = strcspn(at, "/");
	return at;
}

bool dp_question_same_mapping(const char *a, const char *b)
{
	size_t len, other;
	const char *end = dp_question_mapping(a, &len) + len;

	return dp_question_mapping(b, &other) + other - b == end - a &&
	       !strncmp(a, b, (size_t)(end - a));
}

int dp_question_globs_used(enum dp_question_kind kind, const struct dp_globs *globs,
			   struct dp_error *err)
{
	const char *unused = dp_globs_unused(globs);

	if (!unused)
		return 0;
	dp_bad_input(err, "\"%s\" matches no %s", unused, questions[kind].name);
	return dp_hint(err, "ids are %s, or give a MAPPING alone; daxpin list --ids shows them all",
		       questions[kind].ids);
}
