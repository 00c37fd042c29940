// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that are run: what they printed is kept, however they end. */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/proc.h"
#include "daxpin/text.h"

#define LIMIT_MS 60000

static void keeps_what_was_printed(void **state)
{
	const char *const good[] = { "sh", "-c", "echo one; echo two", NULL };
	const char *const bad[] = { "sh", "-c", "echo one; echo two >&2; exit 3", NULL };
	dp_autofree char *output = NULL, *of_bad = NULL;
	struct dp_error err = { 0 };

	(void)state;
	assert_int_equal(dp_run(good, LIMIT_MS, &output, &err), 0);
	assert_string_equal(output, "one\ntwo\n");
	assert_int_equal(dp_run(bad, LIMIT_MS, &of_bad, &err), -EIO);
	assert_non_null(strstr(err.what, "status 3: two"));
	assert_string_equal(of_bad, "one\ntwo");
}

static void knows_the_last_line(void **state)
{
	char several[] = "one\ntwo \n\n", single[] = "one", none[] = "\n";

	(void)state;
	assert_string_equal(dp_last_line(several), "two");
	assert_string_equal(dp_last_line(single), "one");
	assert_string_equal(dp_last_line(none), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_was_printed),
		cmocka_unit_test(knows_the_last_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
