// SPDX-License-Identifier: GPL-2.0-or-later
/* The sizes that are asked, the line through them, and a cost held against what it was. */
#include "test.h"

#include <json-c/json.h>

#include "daxpin/bench.h"
#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/policy.h"

#include "../../src/policy/line.h"

static void has_each_size_of_each_mapping(void **state)
{
	dp_cleanup(dp_benches_clear) struct dp_benches all = { 0 };
	dp_cleanup(dp_benches_clear) struct dp_benches one = { 0 };
	const char *globs[] = { "bench/devdax-*/2M" }, *none[] = { "bench/devdax-2M/3M" };
	struct dp_benches nothing = { 0 };
	size_t count, nmappings = 0, nsizes;
	const struct dp_mapping *const *mappings = dp_mappings(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		nmappings += !mappings[i]->check_only;
	dp_bench_sizes(&nsizes);
	assert_int_equal(dp_benches_make(NULL, 0, &all, NULL), 0);
	assert_int_equal(all.count, nmappings * (nsizes * 2 + 3 + 3 * 4));
	assert_int_equal(dp_benches_make(globs, 1, &one, NULL), 0);
	assert_int_equal(one.count, 3);
	assert_string_equal(one.list[0].id, "bench/devdax-4K/2M");
	assert_int_equal(dp_benches_make(none, 1, &nothing, NULL), -EINVAL);
}

static void has_the_size_itself_last(void **state)
{
	size_t nsizes;
	const struct dp_bench_size *sizes = dp_bench_sizes(&nsizes);
	uint64_t points[DP_BENCH_POINTS];

	(void)state;
	for (size_t i = 0; i < nsizes; i++) {
		size_t count = dp_bench_points(&sizes[i], 4096, points);

		assert_in_range(count, 1, DP_BENCH_POINTS);
		assert_int_equal(points[count - 1], sizes[i].bytes / 4096);
		for (size_t k = 1; k < count; k++)
			assert_true(points[k] > points[k - 1]);
		for (size_t k = 0; k < count; k++)
			assert_in_range(dp_bench_rounds(points[k]), 3, 64);
	}
	assert_int_equal(dp_bench_points(dp_bench_size_find("4K"), 4096, points), 1);
	assert_null(dp_bench_size_find("2"));
}

static void lays_a_line(void **state)
{
	const double x[] = { 64, 128, 256, 512 };
	double y[] = { 1064, 1128, 1256, 1512 };
	struct dp_line line;

	(void)state;
	assert_true(dp_line_fit(x, y, 4, 0, &line));
	assert_true(line.fixed > 999.99 && line.fixed < 1000.01);
	assert_true(line.slope > 0.9999 && line.slope < 1.0001);
	assert_true(line.residual < 1e-9);
	y[1] *= 1.2;
	assert_true(dp_line_fit(x, y, 4, 0, &line));
	assert_in_range((unsigned int)(line.residual * 100), 5, 20);
	assert_false(dp_line_fit(x, y, 2, 0, &line));
	assert_false(dp_line_fit((const double[]){ 1, 1, 1 }, y, 3, 0, &line));
}

static struct json_object *facts_of(double fixed, double per_page, double residual)
{
	char text[512];
	struct json_object *obj;

	snprintf(text, sizeof(text),
		 "{\"unit\":\"instructions\",\"pages\":512,\"instructions\":{\"register_warm\":%f},"
		 "\"fit\":{\"register_warm\":{\"fixed\":%f,\"per_page\":%f,\"residual\":%f}},"
		 "\"points\":[{\"pages\":64,\"register_warm\":%f}]}",
		 fixed + 512 * per_page, fixed, per_page, residual, fixed + 64 * per_page);
	obj = json_tokener_parse(text);
	assert_non_null(obj);
	return obj;
}

/* What is told of a cost that was 10,000 and 500 a page; "" if it is no more than it was. */
static const char *told(double fixed, double per_page, double residual, double tolerance,
			struct dp_result *result)
{
	dp_autojson struct json_object *was = facts_of(10000, 500, 0), *is = NULL;

	is = facts_of(fixed, per_page, residual);
	*result = (struct dp_result){ .status = DP_PASS, .facts = is };
	assert_true(dp_bench_hold(result, was, tolerance) == (result->status == DP_FAIL));
	return result->deviates;
}

static void tells_which_part_has_grown(void **state)
{
	struct dp_result r;

	(void)state;
	assert_string_equal(told(10000, 500, 0, 0.01, &r), "");
	assert_string_equal(r.why, "");
	assert_string_equal(told(10099, 504.9, 0, 0.01, &r), "");
	assert_string_equal(told(10101, 500, 0, 0.01, &r), "fixed part of register_warm");
	assert_string_equal(told(10000, 505.1, 0, 0.01, &r), "part per page of register_warm");
	assert_non_null(strstr(r.why, "+1.0 %"));
	assert_string_equal(told(10000, 505.1, 0, 0.02, &r), "");
	/* What costs less is no failure. */
	assert_string_equal(told(5000, 100, 0, 0.01, &r), "");
	/* A line is not known better than its points lie on it. */
	assert_string_equal(told(10400, 500, 0.01, 0.01, &r), "");
}

/* Time is only known to be between its quartiles. */
static void grants_time_its_spread(void **state)
{
	static const char quartiles[] = "{\"register_warm\":[%d,%d]}";
	dp_autojson struct json_object *was = facts_of(10000, 500, 0), *is = NULL;
	struct dp_result r = { .status = DP_PASS };

	(void)state;
	is = facts_of(10000, 520, 0);
	r.facts = is;
	for (int width = 10000; width >= 0; width -= 10000) {
		struct json_object *both[] = { was, is };
		char text[64];

		snprintf(text, sizeof(text), quartiles, 250000, 250000 + width);
		for (size_t i = 0; i < DP_ARRAY_SIZE(both); i++)
			json_object_object_add(both[i], "quartiles", json_tokener_parse(text));
		assert_true(dp_bench_hold(&r, was, 0.01) == !width);
	}
	assert_string_equal(r.deviates, "part per page of register_warm");
}

static void holds_nothing_against_what_is_not_there(void **state)
{
	dp_autojson struct json_object *was = facts_of(10, 5, 0), *is = facts_of(10000, 500, 0);
	struct dp_result r = { .status = DP_PASS, .facts = is };

	(void)state;
	assert_false(dp_bench_hold(&r, NULL, 0.01));
	assert_string_equal(r.why, "; of its 1 phases the baseline has 0");
	json_object_object_add(was, "unit", json_object_new_string("ns"));
	assert_false(dp_bench_hold(&r, was, 0.01));
	json_object_object_add(was, "unit", json_object_new_string("instructions"));
	json_object_object_add(was, "pages", json_object_new_int(0));
	assert_false(dp_bench_hold(&r, was, 0.01));
	json_object_object_add(was, "pages", json_object_new_int(512));
	r.status = DP_ERROR;
	assert_false(dp_bench_hold(&r, was, 0.01));
	r.status = DP_PASS;
	assert_true(dp_bench_hold(&r, was, 0.01));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_each_size_of_each_mapping),
		cmocka_unit_test(has_the_size_itself_last),
		cmocka_unit_test(lays_a_line),
		cmocka_unit_test(tells_which_part_has_grown),
		cmocka_unit_test(grants_time_its_spread),
		cmocka_unit_test(holds_nothing_against_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
