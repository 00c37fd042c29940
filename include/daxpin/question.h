/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of question that can be asked. The first part of a result's id names its question; the
 * rest names what it was asked about.
 */
#ifndef DAXPIN_QUESTION_H
#define DAXPIN_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

struct dp_error;
struct dp_globs;

/* In the order of reports. */
enum dp_question_kind {
	DP_QUESTION_CHECK,
	DP_QUESTION_LIMIT,
	DP_QUESTION_TEARDOWN,
	DP_QUESTION_RACE,
	DP_QUESTION_ORDER,
	DP_QUESTION_TRAFFIC,
	DP_QUESTION_STATE,
	DP_QUESTION_PINNER,
	DP_QUESTION_BENCH,
	DP_QUESTIONS,
};

struct dp_question {
	enum dp_question_kind kind;
	const char *name; /* first part of its ids, and the command that asks it */
	const char *ids;  /* what its ids look like, for people: "check/MAPPING/ACCESS" */
	bool steps;       /* it is answered by a sequence of steps, not by one cell */
	bool run;         /* `run` asks it */
};

/* The description of one question. */
const struct dp_question *dp_question(enum dp_question_kind kind);

/**
 * dp_question_of - the question that an id belongs to
 * @id: of a result
 *
 * Return: NULL if no question has such ids.
 */
const struct dp_question *dp_question_of(const char *id);

/* Whether an id belongs to a question. */
bool dp_question_is(const char *id, enum dp_question_kind kind);

/* Whether an id is of a question that is answered by one cell. */
bool dp_question_is_cell(const char *id);

/**
 * dp_question_mapping - the part of an id that comes second: of most questions, the mapping
 * @id: the id
 * @len: receives its length in bytes, 0 if the id has one part only
 *
 * Return: where it begins; the end of an id with one part.
 */
const char *dp_question_mapping(const char *id, size_t *len);

/* Whether two ids are of the same question and the same second part. */
bool dp_question_same_mapping(const char *a, const char *b);

/**
 * dp_question_globs_used - refuse a pattern that has selected nothing
 * @kind: the question whose ids were selected from
 * @globs: the patterns, after all ids were put to dp_globs_select()
 * @err: names the first one (bad input), and what ids look like
 *
 * Return: 0 or -EINVAL.
 */
int dp_question_globs_used(enum dp_question_kind kind, const struct dp_globs *globs,
			   struct dp_error *err);

#endif
