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

static bool begins(const char *name, const char *word)
{
	return !strncmp(name, word, strlen(word));
}

/* The names that others rely on promise what the mapping is made of; a new name may promise less.
 */
static void mappings_are_what_their_name_says(void **state)
{
	size_t count;
	const struct dp_mapping *const *all = dp_mappings(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct dp_mapping *m = all[i];

		assert_int_not_equal(m->family, 0);
		assert_true(dp_is_devdax(m) || !begins(m->name, "devdax-"));
		assert_true(m->family == DP_FAMILY_FSDAX || !begins(m->name, "fsdax-"));
		assert_true(dp_is_kmem(m) || !begins(m->name, "kmem"));
		assert_true(dp_is_p2pdma(m) || strcmp(m->name, "p2pdma"));
		assert_true(m->control || strcmp(m->name, "anon"));
		if (m->family == DP_FAMILY_FSDAX)
			assert_int_equal(m->private, strstr(m->name, "private") != NULL);
		if (strstr(m->name, "-ext4"))
			assert_string_equal(m->fs, "ext4");
		if (strstr(m->name, "-xfs"))
			assert_string_equal(m->fs, "xfs");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_in_the_order_of_the_kinds),
		cmocka_unit_test(an_id_has_the_question_that_it_begins_with),
		cmocka_unit_test(mappings_are_what_their_name_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
