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

/**
 * dp_result_kind - describe the kind of an answer, so that two results can be compared
 * @r: the result
 * @text: receives "allowed", "rejected EFAULT", "C1 C2, oops in FUNCTION", …
 * @size: size of @text in bytes
 */
void dp_result_kind(const struct dp_result *r, char *text, size_t size);

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

/* Compares two results of one id, one of which may be NULL. */
enum dp_change dp_result_change(const struct dp_result *before, const struct dp_result *after);

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
