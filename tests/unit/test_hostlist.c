// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of nodes: what they stand for, what they are folded to, and what is none. */
#include "test.h"

#include "daxpin/hostlist.h"

struct pair {
	const char *text, *names; /* blank-separated */
};

static char *joined(const struct dp_hosts *hosts)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < hosts->count; i++)
		fprintf(out, "%s%s", i ? " " : "", hosts->list[i]);
	fclose(out);
	return text;
}

static void lists_are_expanded(void **state)
{
	static const struct pair pairs[] = {
		{ "", "" },
		{ " ,\n", "" },
		{ "n1", "n1" },
		{ "n[1-3]", "n1 n2 n3" },
		{ "n[08-11]", "n08 n09 n10 n11" },
		{ "n[8-11]", "n8 n9 n10 n11" },
		{ "n[098-101]", "n098 n099 n100 n101" },
		{ "n[001-002,004]", "n001 n002 n004" },
		{ "n[1,01]", "n1 n01" },
		{ "n[2,1,2]", "n2 n1 n2" },
		{ "r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2" },
		{ "n[1-2]-ib0", "n1-ib0 n2-ib0" },
		{ "login1,n[3-4],x", "login1 n3 n4 x" },
		{ "a b\nc\t[1-2]", "a b c 1 2" },
		{ "n[1-2][3-4]", "n13 n14 n23 n24" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(pairs); i++) {
		dp_cleanup(dp_hosts_clear) struct dp_hosts hosts = { 0 };
		dp_autofree char *names = NULL;

		assert_int_equal(dp_hosts_expand(pairs[i].text, &hosts, NULL), 0);
		names = joined(&hosts);
		assert_string_equal(names, pairs[i].names);
	}
}

static void names_are_folded(void **state)
{
	static const struct pair pairs[] = {
		{ "", "" },
		{ "n1", "n1" },
		{ "n[1-2]", "n2 n1 n2" },
		{ "n[8-11]", "n11 n10 n9 n8" },
		{ "n[001-003,420]", "n003 n420 n001 n002" },
		{ "n[099-101]", "n100 n099 n101" },
		{ "n[1,3,5-6]", "n1 n3 n5 n6" },
		{ "n[1-2,01-02]", "n01 n1 n02 n2" },
		{ "login,n[1-2]", "n1 login n2" },
		{ "n1-ib0,n2-ib0", "n1-ib0 n2-ib0" },
		{ "r1n[1-2],r2n1", "r1n1 r1n2 r2n1" },
		{ "[1-3]", "1 2 3" },
		{ "n,n[1-2]", "n1 n n2" },
		{ "n2,n1000000000000000000000", "n1000000000000000000000 n2" },
		{ "n[9-10,010]", "n010 n9 n10" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(pairs); i++) {
		dp_cleanup(dp_hosts_clear) struct dp_hosts hosts = { 0 };
		dp_autofree char *text = NULL;

		assert_int_equal(dp_hosts_expand(pairs[i].names, &hosts, NULL), 0);
		text = dp_hosts_fold(&hosts);
		assert_string_equal(text, pairs[i].text);
	}
}

static void what_is_no_list_is_refused(void **state)
{
	static const struct pair wrong[] = {
		{ "n[1-", "not closed" },
		{ "n[", "not closed" },
		{ "n[]", "numbers and ranges" },
		{ "n[1,]", "numbers and ranges" },
		{ "n[a-b]", "numbers and ranges" },
		{ "n[1-2-3]", "numbers and ranges" },
		{ "n[1-]", "numbers and ranges" },
		{ "n[1[2]]", "numbers and ranges" },
		{ "n[3-1]", "ends before it begins" },
		{ "n[0-999999999]", "too many" },
		{ "n[1-1000][1-1000]", "too many" },
		{ "n[1-1000000000000000000000]", "numbers and ranges" },
		{ "n1]", "letters, digits" },
		{ "n;rm", "letters, digits" },
		{ "-n", "letters, digits" },
		{ "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn1",
		  "too long" },
		{ "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn[1]",
		  "too long" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(wrong); i++) {
		dp_cleanup(dp_hosts_clear) struct dp_hosts hosts = { 0 };
		struct dp_error err = { 0 };

		assert_int_equal(dp_hosts_expand(wrong[i].text, &hosts, &err), -EINVAL);
		assert_true(err.input);
		assert_says(&err, wrong[i].names);
	}
}

static void ten_thousand_nodes_are_a_line(void **state)
{
	dp_cleanup(dp_hosts_clear) struct dp_hosts hosts = { 0 };
	dp_autofree char *text = NULL;

	(void)state;
	assert_int_equal(dp_hosts_expand("n[00001-00413,00415-10000]", &hosts, NULL), 0);
	assert_int_equal(hosts.count, 9999);
	text = dp_hosts_fold(&hosts);
	assert_string_equal(text, "n[00001-00413,00415-10000]");
	assert_true(dp_hosts_have(&hosts, "n00415"));
	assert_false(dp_hosts_have(&hosts, "n00414"));
	assert_false(dp_hosts_have(&hosts, "n415"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_expanded),
		cmocka_unit_test(names_are_folded),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(ten_thousand_nodes_are_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
