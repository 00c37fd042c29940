// SPDX-License-Identifier: GPL-2.0-or-later
/* What a field can be: whatever else stands there is as good as nothing. */
#include "test.h"

#include "daxpin/json.h"
#include "daxpin/steps.h"

/* The first field that a step lacks, "" if there is none. */
static const char *lacks(const char *step)
{
	dp_autojson struct json_object *obj = json_tokener_parse(step);
	const char *left_out;
	enum dp_field field = dp_step_lacks(obj, false, &left_out);

	assert_non_null(obj);
	return field == DP_FIELDS ? "" : dp_field_name(field);
}

static void needs_each_field(void **state)
{
	(void)state;
	assert_string_equal(lacks("{\"step\":\"taint\",\"before\":0,\"after\":0}"), "");
	assert_string_equal(lacks("{\"step\":\"taint\",\"before\":0}"), "after");
	assert_string_equal(lacks("{\"step\":\"taint\",\"before\":null,\"after\":0}"), "before");
	assert_string_equal(lacks("{\"step\":\"taint\",\"before\":\"0\",\"after\":0}"), "before");
	assert_string_equal(lacks("{\"step\":\"taint\",\"before\":0.0,\"after\":0}"), "before");
	assert_string_equal(lacks("{\"step\":\"taint\",\"before\":0,\"after\":0,"
				  "\"left_out\":{\"after\":\"why\"}}"),
			    "after");
}

/* Nothing can be counted to less than zero; pages that are pinned are a difference. */
static void counts_from_zero(void **state)
{
	(void)state;
	assert_string_equal(lacks("{\"step\":\"taint\",\"before\":-1,\"after\":0}"), "before");
	assert_string_equal(lacks("{\"step\":\"rounds\",\"races\":-3}"), "races");
	assert_string_equal(lacks("{\"step\":\"rounds\",\"races\":9223372036854775807}"), "races");
	assert_string_equal(lacks("{\"step\":\"pins\",\"pins_held\":-3,\"ms\":1}"), "");
	assert_string_equal(lacks("{\"step\":\"pins\",\"pins_held\":-3,\"ms\":-1}"), "ms");
}

static void knows_no_other_words(void **state)
{
	(void)state;
	assert_string_equal(lacks("{\"step\":\"cpu-access\",\"state\":\"completed\","
				  "\"result\":\"SIGBUS\",\"ms\":1}"),
			    "");
	assert_string_equal(lacks("{\"step\":\"cpu-access\",\"state\":\"completed\","
				  "\"result\":\"fine\",\"ms\":1}"),
			    "result");
	assert_string_equal(lacks("{\"step\":\"cpu-access\",\"state\":\"completed\","
				  "\"result\":null,\"ms\":1}"),
			    "result");
}

/* A registration is not refused without an errno. */
static void needs_what_was_said(void **state)
{
	(void)state;
	assert_string_equal(
		lacks("{\"step\":\"refused\",\"errno\":\"EFAULT\",\"topology\":\"veth\","
		      "\"role\":\"target\",\"on_demand\":false}"),
		"");
	assert_string_equal(lacks("{\"step\":\"refused\",\"errno\":null,\"topology\":\"veth\","
				  "\"role\":\"target\",\"on_demand\":false}"),
			    "errno");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs_each_field),
		cmocka_unit_test(counts_from_zero),
		cmocka_unit_test(knows_no_other_words),
		cmocka_unit_test(needs_what_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
