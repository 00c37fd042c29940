// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contract, from recordings of real guests in which one thing is made to be otherwise: each
 * clause is broken by what breaks it, and by nothing else.
 */
#include "recorded.h"

#include "daxpin/results.h"

static struct dp_policy policy;

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

/* Judges lines about an id, which are released. */
static void expect(const char *id, struct json_object *lines, enum dp_status status,
		   const char *violates)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	const struct dp_result *r = replay(id, lines, WHOLE, &policy, &collect);
	char clauses[DP_CLAUSES_TEXT];

	dp_clauses_text(r->violates, clauses);
	if (r->status != status || strcmp(clauses, violates))
		fail_msg("%s: %s, \"%s\": %s; expected %s, \"%s\"", id, dp_status_name(r->status),
			 clauses, r->why, dp_status_name(status), violates);
	assert_true(r->why[0]);
	json_object_put(lines);
}

#define UNBIND "teardown/devdax-2M/devdax-unbind/dereg"
#define SPLAT(step)                                                                                \
	"{\"kind\":\"kernel\",\"splat\":\"oops\",\"function\":\"f\",\"step\":\"" step              \
	"\",\"lines\":[\"x\"]}"

/* On 5.10 the unbind waits for the pins. */
static struct json_object *waits(void)
{
	return recorded_lines("5.10", UNBIND);
}

static void passes_what_waits(void **state)
{
	(void)state;
	expect(UNBIND, waits(), DP_PASS, "");
}

/* From 5.18 on it completes under them, and the deregistration oopses. */
static void fails_what_does_not_wait(void **state)
{
	(void)state;
	expect(UNBIND, recorded_lines("6.1", UNBIND), DP_FAIL, "C1 C2");
	expect(UNBIND, recorded_lines("7.2", UNBIND), DP_FAIL, "C1 C2");
}

/* One step of a scenario says something else. */
static void expect_with(const char *step, const char *key, const char *value, enum dp_status status,
			const char *violates)
{
	struct json_object *lines = waits();

	set(lines, step, key, value);
	expect(UNBIND, lines, status, violates);
}

/* One reference is as good as one for each page, if it is said to hold the folio. */
static void counts_folios(void **state)
{
	struct json_object *lines = waits();

	(void)state;
	set(lines, "register", "by_folio", "true");
	set(lines, "register", "pins_held", "1");
	expect(UNBIND, lines, DP_PASS, "");
	lines = waits();
	set(lines, "register", "by_folio", "true");
	set(lines, "register", "pins_held", "0");
	expect(UNBIND, lines, DP_FAIL, "C4");
}

static void fails_each_clause(void **state)
{
	struct json_object *lines = waits();

	(void)state;
	expect_with("taint", "after", "128", DP_FAIL, "C1");
	expect_with("event", "state", "\"completed\"", DP_FAIL, "C2");
	set(lines, "event", "state", "\"completed\"");
	set(lines, "event", "errno", "null");
	set(lines, "cpu-access", "result", "\"same\"");
	expect(UNBIND, lines, DP_FAIL, "C2 C3");
	expect_with("register", "pins_held", "511", DP_FAIL, "C4");
	expect_with("register-again", "state", "\"died\"", DP_FAIL, "C4");
	expect_with("event-end", "state", "\"waits\"", DP_FAIL, "C5");
	expect_with("owner-end", "state", "\"waits\"", DP_FAIL, "C5");
	expect_with("pins", "pins_held", "3", DP_FAIL, "C6");
	expect_with("pins", "pins_held", "-3", DP_FAIL, "C6");
	expect_with("come-back", "state", "\"failed\"", DP_FAIL, "C7");
	expect_with("come-back", "register", "\"EFAULT\"", DP_FAIL, "C7");
}

static void knows_no_other_states(void **state)
{
	(void)state;
	expect_with("event", "state", "\"fine\"", DP_ERROR, "");
	expect_with("register", "state", "\"died\"", DP_ERROR, "");
	expect_with("register", "state", "null", DP_ERROR, "");
}

/* What contradicts itself, or cannot be, is neither a pass nor a fail. */
static void believes_no_contradiction(void **state)
{
	(void)state;
	expect_with("event", "errno", "\"EBUSY\"", DP_ERROR, "");
	expect_with("event-end", "errno", "\"EBUSY\"", DP_ERROR, "");
	expect_with("register", "on_demand", "true", DP_ERROR, "");
	expect_with("register", "on_device", "false", DP_ERROR, "");
	expect_with("register", "device", "null", DP_ERROR, "");
	expect_with("register", "pages", "0", DP_ERROR, "");
	expect_with("event", "pins_held", "-1", DP_ERROR, "");
	expect_with("cpu-access", "result", "\"no answer\"", DP_ERROR, "");
	expect_with("release", "how", "\"close\"", DP_ERROR, "");
	expect_with("owner-end", "state", "\"completed\"", DP_ERROR, "");
}

/* What became of daxpin's own processes is no answer. */
static void needs_those_who_act(void **state)
{
	struct json_object *lines = waits();

	(void)state;
	expect_with("event-end", "state", "\"died\"", DP_ERROR, "");
	expect_with("come-back", "state", "\"died\"", DP_ERROR, "");
	expect_with("release", "state", "\"waits\"", DP_ERROR, "");
	expect_with("release", "state", "\"died\"", DP_ERROR, "");
	set(lines, "release", "state", "\"failed\"");
	set(lines, "release", "errno", "\"EBUSY\"");
	expect(UNBIND, lines, DP_ERROR, "");
	/* The device has gone, and the one who looked died: nobody has seen old data. */
	lines = recorded_lines("5.10", "teardown/fsdax-xfs-4K/fsdax-truncate/none");
	set(lines, "cpu-access", "state", "\"died\"");
	set(lines, "cpu-access", "result", "\"no answer\"");
	expect("teardown/fsdax-xfs-4K/fsdax-truncate/none", lines, DP_ERROR, "");
}

/* A link waits for its user, who is killed afterwards. */
static void lets_a_link_wait(void **state)
{
	const char *id = "teardown/devdax-2M/devdax-unbind/link-delete";
	struct json_object *lines = recorded_lines("5.10", id);

	(void)state;
	assert_true(is(json_object_array_get_idx(lines, find_step(lines, "release")), "state",
		       "waits"));
	expect(id, lines, DP_PASS, "");
}

static void judges_owners_that_end(void **state)
{
	const char *id = "teardown/anon/owner-killed/none";
	struct json_object *lines = recorded_lines("5.10", id);

	(void)state;
	set(lines, "event", "state", "\"waits\"");
	set(lines, "event", "where", "\"do_exit\"");
	expect(id, lines, DP_FAIL, "C5");
	lines = recorded_lines("5.10", id);
	set(lines, "kill-while-registering", "gone", "1");
	expect(id, lines, DP_FAIL, "C6");
	lines = recorded_lines("5.10", id);
	set(lines, "kill-while-registering", "gone", "9");
	expect(id, lines, DP_ERROR, "");
	lines = recorded_lines("5.10", id);
	set(lines, "kill-while-registering", "killed", "0");
	set(lines, "kill-while-registering", "gone", "0");
	expect(id, lines, DP_ERROR, "");
}

static void knows_what_can_be_asked(void **state)
{
	static const char *const ids[] = {
		"teardown/nothing/devdax-unbind/dereg", "teardown/anon/devdax-unbind/dereg",
		"teardown/devdax-2M/nothing/dereg",     "teardown/devdax-2M/devdax-unbind/nothing",
		"teardown/devdax-2M/devdax-unbind",     "teardown/devdax-2M/devdax-unbind/dereg/x",
		"race/devdax-2M/devdax-to-kmem",        "traffic/devdax-2M/nothing",
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(ids); i++)
		expect(ids[i], waits(), DP_ERROR, "");
}

/* After a splat, what else goes wrong is not held against the kernel a second time. */
static void stops_judging_after_a_splat(void **state)
{
	struct json_object *lines = waits();

	(void)state;
	put_after(lines, "release", SPLAT("release"));
	set(lines, "pins", "pins_held", "512");
	take(lines, "come-back");
	expect(UNBIND, lines, DP_FAIL, "C1");
}

/* That a device is waited for is told by the kernel, which goes on: the rest is evidence. */
static void judges_on_after_a_notice(void **state)
{
	static const char notice[] = "{\"kind\":\"kernel\",\"splat\":\"netdev-held\",\"function\":"
				     "\"\",\"step\":\"release\",\"lines\":[\"x\"]}";
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	struct json_object *lines = waits();
	const struct dp_result *r;

	(void)state;
	put_after(lines, "release", notice);
	set(lines, "pins", "pins_held", "512");
	expect(UNBIND, lines, DP_FAIL, "C1 C6");
	/* What is worse is told, though it comes later. */
	lines = waits();
	put_after(lines, "release", SPLAT("release"));
	put_after(lines, "release", notice);
	r = replay(UNBIND, lines, WHOLE, NULL, &collect);
	assert_string_equal(dp_json_text(r->kernel, "splat"), "oops");
	json_object_put(lines);
}

/* What came before the splat must have been seen all the same, but a fail is one. */
static void gives_no_verdict_without_an_end(void **state)
{
	struct json_object *lines = waits();

	(void)state;
	json_object_array_del_idx(lines, json_object_array_length(lines) - 1, 1);
	while (dp_json_text(json_object_array_get_idx(lines, json_object_array_length(lines) - 1),
			    "id") == NULL ||
	       strcmp(dp_json_text(
			      json_object_array_get_idx(lines, json_object_array_length(lines) - 1),
			      "kind"),
		      "begin"))
		json_object_array_del_idx(lines, json_object_array_length(lines) - 1, 1);
	expect(UNBIND, lines, DP_ERROR, "");
	/* Unless a clause was already broken. */
	lines = recorded_lines("6.1", UNBIND);
	for (size_t i = json_object_array_length(lines); i-- > 0;)
		if (!strcmp(dp_json_text(json_object_array_get_idx(lines, i), "kind"), "end"))
			json_object_array_del_idx(lines, i, 1);
	expect(UNBIND, lines, DP_FAIL, "C1 C2");
}

/* What happens when a scenario has ended is daxpin's doing, not its answer. */
static void ignores_what_the_cleanup_causes(void **state)
{
	struct json_object *lines = waits();

	(void)state;
	put_after(lines, "taint", SPLAT("cleanup"));
	expect(UNBIND, lines, DP_PASS, "");
}

/* A region that is paged on demand holds nothing, and its registration looks at no page. */
static void expects_nothing_of_on_demand_regions(void **state)
{
	const char *id = "teardown/fsdax-xfs-4K/fsdax-truncate/none";
	struct json_object *lines = recorded_lines("7.2", id);

	(void)state;
	expect(id, lines, DP_PASS, "");
	lines = recorded_lines("7.2", id);
	set(lines, "register", "on_demand", "false");
	set(lines, "register", "pins_held", "512");
	set(lines, "event", "pins_held", "512");
	expect(id, lines, DP_FAIL, "C2 C4");
}

/* The counters of a node that has gone are no evidence; those of one that stays are. */
static void counts_only_on_nodes_that_stay(void **state)
{
	const char *id = "teardown/kmem-movable/kmem-offline/dereg";
	struct json_object *lines = recorded_lines("5.10", id);

	(void)state;
	set(lines, "pins", "pins_held", "8");
	set(lines, "register", "on_device", "true");
	expect(id, lines, DP_PASS, "");
	lines = recorded_lines("5.10", id);
	set(lines, "pins", "pins_held", "8");
	set(lines, "register", "on_device", "false");
	expect(id, lines, DP_FAIL, "C6");
}

#define RACE "race/devdax-2M/devdax-unbind"

static void expect_race(const char *key, const char *value, enum dp_status status,
			const char *violates)
{
	struct json_object *lines = recorded_lines("5.10", RACE);

	if (key)
		set(lines, "race", key, value);
	expect(RACE, lines, status, violates);
}

static void judges_races_by_their_sums(void **state)
{
	struct json_object *lines = recorded_lines("5.10", RACE);

	(void)state;
	expect_race(NULL, NULL, DP_PASS, "");
	expect_race("not_held", "1", DP_FAIL, "C2 C4");
	expect_race("late", "1", DP_FAIL, "C4");
	expect_race("not_released", "1", DP_FAIL, "C4");
	expect_race("leaked", "5", DP_FAIL, "C6");
	expect_race("early", "1", DP_FAIL, "C7");
	expect_race("state", "\"registration hangs\"", DP_FAIL, "C4");
	expect_race("state", "\"event waits\"", DP_FAIL, "C5");
	expect_race("state", "\"does not come back\"", DP_FAIL, "C7");
	/* The racer's end is no answer, and neither is a race that was not run to its end. */
	expect_race("state", "\"racer died\"", DP_ERROR, "");
	expect_race("races", "0", DP_ERROR, "");
	expect_race("races", "1", DP_ERROR, "");
	/* Nobody has raced. */
	expect_race("refused", "3", DP_ERROR, "");
	expect_race("refused", "2", DP_PASS, "");
	expect_race("threads", "0", DP_ERROR, "");
	expect_race("errors", "{\"EFAULT\":\"many\"}", DP_ERROR, "");
	expect_race("errors", "{\"EFAULT\":-9}", DP_ERROR, "");
	expect_race("on_demand", "true", DP_ERROR, "");
	set(lines, "race", "allowed", "11");
	set(lines, "race", "errors", "{}");
	expect(RACE, lines, DP_ERROR, "");
}

/* A biased race: @key of the step "holds" is something else. */
static void expect_biased(const char *key, const char *value, enum dp_status status,
			  const char *violates)
{
	struct json_object *lines = recorded_lines("5.10", RACE), *seed;

	set(lines, "race", "biased", "true");
	put_after(lines, "race",
		  "{\"kind\":\"step\",\"step\":\"holds\",\"state\":\"played\",\"text\":null,"
		  "\"races\":3,\"windows\":[{\"station\":\"pinned\",\"rounds\":2,\"reached\":9,"
		  "\"held\":8,\"ms\":20,\"hit\":3,\"passed\":{\"unmap\":2,\"taken\":2}}]}");
	seed = json_object_object_get(json_object_array_get_idx(lines, find_step(lines, "race")),
				      "seed");
	set(lines, "holds", "seed", json_object_to_json_string(seed));
	if (key)
		set(lines, "holds", key, value);
	expect(RACE, lines, status, violates);
}

static void needs_all_holds_of_a_race(void **state)
{
	static const char *const bad[] = {
		"[]",
		"[7]",
		"[{\"station\":\"nowhere\",\"missing\":\"it is\"}]",
		"[{\"station\":\"pinned\"}]",
		/* held more often than reached, hit more often than held, */
		"[{\"station\":\"pinned\",\"rounds\":2,\"reached\":7,\"held\":8,\"ms\":20,\"hit\":0,"
		"\"passed\":{}}]",
		"[{\"station\":\"pinned\",\"rounds\":2,\"reached\":9,\"held\":8,\"ms\":20,\"hit\":9,"
		"\"passed\":{\"unmap\":9}}]",
		/* hit by nobody, by what is no point, in rounds that there were not */
		"[{\"station\":\"pinned\",\"rounds\":2,\"reached\":9,\"held\":8,\"ms\":20,\"hit\":3,"
		"\"passed\":{\"unmap\":2}}]",
		"[{\"station\":\"pinned\",\"rounds\":2,\"reached\":9,\"held\":8,\"ms\":20,\"hit\":3,"
		"\"passed\":{\"nothing\":3}}]",
		"[{\"station\":\"pinned\",\"rounds\":4,\"reached\":9,\"held\":8,\"ms\":20,\"hit\":0,"
		"\"passed\":{}}]",
	};
	struct json_object *lines = recorded_lines("5.10", RACE);

	(void)state;
	expect_biased(NULL, NULL, DP_PASS, "");
	expect_biased("windows",
		      "[{\"station\":\"slow-checked\",\"missing\":\"there is no function\"}]",
		      DP_PASS, "");
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++)
		expect_biased("windows", bad[i], DP_ERROR, "");
	expect_biased("state", "\"failed\"", DP_ERROR, "");
	expect_biased("races", "2", DP_ERROR, "");
	expect_biased("seed", "1234567", DP_ERROR, "");
	/* Nobody was held at all. */
	set(lines, "race", "biased", "true");
	expect(RACE, lines, DP_ERROR, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_what_waits),
		cmocka_unit_test(fails_what_does_not_wait),
		cmocka_unit_test(counts_folios),
		cmocka_unit_test(fails_each_clause),
		cmocka_unit_test(knows_no_other_states),
		cmocka_unit_test(believes_no_contradiction),
		cmocka_unit_test(needs_those_who_act),
		cmocka_unit_test(lets_a_link_wait),
		cmocka_unit_test(judges_owners_that_end),
		cmocka_unit_test(knows_what_can_be_asked),
		cmocka_unit_test(stops_judging_after_a_splat),
		cmocka_unit_test(judges_on_after_a_notice),
		cmocka_unit_test(gives_no_verdict_without_an_end),
		cmocka_unit_test(ignores_what_the_cleanup_causes),
		cmocka_unit_test(expects_nothing_of_on_demand_regions),
		cmocka_unit_test(counts_only_on_nodes_that_stay),
		cmocka_unit_test(judges_races_by_their_sums),
		cmocka_unit_test(needs_all_holds_of_a_race),
	};

	return cmocka_run_group_tests(tests, load_policy, clear_policy);
}
