// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/campaign.h"
#include "daxpin/question.h"

#define BIT(kind) (1U << DP_QUESTION_##kind)
#define EVERY     ((1U << DP_QUESTIONS) - 1)

static void make(unsigned int kinds, const char *const *only, size_t nonly,
		 struct dp_selection *selection)
{
	struct dp_error err = { 0 };

	if (dp_selection_make(kinds, only, nonly, NULL, 0, selection, &err))
		fail_msg("%s", err.what);
}

/* The share of a selection that is made for it, as each machine makes it. */
static void make_share(unsigned int kinds, const char *const *only, size_t nonly,
		       unsigned int shard, unsigned int shards, struct dp_selection *selection)
{
	struct dp_error err = { 0 };

	make(kinds, only, nonly, selection);
	if (dp_selection_shard(selection, shard, shards, &err))
		fail_msg("%s", err.what);
}

/* In which share each id is, from 1; fails if one is in none or in two. To be freed. */
static unsigned int *shares_of(unsigned int kinds, const char *const *only, size_t nonly,
			       unsigned int shards, const struct dp_selection *all)
{
	unsigned int *share = calloc(dp_selection_count(all) + 1, sizeof(*share));

	assert_non_null(share);
	for (unsigned int s = 1; s <= shards; s++) {
		dp_cleanup(dp_selection_clear) struct dp_selection part = { 0 };
		const char *id, *whole;
		size_t at = 0;

		make_share(kinds, only, nonly, s, shards, &part);
		/* The order of reports is that of the whole. */
		for (size_t n = 0; (id = dp_selection_id(&part, n)); n++) {
			while ((whole = dp_selection_id(all, at)) && strcmp(whole, id) != 0)
				at++;
			if (!whole)
				fail_msg("%s is in no order, or was not selected", id);
			assert_int_equal(share[at], 0);
			share[at] = s;
		}
	}
	for (size_t n = 0; n < dp_selection_count(all); n++)
		if (!share[n])
			fail_msg("%s is in no share of %u", dp_selection_id(all, n), shards);
	return share;
}

static void each_id_is_in_one_share(void **state)
{
	static const unsigned int shards[] = { 1, 2, 3, 7, 16, 100 };
	dp_cleanup(dp_selection_clear) struct dp_selection all = { 0 };

	(void)state;
	make(EVERY, NULL, 0, &all);
	assert_true(dp_selection_count(&all) > 1000);
	for (size_t i = 0; i < DP_ARRAY_SIZE(shards); i++) {
		dp_autofree unsigned int *share = shares_of(EVERY, NULL, 0, shards[i], &all);

		(void)share;
	}
}

static void more_shares_than_ids_leave_some_empty(void **state)
{
	static const char *const only[] = { "teardown/devdax-2M/devdax-unbind/*" };
	dp_cleanup(dp_selection_clear) struct dp_selection all = { 0 }, last = { 0 };
	dp_autofree unsigned int *share = NULL;
	size_t count;

	(void)state;
	make(BIT(TEARDOWN), only, 1, &all);
	count = dp_selection_count(&all);
	assert_true(count > 1 && count < 50);
	share = shares_of(BIT(TEARDOWN), only, 1, 50, &all);
	/* One each, in the order of reports. */
	for (size_t n = 0; n < count; n++)
		assert_int_equal(share[n], n + 1);
	make_share(BIT(TEARDOWN), only, 1, 10000, 10000, &last);
	assert_int_equal(dp_selection_count(&last), 0);
	assert_null(dp_selection_id(&last, 0));
}

/* Two machines that have been told the same make the same, and the number of a share means it. */
static void shares_are_the_same_each_time(void **state)
{
	dp_cleanup(dp_selection_clear) struct dp_selection all = { 0 };
	dp_autofree unsigned int *once = NULL, *again = NULL;

	(void)state;
	make(EVERY, NULL, 0, &all);
	once = shares_of(EVERY, NULL, 0, 5, &all);
	again = shares_of(EVERY, NULL, 0, 5, &all);
	assert_memory_equal(once, again, dp_selection_count(&all) * sizeof(*once));
}

static void cells_of_a_mapping_stay_together(void **state)
{
	static const unsigned int kinds[] = { BIT(CHECK), BIT(PINNER), BIT(CHECK) | BIT(PINNER) };

	(void)state;
	for (size_t k = 0; k < DP_ARRAY_SIZE(kinds); k++) {
		dp_cleanup(dp_selection_clear) struct dp_selection all = { 0 };
		dp_autofree unsigned int *share = NULL;
		const char *a, *b;

		make(kinds[k], NULL, 0, &all);
		share = shares_of(kinds[k], NULL, 0, 4, &all);
		for (size_t i = 0; (a = dp_selection_id(&all, i)); i++)
			for (size_t n = i + 1; (b = dp_selection_id(&all, n)); n++)
				if (dp_question_same_mapping(a, b) && share[i] != share[n])
					fail_msg("%s and %s are in two shares", a, b);
	}
}

static size_t count_in(const unsigned int *share, size_t count, unsigned int wanted)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += share[i] == wanted;
	return found;
}

/* What takes as long is shared out evenly. */
static void of_one_kind_shares_differ_by_one(void **state)
{
	static const unsigned int kinds[] = { BIT(TEARDOWN), BIT(RACE), BIT(TRAFFIC), BIT(STATE) };

	(void)state;
	for (size_t k = 0; k < DP_ARRAY_SIZE(kinds); k++) {
		dp_cleanup(dp_selection_clear) struct dp_selection all = { 0 };
		dp_autofree unsigned int *share = NULL;
		size_t count;

		make(kinds[k], NULL, 0, &all);
		count = dp_selection_count(&all);
		share = shares_of(kinds[k], NULL, 0, 7, &all);
		for (unsigned int s = 1; s <= 7; s++)
			assert_in_range(count_in(share, count, s), count / 7, count / 7 + 1);
	}
}

/* A race takes as long as many checks: whoever has it has fewer of these, and no other race. */
static void what_takes_long_counts_for_more(void **state)
{
	static const char *const only[] = { "race/devdax-2M/devdax-unbind",
					    "race/devdax-4K/devdax-unbind", "check/*",
					    "teardown/devdax-2M/*" };
	const unsigned int kinds = BIT(CHECK) | BIT(RACE) | BIT(TEARDOWN);
	dp_cleanup(dp_selection_clear) struct dp_selection first = { 0 }, second = { 0 };
	dp_cleanup(dp_selection_clear) struct dp_selection third = { 0 };

	(void)state;
	make_share(kinds, only, 4, 1, 3, &first);
	make_share(kinds, only, 4, 2, 3, &second);
	make_share(kinds, only, 4, 3, 3, &third);
	assert_int_equal(first.races.count, 1);
	assert_int_equal(second.races.count, 1);
	assert_int_equal(third.races.count, 0);
	assert_true(third.teardowns.count > first.teardowns.count);
	assert_true(dp_selection_count(&third) > dp_selection_count(&first));
	assert_true(dp_selection_count(&third) > dp_selection_count(&second));
}

/* A guest is told globs and not cells: they must select what the share has, and nothing else. */
static void globs_of_a_share_select_its_cells(void **state)
{
	static const char *const only[] = { "check/devdax-*/*-write", "anon", "pinner/anon/*" };
	static const size_t nonly[] = { 0, 3 };

	(void)state;
	for (size_t k = 0; k < DP_ARRAY_SIZE(nonly); k++)
		for (unsigned int s = 1; s <= 3; s++) {
			dp_cleanup(dp_selection_clear) struct dp_selection part = { 0 };
			dp_cleanup(dp_selection_clear) struct dp_selection told = { 0 };

			make_share(BIT(CHECK) | BIT(PINNER), only, nonly[k], s, 3, &part);
			if (!part.checks.count)
				continue;
			assert_true(part.nglobs);
			make(BIT(CHECK), part.globs, part.nglobs, &told);
			assert_int_equal(told.checks.count, part.checks.count);
			for (size_t i = 0; i < told.checks.count; i++)
				assert_string_equal(told.checks.list[i].id, part.checks.list[i].id);
		}
}

/* So many words a guest cannot be told. */
static void too_many_named_cells_are_refused(void **state)
{
	static const char *const only[] = { "check/*" };
	dp_cleanup(dp_selection_clear) struct dp_selection all = { 0 }, half = { 0 };
	struct dp_error err = { 0 };

	(void)state;
	make(BIT(CHECK), only, 1, &all);
	assert_true(all.checks.count > 256);
	assert_int_equal(dp_selection_shard(&all, 1, 1, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, "select whole mappings");
	make_share(BIT(CHECK), only, 1, 1, 2, &half);
	assert_true(half.checks.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_id_is_in_one_share),
		cmocka_unit_test(more_shares_than_ids_leave_some_empty),
		cmocka_unit_test(shares_are_the_same_each_time),
		cmocka_unit_test(cells_of_a_mapping_stay_together),
		cmocka_unit_test(of_one_kind_shares_differ_by_one),
		cmocka_unit_test(what_takes_long_counts_for_more),
		cmocka_unit_test(globs_of_a_share_select_its_cells),
		cmocka_unit_test(too_many_named_cells_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
