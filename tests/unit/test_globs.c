// SPDX-License-Identifier: GPL-2.0-or-later
/* Which ids patterns select, and which patterns have selected none. */
#include <errno.h>

#include "test.h"

#include "daxpin/cleanup.h"
#include "daxpin/globs.h"
#include "daxpin/question.h"

static void no_pattern_selects_everything(void **state)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;

	(void)state;
	assert_int_equal(dp_globs_init(&globs, NULL, 0), 0);
	assert_true(dp_globs_select(&globs, "check/anon/local-read"));
	assert_null(dp_globs_unused(&globs));
}

static void a_pattern_without_slash_is_a_mapping(void **state)
{
	static const char *const list[] = { "dev*-2M" };
	dp_cleanup(dp_globs_clear) struct dp_globs globs;

	(void)state;
	assert_int_equal(dp_globs_init(&globs, list, 1), 0);
	assert_true(dp_globs_select(&globs, "teardown/devdax-2M/devdax-unbind/dereg"));
	assert_true(dp_globs_select(&globs, "limit/devdax-2M"));
	assert_false(dp_globs_select(&globs, "check/devdax-4K/local-read"));
	/* Another part of the id, and less than a part. */
	assert_false(dp_globs_select(&globs, "check/anon/devdax-2M"));
	assert_false(dp_globs_select(&globs, "devdax-2M/anon"));
	assert_false(dp_globs_select(&globs, "devdax-2M"));
	assert_false(dp_globs_select(&globs, ""));
	assert_false(dp_globs_select(&globs, "check/xdevdax-2M/local-read"));
}

static void a_pattern_with_slash_is_an_id(void **state)
{
	static const char *const list[] = { "check/*/remote-write", "race/anon/*" };
	dp_cleanup(dp_globs_clear) struct dp_globs globs;

	(void)state;
	assert_int_equal(dp_globs_init(&globs, list, 2), 0);
	assert_true(dp_globs_select(&globs, "check/anon/remote-write"));
	assert_false(dp_globs_select(&globs, "check/anon/remote-writes"));
	assert_false(dp_globs_select(&globs, "traffic/anon/write"));
}

static void each_pattern_that_selects_is_used(void **state)
{
	static const char *const list[] = { "anon", "check/anon/*", "race/*", "thp" };
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	struct dp_error err = { 0 };

	(void)state;
	assert_int_equal(dp_globs_init(&globs, list, 4), 0);
	assert_string_equal(dp_globs_unused(&globs), "anon");
	assert_true(dp_globs_select(&globs, "check/anon/local-read"));
	assert_string_equal(dp_globs_unused(&globs), "race/*");
	assert_int_equal(dp_question_globs_used(DP_QUESTION_RACE, &globs, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, "\"race/*\" matches no race");
	assert_non_null(strstr(err.hint, "race/MAPPING/EVENT"));
	assert_true(dp_globs_select(&globs, "race/thp/owner-exits"));
	assert_null(dp_globs_unused(&globs));
	assert_int_equal(dp_question_globs_used(DP_QUESTION_RACE, &globs, NULL), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_pattern_selects_everything),
		cmocka_unit_test(a_pattern_without_slash_is_a_mapping),
		cmocka_unit_test(a_pattern_with_slash_is_an_id),
		cmocka_unit_test(each_pattern_that_selects_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
