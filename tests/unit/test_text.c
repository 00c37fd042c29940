// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/check.h"
#include "daxpin/text.h"

static void reads_sizes(void **state)
{
	uint64_t size;

	(void)state;
	assert_int_equal(dp_parse_size("4096", &size), 0);
	assert_int_equal(size, 4096);
	assert_int_equal(dp_parse_size("2M", &size), 0);
	assert_int_equal(size, 2 << 20);
	assert_int_equal(dp_parse_size("1g", &size), 0);
	assert_int_equal(size, 1 << 30);
	assert_int_equal(dp_parse_size("", &size), -EINVAL);
	assert_int_equal(dp_parse_size("-1", &size), -EINVAL);
	assert_int_equal(dp_parse_size("2MB", &size), -EINVAL);
	assert_int_equal(dp_parse_size("M", &size), -EINVAL);
	assert_int_equal(dp_parse_size("99999999999999999999", &size), -ERANGE);
	assert_int_equal(dp_parse_size("99999999999T", &size), -ERANGE);
}

static void reads_series(void **state)
{
	struct dp_series s;

	(void)state;
	assert_int_equal(dp_parse_series("6.1.0-56-amd64", &s, NULL), 0);
	assert_int_equal(s.major, 6);
	assert_int_equal(s.minor, 1);
	assert_true(dp_compare_series((struct dp_series){ 5, 10 }, s) < 0);
	assert_true(dp_compare_series((struct dp_series){ 6, 12 }, s) > 0);
	assert_int_equal(dp_parse_series("6", &s, NULL), -EINVAL);
	assert_int_equal(dp_parse_series("six.one", &s, NULL), -EINVAL);
	assert_int_equal(dp_parse_series("99999999999.1", &s, NULL), -EINVAL);
	assert_int_equal(dp_parse_series("-6.1", &s, NULL), -EINVAL);
}

static void checks_sizes(void **state)
{
	struct dp_error err = { 0 };

	(void)state;
	assert_int_equal(dp_size_check(2 << 20, 1 << 30, NULL), 0);
	assert_int_equal(dp_size_check(0, 1 << 30, NULL), -EINVAL);
	assert_int_equal(dp_size_check(4097, 1 << 30, NULL), -EINVAL);
	assert_int_equal(dp_size_check(2ULL << 30, 1 << 30, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, "larger than the machine's memory, 1G");
}

static void plans_what_is_selected(void **state)
{
	static const char *const one[] = { "check/devdax-*/remote-write" };
	static const char *const bad[] = { "anon", "check/nothing/*" };
	struct dp_error err = { 0 };
	struct dp_plan plan;
	size_t mappings, accesses;

	(void)state;
	dp_mappings(&mappings);
	dp_accesses(&accesses);
	assert_int_equal(dp_plan_make(NULL, 0, &plan, NULL), 0);
	assert_int_equal(plan.count, mappings * accesses);
	dp_plan_clear(&plan);
	assert_int_equal(dp_plan_make(one, 1, &plan, NULL), 0);
	assert_int_equal(plan.count, 3);
	assert_string_equal(plan.list[0].id, "check/devdax-4K/remote-write");
	dp_plan_clear(&plan);
	assert_int_equal(dp_plan_make(bad, 2, &plan, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, "check/nothing/*");
}

/* The names that others rely on, in this order; there may be more. */
static void has_every_mapping(void **state)
{
	static const char *const names[] = {
		"anon",
		"thp",
		"hugetlb-2M",
		"memfd",
		"tmpfs",
		"secretmem",
		"pagecache-ext4",
		"pagecache-xfs",
		"blockdev",
		"devdax-4K",
		"devdax-2M",
		"devdax-1G",
		"fsdax-ext4-4K",
		"fsdax-ext4-2M",
		"fsdax-xfs-4K",
		"fsdax-xfs-2M",
		"fsdax-ext4-private",
		"fsdax-xfs-private",
		"kmem",
		"kmem-movable",
		"p2pdma",
		"pfnmap",
	};
	size_t count, found = 0;
	const struct dp_mapping *const *mappings = dp_mappings(&count);

	(void)state;
	for (size_t i = 0; i < count && found < DP_ARRAY_SIZE(names); i++)
		found += !strcmp(mappings[i]->name, names[found]);
	if (found < DP_ARRAY_SIZE(names))
		fail_msg("there is no %s, or not in this place", names[found]);
}

static void keeps_the_first_error(void **state)
{
	struct dp_error err = { 0 };

	(void)state;
	assert_int_equal(dp_fail(&err, -ENOENT, "cannot open %s", "x"), -ENOENT);
	dp_fail(&err, -EIO, "something above");
	assert_string_equal(err.what, "cannot open x (ENOENT: No such file or directory)");
	assert_int_equal(err.code, -ENOENT);
	assert_int_equal(dp_errno_from_name("EFAULT"), EFAULT);
	assert_int_equal(dp_errno_from_name("ENOSUCH"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_sizes),       cmocka_unit_test(reads_series),
		cmocka_unit_test(checks_sizes),      cmocka_unit_test(plans_what_is_selected),
		cmocka_unit_test(has_every_mapping), cmocka_unit_test(keeps_the_first_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
