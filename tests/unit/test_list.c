// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists that grow by elements of zeros, and stay as they are without memory. */
#include "test.h"

#include "daxpin/list.h"

static void elements_are_added_at_the_end(void **state)
{
	dp_autofree int *list = NULL;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int *added = dp_list_add(list, count);

		assert_non_null(added);
		assert_int_equal(*added, 0);
		*added = i;
		assert_int_equal(count, i + 1);
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
}

static void without_memory_the_list_stays(void **state)
{
	/* Volatile, so that the compiler does not see that there is no such array. */
	volatile size_t more_than_there_is = SIZE_MAX / 2;
	size_t count = more_than_there_is;
	int *list = NULL;

	(void)state;
	assert_null(dp_list_add(list, count));
	assert_null(list);
	assert_int_equal(count, more_than_there_is);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_added_at_the_end),
		cmocka_unit_test(without_memory_the_list_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
