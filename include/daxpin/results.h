/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stored results: documents "daxpin/1" are read, judged again and compared. A file may come from
 * anywhere; no member is believed to have the right type or size.
 */
#ifndef DAXPIN_RESULTS_H
#define DAXPIN_RESULTS_H

#include "daxpin/run.h"

struct json_object;

struct dp_results {
	struct dp_run_record *runs;
	size_t count;
	double tolerance; /* of a baseline: what a bench may cost more, as a part of it */
};

/**
 * dp_results_read - read a document and check its schema
 * @path: the file
 * @root: receives the document; release with json_object_put()
 * @err: names the file and what is wrong with it (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_results_read(const char *path, struct json_object **root, struct dp_error *err);

/**
 * dp_results_document - check what was read, as dp_results_read() does
 * @text: a document, or JSON Lines; changed
 * @name: its name in messages
 * @root, @err: as for dp_results_read()
 *
 * Return: 0 or -EINVAL.
 */
int dp_results_document(char *text, const char *name, struct json_object **root,
			struct dp_error *err);

/**
 * dp_results_parse - the runs of a document, with their observations and verdicts
 * @root: the document
 * @name: its name in messages
 * @results: receives the runs; release with dp_results_clear()
 * @err: names the member that is wrong (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_results_parse(struct json_object *root, const char *name, struct dp_results *results,
		     struct dp_error *err);

/* dp_results_read() and dp_results_parse(). */
int dp_results_load(const char *path, struct dp_results *results, struct dp_error *err);

void dp_results_clear(struct dp_results *results);

/**
 * dp_results_judge - judge the stored observations again
 * @results: changed in place
 * @policy: the expectations
 *
 * An id that had no answer stays without one.
 */
void dp_results_judge(struct dp_results *results, const struct dp_policy *policy);

/**
 * dp_run_partner - the run with which to compare another one
 * @run: the other run
 * @results: searched for a run of the same release, then for one whose kernel was named alike;
 *           if it has one run only and @alone is set, that one is taken
 * @alone: @run is the only run on its side, too
 *
 * Return: NULL if there is none.
 */
const struct dp_run_record *dp_run_partner(const struct dp_run_record *run,
					   const struct dp_results *results, bool alone);

/* Room for the kind of an answer: each attempt of traffic may be named in it. */
#define DP_KIND_TEXT 384

/**
 * dp_result_kind - describe the kind of an answer, so that two results can be compared
 * @r: the result
 * @text: receives "allowed", "rejected EFAULT", "C1 C2, oops in FUNCTION", …
 * @size: size of @text in bytes
 */
void dp_result_kind(const struct dp_result *r, char *text, size_t size);

/**
 * dp_kinds_agree - whether two kinds are the same, as far as both tell
 * @a: from dp_result_kind()
 * @b: the same
 *
 * "rejected EFAULT" and "rejected EFAULT by check_vma_flags" are: who has refused is only known to
 * the witness, and results may have been made without it.
 */
bool dp_kinds_agree(const char *a, const char *b);

/* How bad a status is, from 0: pass, skip, error, fail. */
int dp_status_rank(enum dp_status status);

/* One answer of an id that was asked several times. */
struct dp_answer {
	enum dp_status status;
	char kind[DP_KIND_TEXT]; /* dp_result_kind() */
	size_t count;            /* how often it came */
};

/* All of them, the worst first, then the most frequent. */
struct dp_answers {
	struct dp_answer *list;
	size_t count;
	size_t total; /* how often the id was asked */
};

/* Which answer came how often; one, of a result without rounds. Return: 0 or -ENOMEM. */
int dp_answers_of(const struct dp_result *r, struct dp_answers *answers);

void dp_answers_clear(struct dp_answers *answers);

/* The answer with this status, and a kind that agrees; or NULL. */
const struct dp_answer *dp_answers_find(const struct dp_answers *answers, enum dp_status status,
					const char *kind);

/* Describes the answers: "10 of 20 fail (C8), 10 of 20 pass". @size: of @text, bytes */
void dp_result_answers(const struct dp_result *r, char *text, size_t size);

/* Whether its rounds differ. */
bool dp_result_differs(const struct dp_result *r);

/* How a result differs from an older one of the same id. Statuses: pass, skip, error, fail. */
enum dp_change {
	DP_CHANGE_SAME,
	DP_CHANGE_BETTER,   /* the status comes earlier in this order */
	DP_CHANGE_WORSE,    /* the status comes later, or the failure is of another kind */
	DP_CHANGE_OTHER,    /* the same status, no failure, but another answer */
	DP_CHANGE_APPEARED, /* there is no older result */
	DP_CHANGE_GONE,     /* there is no newer result */
	DP_CHANGES,
};

/* "same", "better", "worse", "changed", "appeared", "gone" */
const char *dp_change_name(enum dp_change change);

/**
 * dp_result_change - compare two results of one id
 * @before, @after: the results, one of which may be NULL
 *
 * Where one was asked several times, sets of answers are compared: an answer that @before has not
 * given is a change; one that @after has not given is a change only if that is no chance, which
 * dp_answer_is_gone() tells.
 */
enum dp_change dp_result_change(const struct dp_result *before, const struct dp_result *after);

/**
 * dp_answer_is_gone - whether an answer that has not come any more can hardly be missing by chance
 * @seen: how often it came
 * @asked: of how many times
 * @again: how often the id was asked since then
 *
 * The probability that it is missing by chance, after Laplace's rule of succession, is below 0.001;
 * if the id was asked once on both sides, always.
 */
bool dp_answer_is_gone(size_t seen, size_t asked, size_t again);

/**
 * dp_run_hold_against - compare a run with a baseline
 * @run: receives in each result how it compares (member baseline)
 * @results: the baseline
 * @alone: as for dp_run_partner()
 * @err: the baseline has no run of this kernel, or none of the ids (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_run_hold_against(struct dp_run_record *run, const struct dp_results *results, bool alone,
			struct dp_error *err);

#endif
