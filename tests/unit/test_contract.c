// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <json-c/json.h>

#include "daxpin/policy.h"

#define STEP(name, rest) "{\"kind\":\"step\",\"step\":\"" name "\"," rest "}"
#define HELD                                                                                       \
	STEP("register", "\"state\":\"completed\",\"errno\":null,\"pins_held\":512,"               \
			 "\"on_demand\":false,\"on_device\":true")
#define GONE      STEP("cpu-access", "\"state\":\"completed\",\"result\":\"SIGBUS\"")
#define WAITS     STEP("event", "\"state\":\"waits\",\"where\":\"dev_pagemap_kill\",\"pins_held\":512")
#define COMPLETES STEP("event", "\"state\":\"completed\",\"errno\":null,\"pins_held\":512")
#define AFTER                                                                                      \
	STEP("event-end", "\"state\":\"completed\",\"ms\":70")                                     \
	"," STEP("pins", "\"pins_held\":0")
#define BACK STEP("come-back", "\"state\":\"completed\",\"register\":\"allowed\"")

static void judge_id(const char *id, const char *steps, bool ended, struct dp_result *result)
{
	struct dp_cell cell = { .outcome = DP_ANSWERED };
	struct json_object *list = json_tokener_parse(steps);

	assert_non_null(list);
	dp_contract_judge(id, ended ? &cell : NULL, list, ended ? "" : "event", "the guest died",
			  result);
	json_object_put(list);
}

static void release(struct dp_result *result)
{
	json_object_put(result->facts);
	json_object_put(result->kernel);
	json_object_put(result->steps);
}

static void expect_of(const char *id, const char *steps, bool ended, enum dp_status status,
		      const char *violates)
{
	struct dp_result result;

	judge_id(id, steps, ended, &result);
	assert_string_equal(result.violates, violates);
	assert_int_equal(result.status, status);
	assert_true(result.why[0]);
	release(&result);
}

static void expect(const char *steps, bool ended, enum dp_status status, const char *violates)
{
	expect_of("teardown/devdax-2M/devdax-unbind/dereg", steps, ended, status, violates);
}

static void passes_what_waits(void **state)
{
	(void)state;
	expect("[" HELD "," WAITS "," GONE "," AFTER "," BACK "]", true, DP_PASS, "");
}

static void fails_each_clause(void **state)
{
	(void)state;
	expect("[" HELD "," COMPLETES "," GONE "]", true, DP_FAIL, "C2");
	expect("[" HELD "," WAITS "," STEP("event-end", "\"state\":\"waits\",\"where\":\"x\"") "]",
	       true, DP_FAIL, "C5");
	expect("[" HELD "," WAITS "," STEP("pins", "\"pins_held\":3") "]", true, DP_FAIL, "C6");
	expect("[" HELD "," WAITS "," AFTER "," STEP("come-back", "\"state\":\"failed\"") "]", true,
	       DP_FAIL, "C7");
	expect("[" HELD "," STEP("event", "\"state\":\"completed\",\"pins_held\":0") "," STEP(
		       "cpu-access", "\"state\":\"completed\",\"result\":\"same\"") "]",
	       true, DP_FAIL, "C3");
	expect("[" HELD "," WAITS "," STEP("register-again", "\"state\":\"died\"") "]", true,
	       DP_FAIL, "C4");
}

/* After an oops, what else goes wrong is not held against the kernel a second time. */
static void stops_judging_after_an_oops(void **state)
{
	(void)state;
	expect("[" HELD "," COMPLETES "," GONE
	       ",{\"kind\":\"kernel\",\"splat\":\"oops\",\"function\":\"f\",\"step\":"
	       "\"release\",\"lines\":[\"x\"]}," STEP("pins", "\"pins_held\":512") "]",
	       true, DP_FAIL, "C1 C2");
}

static void gives_no_verdict_without_an_end(void **state)
{
	(void)state;
	expect("[" HELD "]", false, DP_ERROR, "");
	/* Unless a clause was already broken. */
	expect("[" HELD "," COMPLETES "]", false, DP_FAIL, "C2");
}

/* What happens when a scenario has ended is daxpin's doing, not its answer. */
static void ignores_what_the_cleanup_causes(void **state)
{
	(void)state;
	expect("[" HELD "," WAITS "," GONE "," AFTER "," BACK
	       ",{\"kind\":\"kernel\",\"splat\":\"oops\",\"function\":\"f\",\"step\":"
	       "\"cleanup\",\"lines\":[\"x\"]}]",
	       true, DP_PASS, "");
}

/* A region that is paged on demand holds nothing, and its registration looks at no page. */
static void expects_nothing_of_on_demand_regions(void **state)
{
	const char *id = "teardown/fsdax-xfs-2M/fsdax-truncate/none";

	(void)state;
	expect_of(
		id,
		"[" STEP(
			"register",
			"\"state\":\"completed\",\"errno\":null,\"pins_held\":0,"
			"\"on_demand\":true,\"on_device\":true") "," COMPLETES "," GONE
								 "," STEP(
									 "register-again",
									 "\"state\":\"completed\",\"errno\":null") "]",
		true, DP_PASS, "");
	expect_of(id,
		  "[" HELD "," COMPLETES "," GONE
		  "," STEP("register-again", "\"state\":\"completed\",\"errno\":null") "]",
		  true, DP_FAIL, "C2 C4");
}

/* The counters of a node that has gone are no evidence; those of one that stays are. */
static void counts_only_on_nodes_that_stay(void **state)
{
	const char *id = "teardown/kmem-movable/kmem-offline/dereg";

	(void)state;
	expect_of(id,
		  "[" HELD "," WAITS "," STEP("event-end", "\"state\":\"completed\"") "," STEP(
			  "pins", "\"pins_held\":8") "]",
		  true, DP_PASS, "");
	expect_of(id, "[" HELD "," WAITS "," STEP("pins", "\"pins_held\":8") "]", true, DP_FAIL,
		  "C6");
}

#define RACE(rest)                                                                                 \
	"[" STEP(                                                                                  \
		"race",                                                                            \
		"\"races\":4,\"seed\":1,\"allowed\":9,\"errors\":{\"EFAULT\":3},\"ms\":1000," rest) "]"

static void judges_races_by_their_sums(void **state)
{
	const char *id = "race/devdax-2M/devdax-unbind";

	(void)state;
	expect_of(id, RACE("\"state\":\"completed\",\"leaked\":0"), true, DP_PASS, "");
	expect_of(id, RACE("\"state\":\"completed\",\"not_held\":1"), true, DP_FAIL, "C2 C4");
	expect_of(id, RACE("\"state\":\"completed\",\"late\":1"), true, DP_FAIL, "C4");
	expect_of(id, RACE("\"state\":\"completed\",\"leaked\":5"), true, DP_FAIL, "C6");
	expect_of(id, RACE("\"state\":\"event waits\",\"where\":\"x\""), true, DP_FAIL, "C5");
	expect_of(id, RACE("\"state\":\"does not come back\""), true, DP_FAIL, "C7");
	/* The racer's end is no answer, and neither is a race that was not run. */
	expect_of(id, RACE("\"state\":\"racer died\""), true, DP_ERROR, "");
	expect_of(id, "[]", true, DP_ERROR, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_what_waits),
		cmocka_unit_test(fails_each_clause),
		cmocka_unit_test(stops_judging_after_an_oops),
		cmocka_unit_test(gives_no_verdict_without_an_end),
		cmocka_unit_test(ignores_what_the_cleanup_causes),
		cmocka_unit_test(expects_nothing_of_on_demand_regions),
		cmocka_unit_test(counts_only_on_nodes_that_stay),
		cmocka_unit_test(judges_races_by_their_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
