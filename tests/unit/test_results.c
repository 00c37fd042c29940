// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <json-c/json.h>

#include "daxpin/results.h"

static int parse(const char *text, struct dp_results *results, struct dp_error *err)
{
	struct json_object *root = json_tokener_parse(text);
	int rc;

	assert_non_null(root);
	rc = dp_results_parse(root, "test", results, err);
	json_object_put(root);
	return rc;
}

#define C6 DP_CLAUSE_BIT(DP_C6)

#define RUN(results)                                                                               \
	"{\"schema\":\"daxpin/1\",\"runs\":[{\"kernel\":\"6.1.0\",\"results\":[" results "]}]}"

static void reads_what_was_observed(void **state)
{
	dp_cleanup(dp_results_clear) struct dp_results r = { 0 };
	const struct dp_result *cell;

	(void)state;
	assert_int_equal(
		parse(RUN("{\"id\":\"check/anon/local-read\",\"status\":\"fail\",\"verdict\":\"rejected\","
			  "\"errno\":\"EFAULT\",\"pins\":{\"acquired\":7,\"released\":3},\"pages\":512,"
			  "\"proven\":false,\"violates\":[\"C6\"],\"proof\":{\"leaf\":4096}}"),
		      &r, NULL),
		0);
	assert_int_equal(r.count, 1);
	cell = dp_run_find(&r.runs[0], "check/anon/local-read");
	assert_non_null(cell);
	assert_int_equal(cell->status, DP_FAIL);
	assert_int_equal(cell->cell.err, EFAULT);
	assert_int_equal(cell->cell.acquired, 7);
	assert_int_equal(cell->cell.leaf, 4096);
	assert_true(cell->unproven);
	assert_int_equal(cell->violates, C6);
}

static void refuses_what_is_no_result(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "{\"schema\":\"daxpin/1\"}", "no run" },
		{ "{\"runs\":[]}", "no run" },
		{ "{\"runs\":[7]}", "no results" },
		{ "{\"runs\":[{\"results\":{}}]}", "no results" },
		{ RUN("7"), "not an object" },
		{ RUN("{\"status\":\"pass\"}"), "no id" },
		{ RUN("{\"id\":\"nothing\",\"status\":\"pass\"}"), "no id" },
		{ RUN("{\"id\":\"check/a/b\",\"status\":\"fine\"}"), "no status" },
		{ RUN("{\"id\":\"check/a/b\",\"status\":\"pass\",\"verdict\":\"maybe\"}"),
		  "no answer" },
		{ RUN("{\"id\":\"check/a/b\",\"status\":\"pass\",\"verdict\":\"allowed\","
		      "\"errno\":\"EIO\"}"),
		  "no answer" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++) {
		struct dp_error err = { 0 };
		struct dp_results r;

		assert_int_equal(parse(bad[i].text, &r, &err), -EINVAL);
		assert_true(err.input);
		assert_says(&err, bad[i].says);
		assert_int_equal(r.count, 0);
	}
}

static struct dp_result result(enum dp_status status, int err, dp_clauses violates)
{
	struct dp_result r = { .id = "check/a/b",
			       .status = status,
			       .observed = true,
			       .cell = { .outcome = DP_ANSWERED, .err = err },
			       .violates = violates };

	return r;
}

static void tells_what_changed(void **state)
{
	const struct dp_result allowed = result(DP_PASS, 0, 0);
	const struct dp_result rejected = result(DP_PASS, EFAULT, 0);
	const struct dp_result leaks = result(DP_FAIL, 0, C6);
	const struct dp_result wrong = result(DP_FAIL, 0, 0);
	const struct dp_result skipped = { .id = "check/a/b", .status = DP_SKIP_STATUS };

	(void)state;
	assert_int_equal(dp_result_change(&allowed, &allowed), DP_CHANGE_SAME);
	assert_int_equal(dp_result_change(&allowed, &rejected), DP_CHANGE_OTHER);
	assert_int_equal(dp_result_change(&allowed, &leaks), DP_CHANGE_WORSE);
	assert_int_equal(dp_result_change(&leaks, &allowed), DP_CHANGE_BETTER);
	assert_int_equal(dp_result_change(&leaks, &wrong), DP_CHANGE_WORSE);
	assert_int_equal(dp_result_change(&leaks, &skipped), DP_CHANGE_BETTER);
	assert_int_equal(dp_result_change(&allowed, &skipped), DP_CHANGE_WORSE);
	assert_int_equal(dp_result_change(NULL, &allowed), DP_CHANGE_APPEARED);
	assert_int_equal(dp_result_change(&allowed, NULL), DP_CHANGE_GONE);
}

/* A run with one result. */
static struct dp_run_record run_of(struct dp_result *r)
{
	struct dp_run_record run = { .results = r, .count = 1 };

	strcpy(run.subject.kernel, "6.1.0");
	return run;
}

static void knows_what_the_baseline_has(void **state)
{
	static const struct {
		enum dp_status was, is;
		dp_clauses old, new;
		enum dp_baseline baseline;
		int code;
	} cases[] = {
		{ DP_FAIL, DP_FAIL, C6, C6, DP_KNOWN, 0 },
		{ DP_FAIL, DP_FAIL, C6, 0, DP_OTHER, 1 },
		{ DP_PASS, DP_FAIL, 0, C6, DP_NEW, 1 },
		{ DP_FAIL, DP_PASS, C6, 0, DP_FIXED, 0 },
		{ DP_FAIL, DP_ERROR, C6, 0, DP_UNSEEN, 3 },
		{ DP_PASS, DP_PASS, 0, 0, DP_NO_BASELINE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		struct dp_result was = result(cases[i].was, 0, cases[i].old);
		struct dp_result is = result(cases[i].is, 0, cases[i].new);
		struct dp_run_record old = run_of(&was), new = run_of(&is);
		struct dp_results baseline = { .runs = &old, .count = 1 };

		assert_int_equal(dp_run_hold_against(&new, &baseline, true, NULL), 0);
		assert_int_equal(is.baseline, cases[i].baseline);
		assert_int_equal(dp_runs_exit_code(&new, 1), cases[i].code);
	}
}

static void refuses_another_matrix(void **state)
{
	struct dp_result was = result(DP_PASS, 0, 0), is = result(DP_PASS, 0, 0);
	struct dp_run_record old = run_of(&was), new = run_of(&is);
	struct dp_results baseline = { .runs = &old, .count = 1 };
	struct dp_error err = { 0 };

	(void)state;
	strcpy(was.id, "check/a/c");
	assert_int_equal(dp_run_hold_against(&new, &baseline, true, &err), -EINVAL);
	assert_says(&err, "another matrix");
	err = (struct dp_error){ 0 };
	strcpy(old.subject.kernel, "5.10.0");
	assert_int_equal(dp_run_hold_against(&new, &baseline, false, &err), -EINVAL);
	assert_says(&err, "no run of the kernel 6.1.0");
}

/* The same kernel with another carrier is another run. */
static void compares_with_the_same_carrier(void **state)
{
	struct dp_result was[2] = { result(DP_FAIL, 0, C6), result(DP_PASS, 0, 0) };
	struct dp_result is = result(DP_FAIL, 0, C6);
	struct dp_run_record old[2] = { run_of(&was[0]), run_of(&was[1]) }, new = run_of(&is);
	struct dp_results baseline = { .runs = old, .count = 2 };

	(void)state;
	strcpy(old[0].carrier, "e820");
	assert_ptr_equal(dp_run_partner(&new, &baseline, false), &old[1]);
	strcpy(new.carrier, "e820");
	assert_ptr_equal(dp_run_partner(&new, &baseline, false), &old[0]);
	strcpy(new.carrier, "hmem");
	assert_null(dp_run_partner(&new, &baseline, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_with_the_same_carrier),
		cmocka_unit_test(reads_what_was_observed),
		cmocka_unit_test(refuses_what_is_no_result),
		cmocka_unit_test(tells_what_changed),
		cmocka_unit_test(knows_what_the_baseline_has),
		cmocka_unit_test(refuses_another_matrix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
