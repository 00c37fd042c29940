// SPDX-License-Identifier: GPL-2.0-or-later
/* Ids, plans and verdicts of those who are not the adapter. */
#include "test.h"

#include "daxpin/check.h"
#include "daxpin/pinner.h"
#include "daxpin/policy.h"

static struct dp_policy policy;
/* The adapter of the run is another one, or is not there: it has no say in this. */
static const struct dp_subject old = { .kernel = "6.1.0-56-amd64", .provider = "mlx5" },
			       young = { .kernel = "7.2.12-amd64" };

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

static struct dp_cell cell_of(const char *id)
{
	struct dp_cell cell = { .pages = 512,
				.acquired = 512,
				.released = 512,
				.pins_seen = true,
				.attempts = 1,
				.owner = "Persistent Memory/dax0.1",
				.resource = "dax0.1",
				.persistent = 512,
				.leaf = 2 << 20 };

	snprintf(cell.id, sizeof(cell.id), "%s", id);
	return cell;
}

static void expect(const struct dp_subject *subject, const struct dp_cell *cell,
		   enum dp_status status, const char *says)
{
	const struct dp_observed o = { .id = cell->id, .cell = cell, .doing = "", .absent = "" };
	struct dp_result r;

	dp_judge(&policy, subject, &o, &r);
	if (r.status != status || !strstr(r.why, says))
		fail_msg("%s: %s, \"%s\"; expected %s, \"%s\"", r.id, dp_status_name(r.status),
			 r.why, dp_status_name(status), says);
}

/* What these kernels do not have: nobody is asked for it. */
static bool is_there(const char *mapping, const char *kernel)
{
	static const struct {
		const char *mapping;
		struct dp_series since;
	} list[] = { { "p2pdma", { 6, 2 } },
		     { "secretmem", { 5, 14 } },
		     { "device-coherent", { 6, 0 } } };
	struct dp_series series;

	assert_int_equal(dp_parse_series(kernel, &series, NULL), 0);
	for (size_t i = 0; i < DP_ARRAY_SIZE(list); i++)
		if (!strcmp(mapping, list[i].mapping))
			return dp_compare_series(series, list[i].since) >= 0;
	return true;
}

/* No mapping that others than the adapter are asked for lacks a rule. */
static void default_covers_everything(void **state)
{
	static const char *const kernels[] = { "5.10", "6.1", "6.12", "6.17", "7.2", "7.3" };
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	const struct dp_pinner_globs globs = { .every = true };
	size_t lacking = 0;

	(void)state;
	assert_int_equal(dp_pinner_plan(&globs, &plan, NULL), 0);
	for (size_t k = 0; k < DP_ARRAY_SIZE(kernels) * plan.count; k++) {
		const struct dp_check *check = &plan.list[k % plan.count];
		const char *kernel = kernels[k / plan.count];
		const struct dp_pinner *pinner = dp_pinner_of(check);
		struct dp_subject subject = { .pinner = pinner->name, .persistent = DP_YES };

		snprintf(subject.kernel, sizeof(subject.kernel), "%s", kernel);
		if (pinner->provider || !is_there(check->mapping->name, kernel) ||
		    dp_policy_find(&policy, &subject, check->mapping->name, check->access->name))
			continue;
		print_error("%s: no rule for %s\n", check->id, kernel);
		lacking++;
	}
	assert_int_equal(lacking, 0);
}

static void reads_ids(void **state)
{
	static const char *const wrong[] = {
		"pinner/anon/xdp/read", /* it does not tell that apart */
		"pinner/anon/xdp",
		"pinner/anon/xdp/write/twice",
		"pinner/anon/nobody/write",
		"pinner/nothing/xdp/write",
		"pinner/anon/xdp/remote-write",
		"pinner",
	};
	const struct dp_mapping *mapping;
	const struct dp_pinner *pinner;
	enum dp_pinner_access access;

	(void)state;
	assert_true(dp_pinner_parse("pinner/devdax-2M/rxe/read", &mapping, &pinner, &access));
	assert_string_equal(mapping->name, "devdax-2M");
	assert_string_equal(pinner->name, "rxe");
	assert_int_equal(access, DP_PINNER_READ);
	assert_false(dp_pinner_writes(dp_pinner_access(access)->flags));
	assert_true(dp_pinner_parse("pinner/anon/io-uring/write", &mapping, &pinner, &access));
	assert_true(dp_pinner_writes(dp_pinner_access(access)->flags));
	for (size_t i = 0; i < DP_ARRAY_SIZE(wrong); i++)
		assert_false(dp_pinner_parse(wrong[i], &mapping, &pinner, &access));
}

static void plans_what_is_selected(void **state)
{
	static const char *const only[] = { "devdax-*", "pinner/anon/*/write" },
				 *const pinners[] = { "io-*", "rxe" };
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	struct dp_pinner_globs globs = { only, 2, pinners, 2 };
	const struct dp_pinner *pinner;
	const struct dp_mapping *mapping;
	enum dp_pinner_access access;
	struct dp_error err = { 0 };

	(void)state;
	assert_int_equal(dp_pinner_plan(&globs, &plan, &err), 0);
	/* Two of rxe and one of io_uring for each device-dax, and those of anon that write. */
	assert_int_equal(plan.count, 3 * 3 + 2);
	for (size_t i = 0; i < plan.count; i++) {
		assert_true(dp_pinner_parse(plan.list[i].id, &mapping, &pinner, &access));
		assert_ptr_equal(plan.list[i].by, &pinner->means);
		assert_ptr_equal(plan.list[i].mapping, mapping);
	}
	dp_plan_clear(&plan);
	globs.pinners = (const char *const[]){ "xdp", "nob*" };
	assert_int_equal(dp_pinner_plan(&globs, &plan, &err), -EINVAL);
	assert_non_null(strstr(err.what, "no pinner \"nob*\""));
}

static void knows_whose_rule_it_is(void **state)
{
	struct dp_cell io = cell_of("pinner/devdax-2M/io-uring/write"),
		       xdp = cell_of("pinner/devdax-2M/xdp/write"),
		       rxe = cell_of("pinner/devdax-2M/rxe/write");

	(void)state;
	expect(&young, &io, DP_PASS, "leaves it to gup");
	expect(&old, &xdp, DP_PASS, "device-dax may be pinned");
	expect(&old, &rxe, DP_PASS, "device-dax may be pinned");
	expect(&old, &io, DP_FAIL, "allowed, expected to be rejected with EOPNOTSUPP");
	io.err = xdp.err = rxe.err = EOPNOTSUPP;
	expect(&old, &io, DP_PASS, "io_uring itself");
	expect(&young, &io, DP_FAIL, "expected to be allowed");
	expect(&old, &xdp, DP_FAIL, "expected to be allowed");
	expect(&young, &rxe, DP_FAIL, "expected to be allowed");
	/* A rule of the verbs is none of the others, nor the other way round. */
	strcpy(io.id, "pinner/devdax-2M/nobody/write");
	expect(&young, &io, DP_ERROR, "no such mapping, pinner or access");
}

static void says_that_it_was_not_read(void **state)
{
	const struct dp_subject between = { .kernel = "6.6.1" };
	struct dp_cell io = cell_of("pinner/devdax-2M/io-uring/write");

	(void)state;
	expect(&between, &io, DP_ERROR, "no expectation");
}

/* One that takes modules, or a machine, of its own. */
static void plans_what_is_apart_only_if_named(void **state)
{
	static const struct {
		const char *only, *pinner;
		bool planned;
	} cases[] = {
		{ "anon", NULL, false },
		{ "anon", "vfio", true },
		{ "anon", "*", true },
		{ "pinner/anon/*/read", NULL, false },
		{ "pinner/anon/vfio/*", NULL, true },
		{ "pinner/anon/vf*/read", NULL, true },
		{ "anon", "xdp", false },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
		struct dp_pinner_globs globs = { &cases[i].only, 1, &cases[i].pinner,
						 cases[i].pinner != NULL };

		assert_int_equal(dp_pinner_plan(&globs, &plan, NULL), 0);
		if (dp_pinner_plans(&plan, dp_pinner_find("vfio")) != cases[i].planned)
			fail_msg("--only %s --pinner %s", cases[i].only,
				 cases[i].pinner ? cases[i].pinner : "not given");
	}
}

static void knows_what_vfio_makes_of_it(void **state)
{
	struct dp_cell cell = cell_of("pinner/pfnmap/vfio/write");

	(void)state;
	/* Frames without struct pages: nothing to pin. */
	cell.acquired = cell.released = 0;
	expect(&young, &cell, DP_PASS, "vfio has its frames from the page table");
	strcpy(cell.id, "pinner/pfnmap/xdp/write");
	expect(&young, &cell, DP_FAIL, "allowed, expected to be rejected");
	cell = cell_of("pinner/devdax-2M/vfio/write");
	cell.acquired = cell.released = 0;
	expect(&young, &cell, DP_FAIL, "only 0 of");
	/* Of ZONE_DEVICE pages nothing is given back. */
	cell = cell_of("pinner/devdax-2M/vfio/read");
	expect(&young, &cell, DP_PASS, "device-dax may be pinned");
	cell.released = 0;
	expect(&young, &cell, DP_FAIL, "not given back");
	/* 5.10 takes pages again, which it has given back. */
	cell = cell_of("pinner/anon/vfio/write");
	cell.leaf = 4096;
	strcpy(cell.owner, "System RAM");
	cell.acquired = cell.released = 538;
	cell.evidence = (struct dp_evidence){ .seen = true, .slow = 538 };
	expect(&old, &cell, DP_PASS, "may be pinned");
	strcpy(cell.id, "pinner/anon/xdp/write");
	expect(&old, &cell, DP_FAIL, "538 references are kept");
}

/* The page that gup does not count is the zero page, and no copy of it. */
static void lets_the_zero_page_be(void **state)
{
	struct dp_cell cell = cell_of("pinner/zero-page/vfio/read");

	(void)state;
	cell.leaf = 4096;
	strcpy(cell.owner, "System RAM");
	cell.acquired = cell.released = 0;
	expect(&old, &cell, DP_PASS, "not copied");
	expect(&young, &cell, DP_FAIL, "0 of 512 pages were moved or copied first");
	cell.moved = cell.pages;
	expect(&young, &cell, DP_FAIL, "only 0 of");
	cell.acquired = cell.released = cell.pages;
	expect(&young, &cell, DP_PASS, "copied before it is pinned");
}

static void asks_what_a_check_asks(void **state)
{
	struct dp_cell cell = cell_of("pinner/devdax-2M/xdp/write");

	(void)state;
	cell.released = 511;
	expect(&young, &cell, DP_FAIL, "not given back");
	cell = cell_of("pinner/devdax-2M/xdp/write");
	cell.acquired = cell.released = 511;
	expect(&young, &cell, DP_FAIL, "only 511");
	cell = cell_of("pinner/devdax-2M/xdp/write");
	cell.outside = 1;
	expect(&young, &cell, DP_ERROR, "not what the name says");
	cell = cell_of("pinner/devdax-2M/xdp/write");
	cell.pins_seen = false;
	expect(&young, &cell, DP_ERROR, "not observed: \"pins\"");
	/* The right errno, by somebody else. */
	cell = cell_of("pinner/devdax-2M/io-uring/write");
	cell.err = EOPNOTSUPP;
	cell.evidence = (struct dp_evidence){ .seen = true, .slow = 512 };
	strcpy(cell.evidence.refused_by, "check_vma_flags");
	expect(&old, &cell, DP_FAIL, "refused by check_vma_flags, expected io_pin_pages");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ids),
		cmocka_unit_test(default_covers_everything),
		cmocka_unit_test(plans_what_is_selected),
		cmocka_unit_test(knows_whose_rule_it_is),
		cmocka_unit_test(says_that_it_was_not_read),
		cmocka_unit_test(plans_what_is_apart_only_if_named),
		cmocka_unit_test(knows_what_vfio_makes_of_it),
		cmocka_unit_test(lets_the_zero_page_be),
		cmocka_unit_test(asks_what_a_check_asks),
	};

	return cmocka_run_group_tests(tests, load_policy, clear_policy);
}
