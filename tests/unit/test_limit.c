// SPDX-License-Identifier: GPL-2.0-or-later
/* What is right for each attempt of a limit, and that a kernel which does otherwise fails. */
#include "recorded.h"

#include "daxpin/limit.h"

static struct json_object *attempt_in(struct json_object *lines, int64_t number)
{
	for (size_t i = 0; i < json_object_array_length(lines); i++) {
		struct json_object *obj = json_object_array_get_idx(lines, i);

		if (is(obj, "step", "attempt") && dp_json_int_or(obj, "attempt", 0) == number)
			return obj;
	}
	fail_msg("there is no attempt %d", (int)number);
	return NULL;
}

/* The verdict on a recording in which one member of an attempt is another. */
static enum dp_status with(const char *id, int64_t number, const char *key, const char *value)
{
	dp_autojson struct json_object *lines = recorded_lines("6.1", id);
	char why[768];

	json_object_object_add(attempt_in(lines, number), key, json_tokener_parse(value));
	return status_of(id, lines, WHOLE, NULL, why, sizeof(why));
}

static void each_ends_within_the_table(void **state)
{
	size_t count;
	const struct dp_limit *const *all = dp_limit_all(&count);

	(void)state;
	assert_true(count >= 10);
	for (size_t i = 0; i < count; i++) {
		assert_true(dp_limit_length(all[i]) > 0);
		assert_ptr_equal(dp_limit_find(all[i]->name), all[i]);
	}
}

static void the_sum_decides(void **state)
{
	const struct dp_limit *regions = dp_limit_find("memlock-regions");
	const struct dp_limit *child = dp_limit_find("memlock-fork");
	uint64_t charged;

	(void)state;
	assert_true(dp_limit_expect(regions, 1, &charged));
	assert_int_equal(charged, DP_LIMIT_PAGES / 2);
	assert_false(dp_limit_expect(regions, 2, &charged));
	assert_int_equal(charged, DP_LIMIT_PAGES);
	assert_true(dp_limit_expect(child, 1, &charged));
	assert_int_equal(charged, 0);
	assert_false(dp_limit_expect(child, 2, &charged));
	assert_false(dp_limit_expect(dp_limit_find("memlock-above"), 0, &charged));
	assert_true(dp_limit_expect(dp_limit_find("memlock-capable"), 1, &charged));
}

static void what_is_not_held_fails(void **state)
{
	(void)state;
	assert_int_equal(with("limit/memlock-above", 1, "errno", "null"), DP_FAIL);
	assert_int_equal(with("limit/memlock-above", 1, "errno", "\"EINVAL\""), DP_FAIL);
	assert_int_equal(with("limit/memlock-at", 1, "errno", "\"ENOMEM\""), DP_FAIL);
	assert_int_equal(with("limit/memlock-regions", 3, "errno", "null"), DP_FAIL);
	assert_int_equal(with("limit/memlock-exit", 2, "charged", "16"), DP_FAIL);
	assert_int_equal(with("limit/memlock-dereg", 4, "charged", "16"), DP_FAIL);
	assert_int_equal(with("limit/memlock-fork", 2, "charged", "16"), DP_FAIL);
}

/* What was not done as asked, or failed for another reason, shows nothing of the limit. */
static void what_was_not_asked_is_no_verdict(void **state)
{
	(void)state;
	assert_int_equal(with("limit/memlock-at", 1, "errno", "\"EIO\""), DP_ERROR);
	assert_int_equal(with("limit/memlock-above", 1, "capable", "true"), DP_ERROR);
	assert_int_equal(with("limit/memlock-above", 1, "memlock", "17"), DP_ERROR);
	assert_int_equal(with("limit/memlock-above", 1, "pages", "16"), DP_ERROR);
	assert_int_equal(with("limit/memlock-fork", 2, "who", "\"self\""), DP_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_ends_within_the_table),
		cmocka_unit_test(the_sum_decides),
		cmocka_unit_test(what_is_not_held_fails),
		cmocka_unit_test(what_was_not_asked_is_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
