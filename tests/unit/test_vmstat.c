// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/pin.h"

static const char good[] = "nr_free_pages 1000\nnr_foll_pin_acquired 4096\n"
			   "nr_foll_pin_released 2048\nnr_free_cma 0\n";

static void reads_both_counters(void **state)
{
	struct dp_pins pins;

	(void)state;
	assert_int_equal(dp_vmstat_parse(good, &pins), 0);
	assert_int_equal(pins.acquired, 4096);
	assert_int_equal(pins.released, 2048);
}

static void reads_the_largest_number(void **state)
{
	struct dp_pins pins;

	(void)state;
	assert_int_equal(dp_vmstat_parse("nr_foll_pin_acquired 18446744073709551615\n"
					 "nr_foll_pin_released 0",
					 &pins),
			 0);
	assert_true(pins.acquired == UINT64_MAX);
}

static void refuses_what_is_no_counter(void **state)
{
	static const char *const bad[] = {
		"",
		"\n\n\n",
		"nr_foll_pin_acquired 1\n",
		"nr_foll_pin_released 1\n",
		"nr_foll_pin_acquired \nnr_foll_pin_released 1\n",
		"nr_foll_pin_acquired -1\nnr_foll_pin_released 1\n",
		"nr_foll_pin_acquired 1x\nnr_foll_pin_released 1\n",
		"nr_foll_pin_acquired 18446744073709551616\nnr_foll_pin_released 1\n",
		"xnr_foll_pin_acquired 1\nxnr_foll_pin_released 1\n",
		"nr_foll_pin_acquired_total 1\nnr_foll_pin_released_total 1\n",
	};
	struct dp_pins pins;

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++)
		if (dp_vmstat_parse(bad[i], &pins) != -ENODATA)
			fail_msg("accepted \"%s\"", bad[i]);
}

static void survives_every_truncation(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(good); len++) {
		dp_autofree char *text = exact_copy(good, len + 1);
		struct dp_pins pins;

		text[len] = '\0';
		dp_vmstat_parse(text, &pins);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_counters),
		cmocka_unit_test(reads_the_largest_number),
		cmocka_unit_test(refuses_what_is_no_counter),
		cmocka_unit_test(survives_every_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
