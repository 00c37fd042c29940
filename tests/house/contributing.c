// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The examples of CONTRIBUTING.md, built into this program: a mapping, an event, an operation and a
 * format that nothing else names are known everywhere, so one file is all that each of them takes.
 */
#include "../unit/test.h"

#include "daxpin/check.h"
#include "daxpin/policy.h"
#include "daxpin/report.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"

static void a_mapping_is_asked_about(void **state)
{
	static const char *const only[] = { "zero-private" };
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	dp_cleanup(dp_cases_clear) struct dp_cases cases = { 0 };
	size_t accesses;

	(void)state;
	dp_accesses(&accesses);
	assert_int_equal(dp_plan_make(only, 1, &plan, NULL), 0);
	assert_int_equal(plan.count, accesses);
	assert_string_equal(plan.list[0].id, "check/zero-private/local-read");
	assert_int_equal(dp_cases_make(only, 1, &cases, NULL), 0);
	assert_true(cases.count > 0);
}

static void a_mapping_can_be_made(void **state)
{
	const struct dp_env env = { .size = 2 << 20 };
	struct dp_error err = { 0 };
	struct dp_area area;

	(void)state;
	assert_int_equal(dp_area_open(dp_mapping_find("zero-private"), &env, &area, &err), 0);
	assert_int_equal(area.len, 2 << 20);
	dp_area_close(&area);
}

static void a_mapping_has_its_rule(void **state)
{
	const struct dp_subject subject = { .kernel = "6.1.0", .provider = "rxe" };
	struct dp_cell cell = { .id = "check/zero-private/remote-write",
				.pages = 512,
				.acquired = 512,
				.released = 512,
				.pins_seen = true,
				.attempts = 1,
				.owner = "System RAM",
				.persistent = 0 };
	const struct dp_observed o = { .id = cell.id, .cell = &cell, .doing = "", .absent = "" };
	struct dp_error err = { 0 };
	struct dp_policy policy;
	struct dp_result result;

	(void)state;
	assert_int_equal(dp_policy_load(EXAMPLES "/example.policy", &policy, &err), 0);
	dp_judge(&policy, &subject, &o, &result);
	assert_int_equal(result.status, DP_PASS);
	cell.err = EFAULT;
	cell.acquired = cell.released = 0;
	dp_judge(&policy, &subject, &o, &result);
	assert_int_equal(result.status, DP_FAIL);
	dp_policy_clear(&policy);
}

static void an_event_is_asked_about(void **state)
{
	static const char *const torn[] = { "teardown/fsdax-xfs-2M/fsdax-zero-range/dereg" };
	static const char *const moved[] = { "traffic/fsdax-xfs-2M/fsdax-zero-range" };
	dp_cleanup(dp_scenarios_clear) struct dp_scenarios scenarios = { 0 };
	dp_cleanup(dp_cases_clear) struct dp_cases cases = { 0 };

	(void)state;
	assert_int_equal(dp_scenarios_make(torn, 1, false, &scenarios, NULL), 0);
	assert_int_equal(scenarios.count, 1);
	assert_int_equal(dp_cases_make(moved, 1, &cases, NULL), 0);
	assert_int_equal(cases.count, 1);
}

static void an_operation_is_asked_about(void **state)
{
	static const char *const only[] = { "traffic/*/send-imm" };
	dp_cleanup(dp_cases_clear) struct dp_cases cases = { 0 };
	size_t count, mappings = 0;
	const struct dp_mapping *const *all = dp_mappings(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		mappings += !all[i]->check_only;
	assert_int_equal(dp_cases_make(only, 1, &cases, NULL), 0);
	assert_int_equal(cases.count, mappings);
}

static void a_format_is_written(void **state)
{
	struct dp_result result = { .id = "check/zero-private/remote-write", .status = DP_PASS };
	const struct dp_run_record run = { .results = &result, .count = 1 };
	const struct dp_format *format = dp_format_find("ids");
	dp_autofree char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char names[256];

	(void)state;
	assert_non_null(format);
	assert_int_equal(format->write(out, &run, 1, NULL), 0);
	fclose(out);
	assert_string_equal(text, "check/zero-private/remote-write pass\n");
	dp_format_names(names, sizeof(names));
	assert_non_null(strstr(names, "ids"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapping_is_asked_about),
		cmocka_unit_test(a_mapping_can_be_made),
		cmocka_unit_test(a_mapping_has_its_rule),
		cmocka_unit_test(an_event_is_asked_about),
		cmocka_unit_test(an_operation_is_asked_about),
		cmocka_unit_test(a_format_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
