// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/campaign.h"

#define CHECKS    (1U << DP_QUESTION_CHECK)
#define TEARDOWNS (1U << DP_QUESTION_TEARDOWN)
#define RACES     (1U << DP_QUESTION_RACE)
#define TRAFFIC   (1U << DP_QUESTION_TRAFFIC)
#define ALL       (CHECKS | TEARDOWNS | RACES | TRAFFIC)

static void make(unsigned int kinds, const char *const *only, size_t nonly,
		 struct dp_selection *selection)
{
	struct dp_error err = { 0 };

	if (dp_selection_make(kinds, only, nonly, NULL, 0, selection, &err))
		fail_msg("%s", err.what);
}

static void refused(unsigned int kinds, const char *glob, const char *why)
{
	struct dp_selection selection;
	struct dp_error err = { 0 };

	assert_int_equal(dp_selection_make(kinds, &glob, 1, NULL, 0, &selection, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, why);
	assert_null(selection.checks.list);
	assert_null(selection.globs);
}

static void without_globs_selects_all_of_its_kinds(void **state)
{
	dp_cleanup(dp_selection_clear) struct dp_selection one = { 0 }, all = { 0 };

	(void)state;
	make(TEARDOWNS, NULL, 0, &one);
	assert_int_equal(one.checks.count, 0);
	assert_true(one.teardowns.count > 100);
	assert_int_equal(one.races.count, 0);
	assert_int_equal(one.cases.count, 0);
	make(ALL, NULL, 0, &all);
	assert_true(all.checks.count > 100);
	assert_int_equal(all.teardowns.count, one.teardowns.count);
	assert_true(all.races.count > 0);
	assert_true(all.cases.count > 0);
	assert_int_equal(all.nglobs, 0);
}

/* What needs a machine of its own is asked if it is named. */
static void takes_no_other_machine_unasked(void **state)
{
	static const char *const named[] = { "check/hugetlb-1G/local-read",
					     "check/anon/local-read" };
	dp_cleanup(dp_selection_clear) struct dp_selection all = { 0 }, some = { 0 }, wide = { 0 };

	(void)state;
	make(CHECKS, NULL, 0, &all);
	for (size_t i = 0; i < all.checks.count; i++)
		assert_false(all.checks.list[i].mapping->wide);
	make(CHECKS, named, 2, &some);
	assert_int_equal(some.checks.count, 2);
	assert_int_equal(dp_selection_part(&some, DP_WIDE_MACHINE, &wide), 0);
	assert_int_equal(wide.checks.count, 1);
	assert_string_equal(wide.checks.list[0].id, named[0]);
}

/* States that want a balloon have a machine with one, and the others have not. */
static void shares_states_out_to_machines(void **state)
{
	static const char *const named[] = { "state/anon/*" };
	dp_cleanup(dp_selection_clear) struct dp_selection all = { 0 }, some = { 0 }, usual = { 0 },
							   balloon = { 0 };

	(void)state;
	make(1U << DP_QUESTION_STATE, NULL, 0, &all);
	assert_true(all.states.count > 100);
	assert_false(dp_state_items_balloon(&all.states));
	make(1U << DP_QUESTION_STATE, named, 1, &some);
	assert_true(dp_state_items_balloon(&some.states));
	assert_int_equal(dp_selection_part(&some, DP_USUAL_MACHINE, &usual), 0);
	assert_int_equal(dp_selection_part(&some, DP_BALLOON_MACHINE, &balloon), 0);
	assert_int_equal(balloon.states.count, 1);
	assert_string_equal(balloon.states.list[0].id, "state/anon/balloon");
	assert_int_equal(usual.states.count, some.states.count - 1);
	assert_false(dp_state_items_balloon(&usual.states));
}

/* What only other carriers have is skipped where it is named, and else not asked. */
static void leaves_other_carriers_out(void **state)
{
	static const char *const only[] = { "teardown/devdax-2M/*/dereg",
					    "teardown/devdax-2M/cxl-region-disable/dereg" };
	static const char *const carried[] = { "check/fsdax-erofs-private/*" };
	dp_cleanup(dp_selection_clear) struct dp_selection all = { 0 }, one = { 0 };
	size_t before;

	(void)state;
	make(TEARDOWNS, only, 1, &all);
	before = all.teardowns.count;
	dp_selection_leave_carried(&all);
	assert_true(before > 1);
	assert_int_equal(all.teardowns.count, before - 3);
	for (size_t i = 0; i < all.teardowns.count; i++)
		assert_false(all.teardowns.list[i].event->carried);
	dp_selection_clear(&all);
	make(TRAFFIC, NULL, 0, &all);
	before = all.cases.count;
	dp_selection_leave_carried(&all);
	assert_true(all.cases.count && all.cases.count < before);
	dp_selection_clear(&all);
	make(CHECKS, NULL, 0, &all);
	before = all.checks.count;
	dp_selection_leave_carried(&all);
	assert_true(all.checks.count && all.checks.count < before);
	assert_int_equal(dp_plan_carried(&all.checks), 0);
	dp_selection_clear(&all);
	make(CHECKS, carried, 1, &all);
	dp_selection_leave_carried(&all);
	assert_true(all.checks.count && dp_plan_carried(&all.checks) == all.checks.count);
	dp_selection_clear(&all);
	make(TEARDOWNS, &only[1], 1, &one);
	dp_selection_leave_carried(&one);
	assert_int_equal(one.teardowns.count, 1);
	assert_string_equal(dp_selection_id(&one, 0), only[1]);
	assert_null(dp_selection_id(&one, 1));
}

/* A glob need not match every kind; the checks remember those that match them. */
static void of_several_kinds_takes_what_matches(void **state)
{
	static const char *const only[] = { "teardown/devdax-2M/devdax-unbind/dereg",
					    "check/anon/*", "devdax-2M" };
	dp_cleanup(dp_selection_clear) struct dp_selection s = { 0 };

	(void)state;
	make(CHECKS | TEARDOWNS, only, 2, &s);
	assert_int_equal(s.teardowns.count, 1);
	assert_string_equal(s.teardowns.list[0].id, only[0]);
	assert_true(s.checks.count > 0);
	for (size_t i = 0; i < s.checks.count; i++)
		assert_string_equal(s.checks.list[i].mapping->name, "anon");
	assert_int_equal(s.nglobs, 1);
	assert_string_equal(s.globs[0], "check/anon/*");
	dp_selection_clear(&s);
	/* A mapping alone is of all kinds that have it. */
	make(ALL, &only[2], 1, &s);
	assert_true(s.checks.count && s.teardowns.count && s.races.count && s.cases.count);
	assert_int_equal(s.nglobs, 1);
}

/* A kind that no glob matches is not asked at all, rather than as a whole. */
static void leaves_out_a_kind_that_nothing_matches(void **state)
{
	static const char *const only[] = { "traffic/anon/write" };
	dp_cleanup(dp_selection_clear) struct dp_selection s = { 0 };

	(void)state;
	make(ALL, only, 1, &s);
	assert_int_equal(s.checks.count, 0);
	assert_int_equal(s.teardowns.count, 0);
	assert_int_equal(s.races.count, 0);
	assert_int_equal(s.cases.count, 1);
	assert_int_equal(s.nglobs, 0);
}

static void refuses_what_matches_nothing(void **state)
{
	(void)state;
	refused(CHECKS, "teardown/*", "matches no check");
	refused(RACES, "race/anon/devdax-unbind", "matches no race");
	refused(CHECKS | TEARDOWNS | TRAFFIC, "race/*", "matches no check, teardown or traffic");
	refused(CHECKS | RACES, "nothing", "\"nothing\" matches no check or race");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_globs_selects_all_of_its_kinds),
		cmocka_unit_test(takes_no_other_machine_unasked),
		cmocka_unit_test(shares_states_out_to_machines),
		cmocka_unit_test(leaves_other_carriers_out),
		cmocka_unit_test(of_several_kinds_takes_what_matches),
		cmocka_unit_test(leaves_out_a_kind_that_nothing_matches),
		cmocka_unit_test(refuses_what_matches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
