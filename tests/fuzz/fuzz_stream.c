// SPDX-License-Identifier: GPL-2.0-or-later
/* Whatever the stream says, each id of the plan gets exactly one result, and is told once. */
#include "fuzz.h"

#include "daxpin/check.h"
#include "daxpin/collect.h"
#include "daxpin/observe.h"

struct told {
	const struct dp_plan *plan;
	unsigned int *times; /* for each id of the plan */
};

static void tell(void *arg, const struct dp_run_record *run, const struct dp_result *result)
{
	const struct told *told = arg;

	(void)run;
	for (size_t i = 0; i < told->plan->count; i++)
		told->times[i] += !strcmp(told->plan->list[i].id, result->id);
}

static void check_results(const struct dp_collect *collect, const struct told *told)
{
	size_t counts[DP_STATUSES], sum = 0, answered = 0;

	HOLDS(collect->run.count == told->plan->count);
	for (size_t i = 0; i < collect->run.count; i++) {
		const struct dp_result *r = &collect->run.results[i];

		HOLDS(!strcmp(r->id, told->plan->list[i].id));
		HOLDS(told->times[i] == 1);
		HOLDS(r->status >= DP_PASS && r->status < DP_STATUSES);
		HOLDS(r->why[0] && fuzz_printable(r->why));
		/* What was never observed gets no verdict. */
		HOLDS(collect->records[i].seen || r->status == DP_ERROR);
		answered += collect->records[i].seen;
	}
	HOLDS(collect->answered == answered);
	dp_run_count(&collect->run, counts);
	for (int s = 0; s < DP_STATUSES; s++)
		sum += counts[s];
	HOLDS(sum == collect->run.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/*
	 * Made once; the fuzzer ends with the program. Few ids: each run of the target has a record
	 * of each, and judges it. One that the seed has an answer of, and one that stays without.
	 */
	static const char *const only[] = { "check/devdax-2M/remote-*", "check/anon/local-read" };
	static struct dp_policy policy;
	static struct dp_plan plan;
	dp_cleanup(dp_lines_clear) struct dp_lines lines = { 0 };
	dp_cleanup(dp_collect_clear) struct dp_collect collect;
	dp_autofree unsigned int *times = NULL;
	struct told told = { .plan = &plan };

	if (!plan.count && (dp_plan_make(only, DP_ARRAY_SIZE(only), &plan, NULL) ||
			    dp_policy_load(NULL, &policy, NULL)))
		exit(1);
	times = told.times = calloc(plan.count, sizeof(*times));
	if (!times || dp_collect_plan(&collect, &plan))
		exit(1);
	dp_collect_listen(&collect, &policy, tell, &told);
	dp_lines_feed(&lines, (const char *)data, size, dp_collect_line, &collect);
	if (dp_collect_finish(&collect, &policy))
		exit(1);
	check_results(&collect, &told);
	return 0;
}
