// SPDX-License-Identifier: GPL-2.0-or-later
/* Members of JSON objects: what is not there, or is something else, is told from a value. */
#include <errno.h>
#include <string.h>

#include "test.h"

#include "daxpin/json.h"

static const char sample[] = "{\"text\":\"one\",\"empty\":\"\",\"int\":-7,\"zero\":0,\"yes\":true,"
			     "\"no\":false,\"double\":2.5,\"null\":null,\"object\":{\"a\":1},"
			     "\"array\":[\"x\",1,null,\"y\"],\"escape\":\"a\\u001bb\"}";

/* Whatever is read from: no object at all, and members of the wrong type. */
static void what_is_absent_is_no_value(void **state)
{
	static const char *const others[] = { "missing", "null", "object", "array" };
	dp_autojson struct json_object *obj = dp_json_parse(sample);
	struct json_object *from[] = { obj, NULL, dp_json_array(obj, "array") };

	(void)state;
	assert_non_null(obj);
	for (size_t f = 0; f < DP_ARRAY_SIZE(from); f++) {
		for (size_t i = 0; i < DP_ARRAY_SIZE(others); i++) {
			int64_t number = 42;
			double real = 1.25;
			bool flag = true;
			char copy[8] = "old";

			assert_null(dp_json_text(from[f], others[i]));
			assert_int_equal(dp_json_int(from[f], others[i], &number), -EBADMSG);
			assert_int_equal(dp_json_bool(from[f], others[i], &flag), -EBADMSG);
			assert_int_equal(dp_json_double(from[f], others[i], &real), -EBADMSG);
			assert_int_equal(dp_json_copy_text(from[f], others[i], copy, sizeof(copy)),
					 -EBADMSG);
			assert_string_equal(copy, "");
			assert_int_equal(number, 42);
			assert_true(flag);
			assert_true(real == 1.25);
			assert_int_equal(dp_json_int_or(from[f], others[i], -1), -1);
			assert_true(dp_json_bool_or(from[f], others[i], true));
			assert_false(dp_json_bool_or(from[f], others[i], false));
		}
		assert_null(dp_json_object(from[f], "text"));
		assert_null(dp_json_object(from[f], "missing"));
		assert_null(dp_json_array(from[f], "object"));
	}
	/* No number is a flag, no flag a number, no text either. */
	assert_true(dp_json_bool_or(obj, "zero", true));
	assert_int_equal(dp_json_int_or(obj, "yes", 3), 3);
	assert_int_equal(dp_json_int_or(obj, "double", 3), 3);
	assert_int_equal(dp_json_int_or(obj, "text", 3), 3);
}

static void what_is_there_is_read(void **state)
{
	dp_autojson struct json_object *obj = dp_json_parse(sample);
	char copy[4];
	int64_t number;
	double real;
	bool flag;

	(void)state;
	assert_string_equal(dp_json_text(obj, "text"), "one");
	assert_string_equal(dp_json_text(obj, "empty"), "");
	assert_int_equal(dp_json_int(obj, "int", &number), 0);
	assert_int_equal(number, -7);
	assert_int_equal(dp_json_int_or(obj, "zero", 9), 0);
	assert_int_equal(dp_json_bool(obj, "yes", &flag), 0);
	assert_true(flag);
	assert_false(dp_json_bool_or(obj, "no", true));
	assert_int_equal(dp_json_double(obj, "double", &real), 0);
	assert_true(real == 2.5);
	assert_int_equal(dp_json_double(obj, "int", &real), 0);
	assert_true(real == -7);
	assert_int_equal(dp_json_int_or(dp_json_object(obj, "object"), "a", 0), 1);
	assert_int_equal(dp_json_copy_text(obj, "text", copy, sizeof(copy)), 0);
	assert_string_equal(copy, "one");
	assert_int_equal(dp_json_copy_text(obj, "text", copy, 3), -EMSGSIZE);
	assert_string_equal(copy, "");
	assert_int_equal(dp_json_copy_text(obj, "escape", copy, sizeof(copy)), 0);
	assert_string_equal(copy, "a?b");
}

static void elements_are_counted_and_read(void **state)
{
	dp_autojson struct json_object *obj = dp_json_parse(sample);
	struct json_object *array = dp_json_array(obj, "array");

	(void)state;
	assert_int_equal(dp_json_count(array), 4);
	assert_int_equal(dp_json_count(obj), 0);
	assert_int_equal(dp_json_count(NULL), 0);
	assert_string_equal(dp_json_text_at(array, 0), "x");
	assert_null(dp_json_text_at(array, 1));
	assert_null(dp_json_text_at(array, 2));
	assert_string_equal(dp_json_text_at(array, 3), "y");
	assert_null(dp_json_text_at(array, 4));
	assert_null(dp_json_text_at(obj, 0));
	assert_null(dp_json_text_at(NULL, 0));
}

static void only_an_object_is_parsed(void **state)
{
	static const char *const others[] = { "", "[]", "1", "\"a\"", "null", "{", "{\"a\":}" };

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(others); i++)
		assert_null(dp_json_parse(others[i]));
}

static void members_are_added(void **state)
{
	static const char *const texts[] = { "a", "", "c" };
	dp_autojson struct json_object *obj = json_object_new_object();

	(void)state;
	dp_json_add_text(obj, "text", "one");
	dp_json_add_text(obj, "empty", "");
	dp_json_add_text(obj, "none", NULL);
	dp_json_add_int(obj, "int", INT64_MIN);
	dp_json_add_bool(obj, "bool", false);
	dp_json_add_double(obj, "double", 0.5);
	dp_json_add_texts(obj, "texts", texts, DP_ARRAY_SIZE(texts));
	dp_json_add_texts(obj, "nothing", NULL, 0);
	dp_json_append_text(dp_json_array(obj, "texts"), "d");
	assert_string_equal(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN),
			    "{\"text\":\"one\",\"empty\":null,\"none\":null,"
			    "\"int\":-9223372036854775808,\"bool\":false,\"double\":0.5,"
			    "\"texts\":[\"a\",\"\",\"c\",\"d\"],\"nothing\":[]}");
}

/* ü, €, an emoji: two, three and four bytes; then bytes that are no UTF-8. */
static void a_line_is_ascii(void **state)
{
	dp_autojson struct json_object *obj = json_object_new_object(), *back = NULL;
	dp_autofree char *line = NULL, *bad = NULL;

	(void)state;
	dp_json_add_text(obj, "a", "\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 \n");
	line = dp_json_line(obj);
	assert_string_equal(line, "{\"a\":\"\\u00fc \\u20ac \\ud83d\\ude00 \\n\"}");
	back = dp_json_parse(line);
	assert_string_equal(dp_json_text(back, "a"), dp_json_text(obj, "a"));
	dp_json_add_text(obj, "a", "\xff\xc3 \xe2\x82");
	bad = dp_json_line(obj);
	assert_string_equal(bad, "{\"a\":\"\xff\xc3 \xe2\x82\"}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_absent_is_no_value),
		cmocka_unit_test(what_is_there_is_read),
		cmocka_unit_test(elements_are_counted_and_read),
		cmocka_unit_test(only_an_object_is_parsed),
		cmocka_unit_test(members_are_added),
		cmocka_unit_test(a_line_is_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
