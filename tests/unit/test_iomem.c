// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/pin.h"

static const char good[] = "00000000-00000fff : Reserved\n"
			   "00100000-3fffffff : System RAM\n"
			   "  01000000-01ffffff : Kernel code\n"
			   "100000000-1bfffffff : Persistent Memory\n"
			   "  140000000-17fffffff : dax0.0\n"
			   "    148000000-14fffffff : System RAM (kmem)\n"
			   "  180000000-187ffffff : namespace0.3\n";

static void finds_the_innermost_owner(void **state)
{
	dp_cleanup(dp_iomem_clear) struct dp_iomem iomem;

	(void)state;
	assert_int_equal(dp_iomem_parse(good, &iomem, NULL), 0);
	assert_int_equal(iomem.count, 7);
	assert_string_equal(dp_iomem_find(&iomem, 0x200000)->path, "System RAM");
	assert_string_equal(dp_iomem_find(&iomem, 0x1000000)->path, "System RAM/Kernel code");
	assert_string_equal(dp_iomem_find(&iomem, 0x140000000)->path, "Persistent Memory/dax0.0");
	assert_string_equal(dp_iomem_find(&iomem, 0x148000000)->path,
			    "Persistent Memory/dax0.0/System RAM (kmem)");
	assert_string_equal(dp_iomem_find(&iomem, 0x187ffffff)->path,
			    "Persistent Memory/namespace0.3");
	assert_string_equal(dp_iomem_find(&iomem, 0x190000000)->path, "Persistent Memory");
	assert_null(dp_iomem_find(&iomem, 0x50000000));
}

/* Each address of a range has its resource, and the next one on either side has not.
 */
static void tells_how_far_an_owner_reaches(void **state)
{
	static const uint64_t addresses[] = { 0x200000,    0x1800000,   0x3000000,   0x50000000,
					      0x150000000, 0x149000000, 0x190000000, 0x200000000 };
	dp_cleanup(dp_iomem_clear) struct dp_iomem iomem;

	(void)state;
	assert_int_equal(dp_iomem_parse(good, &iomem, NULL), 0);
	for (size_t i = 0; i < DP_ARRAY_SIZE(addresses); i++) {
		struct dp_iomem_range range = dp_iomem_around(&iomem, addresses[i]);

		assert_in_range(addresses[i], range.start, range.end);
		assert_ptr_equal(dp_iomem_find(&iomem, range.start), range.resource);
		assert_ptr_equal(dp_iomem_find(&iomem, range.end), range.resource);
		if (range.start)
			assert_ptr_not_equal(dp_iomem_find(&iomem, range.start - 1),
					     range.resource);
		if (range.end < UINT64_MAX)
			assert_ptr_not_equal(dp_iomem_find(&iomem, range.end + 1), range.resource);
	}
}

static void says_that_addresses_are_hidden(void **state)
{
	struct dp_iomem iomem;
	struct dp_error err = { 0 };

	(void)state;
	assert_int_equal(dp_iomem_parse("00000000-00000000 : System RAM\n"
					"  00000000-00000000 : Kernel code\n",
					&iomem, &err),
			 -EPERM);
	assert_says(&err, "hides its addresses");
}

static void refuses_malformed_lines(void **state)
{
	static const char *const bad[] = {
		"hello\n",
		"00001000-00000fff : backwards\n",
		"00001000 : no end\n",
		"00001000-00001fff\n",
		"-\n",
		"                                                0-1 : too deep\n",
		"  0-1 : no parent\n",
		"0-1 : a\n    0-1 : no parent\n",
		"-1000-2000 : negative\n",
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++) {
		struct dp_iomem iomem;
		struct dp_error err = { 0 };

		if (dp_iomem_parse(bad[i], &iomem, &err) != -EBADMSG)
			fail_msg("accepted \"%s\"", bad[i]);
		assert_null(iomem.list);
	}
}

static void cuts_overlong_names(void **state)
{
	dp_cleanup(dp_iomem_clear) struct dp_iomem iomem = { 0 };
	char text[2000];
	int n = snprintf(text, sizeof(text), "00001000-00001fff : ");

	(void)state;
	memset(text + n, 'x', sizeof(text) - (size_t)n);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(dp_iomem_parse(text, &iomem, NULL), 0);
	assert_true(strlen(iomem.list[0].path) < sizeof(iomem.list[0].path));
}

static void survives_every_truncation(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(good); len++) {
		dp_autofree char *text = exact_copy(good, len + 1);
		dp_cleanup(dp_iomem_clear) struct dp_iomem iomem = { 0 };

		text[len] = '\0';
		dp_iomem_parse(text, &iomem, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_innermost_owner),
		cmocka_unit_test(tells_how_far_an_owner_reaches),
		cmocka_unit_test(says_that_addresses_are_hidden),
		cmocka_unit_test(refuses_malformed_lines),
		cmocka_unit_test(cuts_overlong_names),
		cmocka_unit_test(survives_every_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
