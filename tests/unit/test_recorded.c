// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdicts on recordings of real guests, as they stand beside them: a line for each id, with
 * its status and the clauses that are broken.
 */
#include "recorded.h"

static struct dp_policy policy;

static int load_policy(void **state)
{
	(void)state;
	return dp_policy_load(NULL, &policy, NULL);
}

static int clear_policy(void **state)
{
	(void)state;
	dp_policy_clear(&policy);
	return 0;
}

static void write_verdict(FILE *out, const struct recorded *r)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	const struct dp_result *result = replay(r->id, r->lines, WHOLE, &policy, &collect);
	char clauses[DP_CLAUSES_TEXT];

	dp_clauses_text(result->violates, clauses);
	fprintf(out, "%s %s%s%s\n", r->id, dp_status_name(result->status), clauses[0] ? " " : "",
		clauses);
}

static void expect_verdicts(const char *kernel)
{
	dp_cleanup(recording_clear) struct recording r = recording_load(kernel);
	dp_autofree char *stored = NULL, *text = NULL;
	char path[512], *is, *was, *rest_is, *rest_was;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	for (size_t i = 0; i < r.count; i++)
		write_verdict(out, &r.list[i]);
	fclose(out);
	snprintf(path, sizeof(path), "%s/%s.verdicts", RECORDED, kernel);
	assert_int_equal(dp_read_file(path, 1 << 20, &stored, NULL, NULL), 0);
	rest_is = text;
	rest_was = stored;
	do {
		is = strsep(&rest_is, "\n");
		was = strsep(&rest_was, "\n");
		if (!is || !was || strcmp(is, was))
			fail_msg("%s: \"%s\"; %s has \"%s\"", kernel, is ? is : "", path,
				 was ? was : "");
	} while (rest_is || rest_was);
}

static void has_the_verdicts_that_are_stored(void **state)
{
	(void)state;
	expect_verdicts("5.10");
	expect_verdicts("6.1");
	expect_verdicts("7.2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_verdicts_that_are_stored),
	};

	return cmocka_run_group_tests(tests, load_policy, clear_policy);
}
