// SPDX-License-Identifier: GPL-2.0-or-later
/* Schedules of pairs: each node has as many others, meets none twice, and is once in a round. */
#include "test.h"

#include <stdbool.h>

#include "daxpin/pairs.h"

static void check_schedule(size_t nodes, unsigned int degree, uint64_t seed)
{
	dp_cleanup(dp_pairs_clear) struct dp_pairs pairs;
	dp_autofree bool *met = calloc(nodes * nodes, sizeof(*met));
	dp_autofree unsigned int *degrees = calloc(nodes, sizeof(*degrees));
	dp_autofree unsigned int *last = calloc(nodes, sizeof(*last));
	unsigned int round = 0;

	assert_int_equal(dp_pairs_make(nodes, degree, seed, &pairs, NULL), 0);
	assert_int_equal(pairs.count, nodes * degree / 2);
	for (size_t i = 0; i < pairs.count; i++) {
		const struct dp_pair_of *p = &pairs.list[i];

		assert_true(p->listens < nodes && p->connects < nodes && p->listens != p->connects);
		assert_true(p->round >= round && p->round <= pairs.rounds);
		round = p->round;
		assert_false(met[p->listens * nodes + p->connects]);
		met[p->listens * nodes + p->connects] = met[p->connects * nodes + p->listens] =
			true;
		assert_true(last[p->listens] < round && last[p->connects] < round);
		last[p->listens] = last[p->connects] = round;
		degrees[p->listens]++;
		degrees[p->connects]++;
	}
	for (size_t i = 0; i < nodes; i++)
		assert_int_equal(degrees[i], degree);
	assert_true(pairs.rounds <= degree + (nodes % 2 ? degree / 2 : 0));
}

static void each_node_has_as_many_others(void **state)
{
	(void)state;
	for (size_t nodes = 3; nodes < 40; nodes++)
		check_schedule(nodes, 2, 1);
	for (size_t nodes = 16; nodes < 60; nodes += 2)
		for (unsigned int degree = 3; degree <= 5; degree++)
			check_schedule(nodes, degree, nodes);
	check_schedule(33, 4, 7);
	check_schedule(1000, 8, 3);
}

static void a_seed_gives_the_same(void **state)
{
	dp_cleanup(dp_pairs_clear) struct dp_pairs a, b, c;

	(void)state;
	assert_int_equal(dp_pairs_make(50, 4, 1, &a, NULL), 0);
	assert_int_equal(dp_pairs_make(50, 4, 1, &b, NULL), 0);
	assert_int_equal(dp_pairs_make(50, 4, 2, &c, NULL), 0);
	assert_memory_equal(a.list, b.list, a.count * sizeof(*a.list));
	assert_memory_not_equal(a.list, c.list, a.count * sizeof(*a.list));
}

static void what_there_cannot_be_is_refused(void **state)
{
	static const struct {
		size_t nodes;
		unsigned int degree;
		const char *why;
	} wrong[] = {
		{ 0, 2, "takes two nodes" },
		{ 1, 2, "takes two nodes" },
		{ 4, 4, "have no 4 others" },
		{ 9, 3, "an even number of others" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(wrong); i++) {
		struct dp_pairs pairs;
		struct dp_error err = { 0 };

		assert_int_equal(dp_pairs_make(wrong[i].nodes, wrong[i].degree, 1, &pairs, &err),
				 -EINVAL);
		assert_says(&err, wrong[i].why);
	}
}

static void two_nodes_are_one_pair(void **state)
{
	dp_cleanup(dp_pairs_clear) struct dp_pairs pairs;

	(void)state;
	assert_int_equal(dp_pairs_make(2, 2, 1, &pairs, NULL), 0);
	assert_int_equal(pairs.count, 1);
	assert_int_equal(pairs.rounds, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_node_has_as_many_others),
		cmocka_unit_test(a_seed_gives_the_same),
		cmocka_unit_test(what_there_cannot_be_is_refused),
		cmocka_unit_test(two_nodes_are_one_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
