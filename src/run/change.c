// SPDX-License-Identifier: GPL-2.0-or-later
/* One result held against another: what got better, worse, or is known. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/json.h"
#include "daxpin/results.h"

#include "daxpin/error.h"
#include "daxpin/observe.h"

const char *dp_change_name(enum dp_change change)
{
	static const char *const names[] = { "same",    "better",   "worse",
					     "changed", "appeared", "gone" };

	return names[change];
}

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

static int rank(enum dp_status status)
{
	static const int ranks[DP_STATUSES] = {
		[DP_PASS] = 0, [DP_SKIP_STATUS] = 1, [DP_ERROR] = 2, [DP_FAIL] = 3
	};

	return ranks[status];
}

enum dp_change dp_result_change(const struct dp_result *before, const struct dp_result *after)
{
	char old[256], new[256];

	if (!before || !after)
		return before ? DP_CHANGE_GONE : DP_CHANGE_APPEARED;
	if (rank(after->status) != rank(before->status))
		return rank(after->status) < rank(before->status) ? DP_CHANGE_BETTER
								  : DP_CHANGE_WORSE;
	dp_result_kind(before, old, sizeof(old));
	dp_result_kind(after, new, sizeof(new));
	if (!strcmp(old, new))
		return DP_CHANGE_SAME;
	return after->status == DP_FAIL ? DP_CHANGE_WORSE : DP_CHANGE_OTHER;
}

const struct dp_run_record *dp_run_partner(const struct dp_run_record *run,
					   const struct dp_results *results, bool alone)
{
	for (size_t i = 0; i < results->count; i++)
		if (!strcmp(results->runs[i].subject.kernel, run->subject.kernel))
			return &results->runs[i];
	for (size_t i = 0; run->kernel_spec[0] && i < results->count; i++)
		if (!strcmp(results->runs[i].kernel_spec, run->kernel_spec))
			return &results->runs[i];
	return alone && results->count == 1 ? &results->runs[0] : NULL;
}

static void hold_against(struct dp_result *r, const struct dp_result *known)
{
	enum dp_change change = dp_result_change(known, r);

	if (r->status == DP_FAIL && known && known->status == DP_FAIL)
		r->baseline = change == DP_CHANGE_SAME ? DP_KNOWN : DP_OTHER;
	else if (r->status == DP_FAIL)
		r->baseline = DP_NEW;
	else if (known && known->status == DP_FAIL)
		r->baseline = r->status == DP_PASS ? DP_FIXED : DP_UNSEEN;
	if (r->baseline == DP_OTHER)
		dp_result_kind(known, r->was, sizeof(r->was));
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
		hold_against(&run->results[i], known);
	}
	return common ? 0
		      : dp_bad_input(err, "the baseline is of another matrix: it has none of the "
					  "ids that were asked");
}
