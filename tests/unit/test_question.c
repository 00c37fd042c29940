// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of questions, and which of them an id belongs to. */
#include <string.h>

#include "test.h"

#include "daxpin/mapping.h"
#include "daxpin/question.h"

static void the_table_is_in_the_order_of_the_kinds(void **state)
{
	(void)state;
	for (int kind = 0; kind < DP_QUESTIONS; kind++) {
		const struct dp_question *question = dp_question(kind);

		assert_int_equal(question->kind, kind);
		assert_ptr_equal(dp_question_of(question->ids), question);
	}
}

static void an_id_has_the_question_that_it_begins_with(void **state)
{
	static const char *const others[] = {
		"", "check", "chec/anon/x", "checks/anon/x", "/check/anon", "trafficking/x"
	};

	(void)state;
	assert_true(dp_question_is("check/anon/local-read", DP_QUESTION_CHECK));
	assert_true(dp_question_is("traffic/anon/write", DP_QUESTION_TRAFFIC));
	assert_false(dp_question_is("race/anon/owner-exits", DP_QUESTION_TEARDOWN));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_null(dp_question_of(others[i]));
		assert_false(dp_question_is(others[i], DP_QUESTION_CHECK));
	}
}

/* What used to be read from the names, and must agree with them. */
static void mappings_are_of_the_family_that_their_name_says(void **state)
{
	size_t count;
	const struct dp_mapping *const *all = dp_mappings(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct dp_mapping *m = all[i];

		assert_int_not_equal(m->family, 0);
		assert_int_equal(dp_is_devdax(m), !strncmp(m->name, "devdax-", 7));
		assert_int_equal(m->family == DP_FAMILY_FSDAX, !strncmp(m->name, "fsdax-", 6));
		assert_int_equal(dp_is_kmem(m), !strncmp(m->name, "kmem", 4));
		assert_int_equal(dp_is_p2pdma(m), !strcmp(m->name, "p2pdma"));
		assert_int_equal(m->control, !strcmp(m->name, "anon"));
		if (m->family == DP_FAMILY_FSDAX)
			assert_int_equal(m->private, strstr(m->name, "private") != NULL);
		if (m->fs)
			assert_non_null(strstr(m->name, m->fs));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_in_the_order_of_the_kinds),
		cmocka_unit_test(an_id_has_the_question_that_it_begins_with),
		cmocka_unit_test(mappings_are_of_the_family_that_their_name_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
