/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stored results: documents "daxpin/1" read back, judged again, and held against each other. A file
 * may come from anywhere: nothing in it is believed to have the right type or size.
 */
#ifndef DAXPIN_RESULTS_H
#define DAXPIN_RESULTS_H

#include "daxpin/run.h"

struct json_object;

struct dp_results {
	struct dp_run_record *runs;
	size_t count;
};

/**
 * dp_results_read - a document as it is, its schema looked at
 * @path: the file
 * @root: receives the document; release with json_object_put()
 * @err: names the file and what is wrong with it (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_results_read(const char *path, struct json_object **root, struct dp_error *err);

/**
 * dp_results_parse - the runs of a document, as they were judged and observed
 * @root: the document
 * @name: what to call it in messages
 * @results: receives the runs; release with dp_results_clear()
 * @err: which member is bad (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_results_parse(struct json_object *root, const char *name, struct dp_results *results,
		     struct dp_error *err);

/* dp_results_read() and dp_results_parse(). */
int dp_results_load(const char *path, struct dp_results *results, struct dp_error *err);

void dp_results_clear(struct dp_results *results);

/**
 * dp_results_judge - verdicts anew, from the stored observations
 * @results: changed in place
 * @policy: the expectations
 *
 * What was not answered then stays unanswered.
 */
void dp_results_judge(struct dp_results *results, const struct dp_policy *policy);

/**
 * dp_run_partner - the run to hold another one against
 * @run: the other
 * @results: where to look: the same kernel; else what was asked for in the same words; else, if
 *           there is only one, that
 * @alone: @run is the only one on its side, too
 *
 * Return: NULL if there is none.
 */
const struct dp_run_record *dp_run_partner(const struct dp_run_record *run,
					   const struct dp_results *results, bool alone);

/**
 * dp_result_kind - what kind of answer this is, so that two can be held against each other
 * @r: the result
 * @text: receives "allowed", "rejected EFAULT", "C1 C2, oops in FUNCTION", …
 * @size: its size in bytes
 */
void dp_result_kind(const struct dp_result *r, char *text, size_t size);

/* How one result stands to another one of the same id. */
enum dp_change {
	DP_SAME,
	DP_BETTER,  /* a lesser status: of fail, error, skip, pass */
	DP_WORSE,   /* a greater one, or a failure of another kind */
	DP_CHANGED, /* the same status, and no failure, but another answer */
	DP_APPEARED,
	DP_GONE,
	DP_CHANGES,
};

/* "same", "better", "worse", "changed", "appeared", "gone" */
const char *dp_change_name(enum dp_change change);

/* One of the two may be NULL. */
enum dp_change dp_result_change(const struct dp_result *before, const struct dp_result *after);

/**
 * dp_run_hold_against - mark what a baseline knows
 * @run: its results are marked (struct dp_result, baseline)
 * @results: the baseline
 * @alone: as for dp_run_partner()
 * @err: the baseline has not this kernel, or none of the ids (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_run_hold_against(struct dp_run_record *run, const struct dp_results *results, bool alone,
			struct dp_error *err);

#endif
