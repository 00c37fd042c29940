// SPDX-License-Identifier: GPL-2.0-or-later
/* What the events of a registration mean, in the orders in which kernels were seen to emit them. */
#include "test.h"

#include <json-c/json.h>

#include "daxpin/witness.h"

static const struct dp_memory_types types = {
	.device_private = 1, .coherent = 2, .fs_dax = 3, .generic = 4, .p2pdma = 5
};

#define DEVICE (4ULL << 51)
#define NORMAL (2ULL << 51)

#define FAST                                                                                       \
	{                                                                                          \
		.function = "gup_fast_fallback", .role = DP_ROLE_FAST                              \
	}
#define SLOW                                                                                       \
	{                                                                                          \
		.function = "__gup_longterm_locked", .role = DP_ROLE_SLOW                          \
	}
#define SLOW_GIVES(v)                                                                              \
	{                                                                                          \
		.function = "__gup_longterm_locked", .role = DP_ROLE_SLOW, .returns = true,        \
		.value = (v)                                                                       \
	}
#define GRAB(n)                                                                                    \
	{                                                                                          \
		.function = "try_grab_folio", .role = DP_ROLE_GRAB, .pages = (n), .flags = NORMAL, \
		.pgmap = 8, .type = 4                                                              \
	}
#define GRAB_DAX(n, t)                                                                             \
	{                                                                                          \
		.function = "try_grab_folio", .role = DP_ROLE_GRAB, .pages = (n), .flags = DEVICE, \
		.pgmap = 8, .type = (t)                                                            \
	}
#define GRAB_TAIL(n)                                                                               \
	{                                                                                          \
		.function = "try_grab_page", .role = DP_ROLE_GRAB, .pages = (n), .flags = DEVICE,  \
		.pgmap = 9, .type = 3                                                              \
	}
#define GRABBED                                                                                    \
	{                                                                                          \
		.function = "try_grab_folio", .role = DP_ROLE_GRAB, .returns = true                \
	}
#define NOT_GRABBED                                                                                \
	{                                                                                          \
		.function = "try_grab_folio", .role = DP_ROLE_GRAB, .returns = true,               \
		.failed = true                                                                     \
	}
#define DROP(n)                                                                                    \
	{                                                                                          \
		.function = "gup_put_folio", .role = DP_ROLE_DROP, .pages = (n)                    \
	}
#define LOOKUP(given)                                                                              \
	{                                                                                          \
		.function = "get_dev_pagemap", .role = DP_ROLE_LOOKUP, .value = (given)            \
	}
#define FOUND(pgmap)                                                                               \
	{                                                                                          \
		.function = "get_dev_pagemap", .role = DP_ROLE_LOOKUP, .returns = true,            \
		.value = (pgmap)                                                                   \
	}
#define CHECKED(v)                                                                                 \
	{                                                                                          \
		.function = "check_vma_flags", .role = DP_ROLE_CHECK, .returns = true,             \
		.value = (v)                                                                       \
	}
#define MIGRATE                                                                                    \
	{                                                                                          \
		.function = "migrate_longterm_unpinnable_folios", .role = DP_ROLE_MIGRATE          \
	}
#define HMM(n, asked)                                                                              \
	{                                                                                          \
		.function = "hmm_range_fault", .role = DP_ROLE_HMM, .pages = (n), .flags = (asked) \
	}
#define HMM_GIVES(v)                                                                               \
	{                                                                                          \
		.function = "hmm_range_fault", .role = DP_ROLE_HMM, .returns = true, .value = (v)  \
	}
#define UMEM(v)                                                                                    \
	{                                                                                          \
		.function = "ib_umem_get", .role = DP_ROLE_UMEM, .returns = true, .value = (v)     \
	}

/* p2pdma from 6.11 on: the slow path's grab returns the errno. */
#define GRAB_REFUSED(v)                                                                            \
	{                                                                                          \
		.function = "try_grab_folio", .role = DP_ROLE_GRAB, .returns = true,               \
		.failed = true, .value = (v)                                                       \
	}
#define AROUND(f, v)                                                                               \
	{                                                                                          \
		.function = f, .role = DP_ROLE_AROUND, .returns = true, .value = (v)               \
	}

#define MOST 16

static int64_t count_calls(const struct dp_happening *list)
{
	int64_t calls = 0;

	for (size_t i = 0; i < MOST && list[i].function; i++)
		calls += list[i].role == DP_ROLE_FAST;
	return calls;
}

static void makes_sense_of_the_events(void **state)
{
	static const struct {
		int err;
		struct dp_happening list[MOST];
		struct dp_evidence wanted;
		const char *path;
	} cases[] = {
		/* Anonymous memory. */
		{ 0,
		  { FAST, GRAB(1), GRABBED, GRAB(511), GRABBED, UMEM(77) },
		  { .fast = 512, .type = "none" },
		  "fast" },
		/* device-dax up to 6.12: the first lookup takes a reference, the others are given
		   it. */
		{ 0,
		  { FAST, SLOW, CHECKED(0), LOOKUP(0), FOUND(7), GRAB_DAX(1, 4), GRABBED, LOOKUP(7),
		    FOUND(7), GRAB_TAIL(1), SLOW_GIVES(2) },
		  { .slow = 2, .lookups = 2, .references = 1, .type = "generic" },
		  "slow" },
		/* device-dax from 6.17 on, for writing. */
		{ 0,
		  { FAST, GRAB_DAX(512, 4), GRABBED, DROP(512), SLOW, CHECKED(0), GRAB_DAX(512, 4),
		    GRABBED, SLOW_GIVES(512) },
		  { .fast = 512, .dropped = 512, .slow = 512, .type = "generic" },
		  "fast+slow" },
		/* fs-dax from 6.17 on: gup-fast gets no reference. */
		{ EOPNOTSUPP,
		  { FAST, GRAB_DAX(1, 3), NOT_GRABBED, SLOW, CHECKED(-EOPNOTSUPP),
		    SLOW_GIVES(-EOPNOTSUPP), UMEM(-EOPNOTSUPP) },
		  { .type = "fs-dax", .refused_by = "check_vma_flags" },
		  "none" },
		/* fs-dax on 5.10: after pinning. What is dropped in the slow path was not taken by
		   gup-fast. */
		{ EOPNOTSUPP,
		  { FAST, SLOW, GRAB_DAX(1, 3), DROP(1), SLOW_GIVES(-EOPNOTSUPP),
		    UMEM(-EOPNOTSUPP) },
		  { .slow = 1, .type = "fs-dax", .refused_by = "__gup_longterm_locked" },
		  "slow" },
		/* Another errno on the way is not the answer. */
		{ ENOMEM,
		  { FAST, SLOW, CHECKED(-EFAULT), SLOW_GIVES(-ENOMEM) },
		  { .refused_by = "__gup_longterm_locked" },
		  "none" },
		/* Two portions, the first of which was moved. */
		{ 0,
		  { FAST, SLOW, GRAB(1), MIGRATE, GRAB(1), SLOW_GIVES(1), FAST, GRAB(3) },
		  { .fast = 3, .slow = 2, .migrations = 1, .type = "none" },
		  "fast+slow" },
		/* io_uring keeps one reference on a folio: nothing that gup-fast gave back. */
		{ 0,
		  { FAST, GRAB(512), GRABBED, DROP(511), FAST, GRAB(512), GRABBED, DROP(511) },
		  { .fast = 1024, .type = "none" },
		  "fast" },
		/* io_uring up to 6.1 looks at the file when gup has given the pages. */
		{ EOPNOTSUPP,
		  { SLOW, CHECKED(0), GRAB_DAX(512, 4), GRABBED, SLOW_GIVES(512), DROP(512),
		    AROUND("io_pin_pages", -EOPNOTSUPP) },
		  { .slow = 512, .type = "generic", .refused_by = "io_pin_pages" },
		  "slow" },
		/* The adapter refuses what was pinned, and unpins it. */
		{ EINVAL,
		  { FAST, GRAB(512), GRABBED, UMEM(77), DROP(512) },
		  { .fast = 512, .type = "none", .missing = "none of the functions" },
		  "fast" },
		/* So it does; who is around says which part of it. */
		{ EINVAL,
		  { FAST, GRAB(512), GRABBED, UMEM(77), DROP(512),
		    AROUND("rxe_mr_init_user", -EINVAL), AROUND("ib_uverbs_reg_mr", -EINVAL) },
		  { .fast = 512, .type = "none", .refused_by = "rxe_mr_init_user" },
		  "fast" },
		/* Before anybody was asked. */
		{ EINVAL,
		  { AROUND("ib_uverbs_reg_mr", -EINVAL) },
		  { .refused_by = "ib_uverbs_reg_mr" },
		  "none" },
		/* p2pdma: gup-fast gets NULL, the slow path an errno. */
		{ EREMOTEIO,
		  { FAST, GRAB_DAX(1, 5), NOT_GRABBED, SLOW, CHECKED(0), GRAB_DAX(1, 5),
		    GRAB_REFUSED(-EREMOTEIO), SLOW_GIVES(-EREMOTEIO), UMEM(-EREMOTEIO) },
		  { .type = "p2pdma", .refused_by = "try_grab_folio" },
		  "none" },
		/* A type that this kernel has no name for. */
		{ 0, { FAST, GRAB_DAX(1, 9) }, { .fast = 1 }, "fast" },
		/* On demand: a look at what is there, once more as it has changed, and a fault that
		   is refused. */
		{ 0,
		  { HMM(512, 0), HMM_GIVES(-EBUSY), HMM(512, 0), HMM_GIVES(0) },
		  { .hmm_calls = 2, .hmm_pages = 1024 },
		  "none" },
		{ EFAULT,
		  { HMM(8, 3ULL << 62), HMM_GIVES(-EFAULT) },
		  { .hmm_calls = 1,
		    .hmm_pages = 8,
		    .hmm_faults = 1,
		    .refused_by = "hmm_range_fault" },
		  "none" },
		/* Nothing at all. */
		{ EINVAL, { { 0 } }, { .missing = "none of the functions" }, "none" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		const struct dp_evidence *w = &cases[i].wanted;
		struct dp_tally tally = { .types = &types, .err = cases[i].err };
		struct dp_evidence e;

		for (size_t k = 0; k < MOST && cases[i].list[k].function; k++)
			dp_tally_add(&tally, &cases[i].list[k]);
		dp_tally_conclude(&tally, &e);
		assert_true(e.seen);
		if (e.calls != count_calls(cases[i].list) || e.fast != w->fast ||
		    e.dropped != w->dropped || e.slow != w->slow || e.hmm_calls != w->hmm_calls ||
		    e.hmm_pages != w->hmm_pages || e.hmm_faults != w->hmm_faults ||
		    e.lookups != w->lookups || e.references != w->references ||
		    e.migrations != w->migrations || strcmp(e.type, w->type) ||
		    strcmp(e.refused_by, w->refused_by) ||
		    strcmp(dp_evidence_path(&e), cases[i].path) || !strstr(e.missing, w->missing))
			fail_msg(
				"case %zu: fast %lld-%lld slow %lld lookups %lld/%lld type %s by %s, %s",
				i, (long long)e.fast, (long long)e.dropped, (long long)e.slow,
				(long long)e.lookups, (long long)e.references, e.type, e.refused_by,
				dp_evidence_path(&e));
	}
}

static void is_told_as_a_story(void **state)
{
	const struct {
		struct dp_evidence evidence;
		int err;
		const char *lines[DP_STORY_LINES];
	} cases[] = {
		{ { .seen = true, .fast = 512, .dropped = 512, .slow = 512, .type = "generic" },
		  0,
		  { "gup-fast took 512 pages, and gave them all back",
		    "the slow path took 512 pages", "no pgmap was looked up",
		    "the pages have a pgmap of the type generic", "nobody refused" } },
		{ { .seen = true, .fast = 1, .dropped = 1, .refused_by = "check_vma_flags" },
		  EFAULT,
		  { "gup-fast took 1 page, and gave it back", "no pgmap was looked up",
		    "no page was seen, so its pgmap was not, either",
		    "check_vma_flags() refused with EFAULT" } },
		{ { .seen = true,
		    .fast = 3,
		    .dropped = 1,
		    .lookups = 1,
		    .references = 1,
		    .migrations = 2,
		    .type = "none",
		    .unprobed = "a|b",
		    .missing = "nobody" },
		  EINVAL,
		  { "gup-fast took 3 pages, and gave 1 back",
		    "pages were moved before they were pinned (2 calls)",
		    "get_dev_pagemap() was called 1 time, and took 1 reference",
		    "the pages have no pgmap", "who refused with EINVAL was not seen",
		    "not seen: nobody", "not seen when they refuse, on this kernel: a|b" } },
		{ { .missing = "lockdown" }, 0, { "not witnessed: lockdown" } },
		{ { 0 }, 0, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		struct dp_story story;
		size_t count = 0;

		dp_evidence_tell(&cases[i].evidence, cases[i].err, &story);
		for (; cases[i].lines[count]; count++)
			assert_string_equal(story.lines[count], cases[i].lines[count]);
		assert_int_equal(story.count, count);
	}
}

static void is_read_as_it_was_written(void **state)
{
	struct dp_cell cell = { .id = "check/anon/local-read",
				.outcome = DP_ANSWERED,
				.outside = -1,
				.displaced = -1,
				.persistent = -1,
				.proof_text = "unknown",
				.pins_text = "unknown",
				.attempts = 1,
				.pages = 1,
				.evidence = { .seen = true,
					      .calls = 6,
					      .fast = 5,
					      .dropped = 4,
					      .slow = 3,
					      .lookups = 2,
					      .references = 1,
					      .type = "fs-dax",
					      .refused_by = "somebody",
					      .unprobed = "nobody|else",
					      .hmm_calls = 7,
					      .hmm_pages = 6,
					      .hmm_faults = 5 } };
	struct json_object *obj = dp_cell_to_json(&cell);
	struct json_object *evidence = json_object_object_get(obj, "evidence");
	struct dp_cell read;

	(void)state;
	assert_int_equal(dp_cell_from_json(obj, &read, NULL), 0);
	assert_memory_equal(&read.evidence, &cell.evidence, sizeof(read.evidence));
	/* Results from before this was looked at, and of a kernel where it cannot be. */
	json_object_object_add(evidence, "hmm", NULL);
	assert_int_equal(dp_cell_from_json(obj, &read, NULL), 0);
	assert_true(read.evidence.seen);
	assert_int_equal(read.evidence.hmm_calls, -1);
	/* What lacks a number was not seen. */
	json_object_object_del(json_object_object_get(evidence, "pgmap"), "lookups");
	assert_int_equal(dp_cell_from_json(obj, &read, NULL), 0);
	assert_false(read.evidence.seen);
	json_object_object_add(obj, "evidence", json_object_new_int(7));
	assert_int_equal(dp_cell_from_json(obj, &read, NULL), 0);
	assert_false(read.evidence.seen);
	json_object_put(obj);
	/* What was not seen is not written as if it were none. */
	cell.evidence = (struct dp_evidence){ .missing = "lockdown" };
	obj = dp_cell_to_json(&cell);
	evidence = json_object_object_get(obj, "evidence");
	assert_false(json_object_object_get_ex(evidence, "path", NULL));
	assert_false(json_object_object_get_ex(evidence, "fast", NULL));
	assert_int_equal(dp_cell_from_json(obj, &read, NULL), 0);
	assert_string_equal(read.evidence.missing, "lockdown");
	json_object_put(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_sense_of_the_events),
		cmocka_unit_test(is_told_as_a_story),
		cmocka_unit_test(is_read_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
