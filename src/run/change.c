// SPDX-License-Identifier: GPL-2.0-or-later
/* One result held against another: what got better, worse, or is known. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/question.h"
#include "daxpin/results.h"

const char *dp_change_name(enum dp_change change)
{
	static const char *const names[] = { "same",    "better",   "worse",
					     "changed", "appeared", "gone" };

	return names[change];
}

/* Of two results of an id that was asked once. */
static enum dp_change change_of(const struct dp_result *before, const struct dp_result *after)
{
	int was = dp_status_rank(before->status), is = dp_status_rank(after->status);
	char old[DP_KIND_TEXT], new[DP_KIND_TEXT];

	if (is != was)
		return is < was ? DP_CHANGE_BETTER : DP_CHANGE_WORSE;
	dp_result_kind(before, old, sizeof(old));
	dp_result_kind(after, new, sizeof(new));
	if (dp_kinds_agree(old, new))
		return DP_CHANGE_SAME;
	return after->status == DP_FAIL ? DP_CHANGE_WORSE : DP_CHANGE_OTHER;
}

bool dp_answer_is_gone(size_t seen, size_t asked, size_t again)
{
	double chance = 1;

	if (asked == 1 && again == 1)
		return true;
	/* Each time one more without it: (others + 1) / (asked + 2), both growing. */
	for (size_t i = 0; i < again; i++)
		chance *= (double)(asked - seen + 1 + i) / (double)(asked + 2 + i);
	return chance < 0.001;
}

/* An answer that did not come before. */
static enum dp_change appeared(const struct dp_answer *answer, enum dp_status before)
{
	bool worse = answer->status == DP_FAIL ||
		     dp_status_rank(answer->status) > dp_status_rank(before);

	return worse ? DP_CHANGE_WORSE : DP_CHANGE_OTHER;
}

/* One that has gone. Where only worse ones are left, that is no gain. */
static enum dp_change went(const struct dp_answer *answer, enum dp_status after)
{
	int was = dp_status_rank(answer->status), is = dp_status_rank(after);

	if (answer->status == DP_FAIL || was > is)
		return DP_CHANGE_BETTER;
	return was < is ? DP_CHANGE_WORSE : DP_CHANGE_OTHER;
}

static enum dp_change weightier(enum dp_change a, enum dp_change b)
{
	static const enum dp_change order[] = { DP_CHANGE_WORSE, DP_CHANGE_BETTER,
						DP_CHANGE_OTHER };

	for (size_t i = 0; i < DP_ARRAY_SIZE(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return DP_CHANGE_SAME;
}

static enum dp_change change_of_answers(const struct dp_result *before,
					const struct dp_result *after)
{
	dp_cleanup(dp_answers_clear) struct dp_answers old = { 0 };
	dp_cleanup(dp_answers_clear) struct dp_answers new = { 0 };
	enum dp_change change = DP_CHANGE_SAME;

	if (dp_answers_of(before, &old) || dp_answers_of(after, &new))
		return change_of(before, after);
	for (size_t i = 0; i < new.count; i++)
		if (!dp_answers_find(&old, new.list[i].status, new.list[i].kind))
			change = weightier(change, appeared(&new.list[i], before->status));
	for (size_t i = 0; i < old.count; i++)
		if (!dp_answers_find(&new, old.list[i].status, old.list[i].kind) &&
		    dp_answer_is_gone(old.list[i].count, old.total, new.total))
			change = weightier(change, went(&old.list[i], after->status));
	return change;
}

enum dp_change dp_result_change(const struct dp_result *before, const struct dp_result *after)
{
	if (!before || !after)
		return before ? DP_CHANGE_GONE : DP_CHANGE_APPEARED;
	if (before->nrounds || after->nrounds)
		return change_of_answers(before, after);
	return change_of(before, after);
}

/* Results from before there were others have none named. */
static bool same_carrier(const struct dp_run_record *a, const struct dp_run_record *b)
{
	return !strcmp(a->carrier, b->carrier) && !strcmp(a->pinner, b->pinner);
}

const struct dp_run_record *dp_run_partner(const struct dp_run_record *run,
					   const struct dp_results *results, bool alone)
{
	for (size_t i = 0; i < results->count; i++)
		if (!strcmp(results->runs[i].subject.kernel, run->subject.kernel) &&
		    same_carrier(&results->runs[i], run))
			return &results->runs[i];
	for (size_t i = 0; run->kernel_spec[0] && i < results->count; i++)
		if (!strcmp(results->runs[i].kernel_spec, run->kernel_spec) &&
		    same_carrier(&results->runs[i], run))
			return &results->runs[i];
	return alone && results->count == 1 ? &results->runs[0] : NULL;
}

/* Whether each failure is of a kind that the baseline has, too. */
static bool all_known(const struct dp_result *r, const struct dp_result *known)
{
	dp_cleanup(dp_answers_clear) struct dp_answers old = { 0 };
	dp_cleanup(dp_answers_clear) struct dp_answers new = { 0 };

	if (dp_answers_of(known, &old) || dp_answers_of(r, &new))
		return false;
	for (size_t i = 0; i < new.count; i++)
		if (new.list[i].status == DP_FAIL &&
		    !dp_answers_find(&old, DP_FAIL, new.list[i].kind))
			return false;
	return true;
}

/* Whether all failures of the baseline have gone, and not by chance. */
static bool all_gone(const struct dp_result *r, const struct dp_result *known)
{
	dp_cleanup(dp_answers_clear) struct dp_answers old = { 0 };
	size_t failed = 0;

	if (dp_answers_of(known, &old))
		return false;
	for (size_t i = 0; i < old.count; i++)
		failed += old.list[i].status == DP_FAIL ? old.list[i].count : 0;
	return dp_answer_is_gone(failed, old.total, r->nrounds ? r->nrounds : 1);
}

static void hold_failure(struct dp_result *r, const struct dp_result *known)
{
	enum dp_baseline baseline = all_known(r, known) ? DP_KNOWN : DP_OTHER;

	/* A round without an answer must not hide behind a failure that is excused. */
	if (r->nrounds && baseline == DP_KNOWN)
		dp_result_fold(r, true);
	r->baseline = r->status == DP_FAIL ? baseline : DP_UNSEEN;
	if (baseline == DP_OTHER && known->nrounds)
		dp_result_answers(known, r->was, sizeof(r->was));
	else if (baseline == DP_OTHER)
		dp_result_kind(known, r->was, sizeof(r->was));
}

static void hold_against(struct dp_result *r, const struct dp_result *known, double tolerance)
{
	bool failed = known && known->status == DP_FAIL;

	if (dp_question_is(r->id, DP_QUESTION_BENCH))
		dp_bench_hold(r, known ? known->facts : NULL, tolerance);
	if (r->status == DP_FAIL && failed)
		hold_failure(r, known);
	else if (r->status == DP_FAIL)
		r->baseline = DP_NEW;
	else if (failed)
		r->baseline = r->status != DP_PASS ? DP_UNSEEN
			      : all_gone(r, known) ? DP_FIXED
						   : DP_SOMETIMES;
}

int dp_run_hold_against(struct dp_run_record *run, const struct dp_results *results, bool alone,
			struct dp_error *err)
{
	const struct dp_run_record *base = dp_run_partner(run, results, alone);
	size_t common = 0;

	if (!base) {
		dp_bad_input(err, "the baseline has no run of the kernel %s", run->subject.kernel);
		return dp_hint(err, "its first is of %s", results->runs[0].subject.kernel), -EINVAL;
	}
	run->splat_known = run->splat[0] && base->splat[0];
	for (size_t i = 0; i < run->count; i++) {
		const struct dp_result *known = dp_run_find(base, run->results[i].id);

		common += known != NULL;
		hold_against(&run->results[i], known, results->tolerance);
	}
	return common ? 0
		      : dp_bad_input(err, "the baseline is of another matrix: it has none of the "
					  "ids that were asked");
}
