// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <unistd.h>

#include "daxpin/pin.h"

/* As zoneinfo_show_print() of mm/vmstat.c has it: the node's own numbers are in its first zone. */
#define ZONE(name, free, min, cma)                                                                 \
	"Node 0, zone " name "\n"                                                                  \
	"  per-node stats\n"                                                                       \
	"      nr_inactive_anon 7\n"                                                               \
	"  pages free     " free "\n"                                                              \
	"        boost    0\n"                                                                     \
	"        min      " min "\n"                                                               \
	"        low      30\n"                                                                    \
	"        high     40\n"                                                                    \
	"        spanned  4095\n"                                                                  \
	"        protection: (0, 957, 957, 957, 957)\n"                                            \
	"      nr_free_pages " free "\n"                                                           \
	"      nr_free_cma  " cma "\n"                                                             \
	"  pagesets\n"                                                                             \
	"    cpu: 0\n"                                                                             \
	"              count: 3\n"

static void counts_what_is_free_for_good(void **state)
{
	static const struct {
		const char *text;
		uint64_t pages;
	} cases[] = {
		{ ZONE("     DMA", "100", "20", "0"), 80 },
		{ ZONE("     DMA", "100", "20", "0") ZONE("   Normal", "1000", "100", "300"), 680 },
		{ ZONE("   Normal", "50", "100", "0") ZONE("  Movable", "90000", "10", "0"), 0 },
		{ ZONE("   Device", "90000", "0", "0") ZONE("    DMA32", "11", "10", "0"), 1 },
	};
	uint64_t pages;

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		assert_int_equal(dp_zoneinfo_room(cases[i].text, &pages), 0);
		assert_int_equal(pages, cases[i].pages);
	}
	assert_int_equal(dp_zoneinfo_room("", &pages), -ENODATA);
	assert_int_equal(dp_zoneinfo_room("pages free 7\n", &pages), -ENODATA);
}

static void reads_its_own(void **state)
{
	uint64_t pages;

	(void)state;
	if (access("/proc/zoneinfo", R_OK))
		skip();
	assert_int_equal(dp_room_read(&pages), 0);
	assert_true(pages > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_is_free_for_good),
		cmocka_unit_test(reads_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
