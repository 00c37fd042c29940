// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors that register themselves are found by name and listed in order. */
#include "test.h"

#include "daxpin/carrier.h"
#include "daxpin/mapping.h"
#include "daxpin/registry.h"
#include "daxpin/report.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"

struct fruit {
	int weight;
	const char *name;
	unsigned int rank;
};

DP_REGISTER(struct fruit, test_fruits, last, .name = "quince", .rank = 4000000000U, .weight = 4);
DP_REGISTER(struct fruit, test_fruits, second, .name = "plum", .rank = 7, .weight = 2);
DP_REGISTER(struct fruit, test_fruits, first, .name = "pear", .rank = 7, .weight = 1);
DP_REGISTER(struct fruit, test_fruits, before, .name = "sloe", .weight = 0);

const struct fruit *const *test_fruits(size_t *count);
DP_REGISTRY(struct fruit, test_fruits)

static void lists_by_rank_and_then_by_name(void **state)
{
	size_t count;
	const struct fruit *const *all = test_fruits(&count);

	(void)state;
	assert_int_equal(count, 4);
	assert_string_equal(all[0]->name, "sloe");
	assert_string_equal(all[1]->name, "pear");
	assert_string_equal(all[2]->name, "plum");
	assert_string_equal(all[3]->name, "quince");
}

static void finds_by_the_whole_name(void **state)
{
	const struct fruit *plum = DP_REGISTRY_FIND(test_fruits, "plum");

	(void)state;
	assert_non_null(plum);
	assert_int_equal(plum->weight, 2);
	assert_null(DP_REGISTRY_FIND(test_fruits, "plums"));
	assert_null(DP_REGISTRY_FIND(test_fruits, "plu"));
	assert_null(DP_REGISTRY_FIND(test_fruits, ""));
}

#define CHECK_ORDER(list, find)                                                                    \
	do {                                                                                       \
		size_t count;                                                                      \
		__typeof__(list(&count)) all = list(&count);                                       \
		assert_true(count > 1);                                                            \
		for (size_t i = 0; i < count; i++) {                                               \
			assert_true(!i || all[i - 1]->rank < all[i]->rank);                        \
			assert_ptr_equal(find(all[i]->name), all[i]);                              \
		}                                                                                  \
	} while (0)

/* Each rank is used once, so that order does not depend on names. */
static void the_registries_of_daxpin_are_in_order(void **state)
{
	(void)state;
	CHECK_ORDER(dp_carriers, dp_carrier_find);
	CHECK_ORDER(dp_mappings, dp_mapping_find);
	CHECK_ORDER(dp_operations, dp_operation_find);
	CHECK_ORDER(dp_formats, dp_format_find);
}

static void events_are_in_order(void **state)
{
	size_t count;
	const struct dp_event *const *all = dp_events(&count);

	(void)state;
	assert_true(count > 1);
	for (size_t i = 1; i < count; i++)
		assert_true(all[i - 1]->rank < all[i]->rank);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_by_rank_and_then_by_name),
		cmocka_unit_test(finds_by_the_whole_name),
		cmocka_unit_test(the_registries_of_daxpin_are_in_order),
		cmocka_unit_test(events_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
