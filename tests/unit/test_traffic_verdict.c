// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts on traffic, from recordings of real guests in which something is made to be otherwise.
 */
#include "recorded.h"

/* Judges lines about an id, which are released. */
static void expect(const char *id, struct json_object *lines, enum dp_status status,
		   const char *word)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	const struct dp_result *r = replay(id, lines, WHOLE, NULL, &collect);

	if (r->status != status || !strstr(r->why, word))
		fail_msg("%s: %s, \"%s\"; expected %s, \"%s\"", id, dp_status_name(r->status),
			 r->why, dp_status_name(status), word);
	json_object_put(lines);
}

static void expect_with(const char *kernel, const char *id, const char *step, const char *key,
			const char *value, enum dp_status status, const char *word)
{
	struct json_object *lines = recorded_lines(kernel, id);

	set(lines, step, key, value);
	expect(id, lines, status, word);
}

#define WRITE "traffic/devdax-2M/write"
#define SEND  "traffic/anon/send"

static void passes_what_arrives(void **state)
{
	(void)state;
	expect(WRITE, recorded_lines("6.1", WRITE), DP_PASS, "read back by second-mapping, medium");
	expect(SEND, recorded_lines("6.1", SEND), DP_PASS, "read back by process");
	expect("traffic/devdax-2M/power-loss",
	       recorded_lines("6.1", "traffic/devdax-2M/power-loss"), DP_PASS,
	       "medium, second-mapping");
	expect("traffic/fsdax-ext4-4K/write", recorded_lines("6.1", "traffic/fsdax-ext4-4K/write"),
	       DP_SKIP_STATUS, "EOPNOTSUPP");
}

/* Bytes that are wrong by one route. */
static struct json_object *damaged(const char *kernel, const char *id, int wrong)
{
	struct json_object *lines = recorded_lines(kernel, id), *route;
	struct json_object *step = json_object_array_get_idx(lines, find_step(lines, "verify"));

	route = json_object_array_get_idx(json_object_object_get(step, "routes"), 0);
	json_object_object_add(route, "wrong", json_object_new_int(wrong));
	json_object_object_add(route, "first", json_object_new_int(7));
	json_object_object_add(route, "found", json_object_new_int(1));
	json_object_object_add(route, "expected", json_object_new_int(2));
	return lines;
}

static void fails_what_is_wrong(void **state)
{
	struct json_object *lines = damaged("6.1", WRITE, 3);

	(void)state;
	expect(WRITE, lines, DP_FAIL, "3 bytes of the");
	expect_with("6.1", WRITE, "refusal", "status", "0", DP_FAIL, "is not refused");
	lines = recorded_lines("6.1", WRITE);
	put_after(lines, "leg",
		  "{\"kind\":\"step\",\"step\":\"failed\",\"what\":\"write\",\"offset\":5,"
		  "\"length\":9,\"text\":\"retries\",\"topology\":\"veth\",\"role\":\"target\","
		  "\"on_demand\":false}");
	expect(WRITE, lines, DP_FAIL,
	       "write of 9 bytes at offset 5: retries (over veth, as target)");
	/* What the guest did not live to tell is wrong all the same. */
	lines = damaged("6.1", WRITE, 3);
	while (find_step(lines, "verify") + 1 < json_object_array_length(lines))
		json_object_array_del_idx(lines, json_object_array_length(lines) - 1, 1);
	expect(WRITE, lines, DP_FAIL, "3 bytes");
}

/* The first refusal of the mapping as a target, which the other end must have refused. */
static void expect_refusal(const char *id, const char *what, const char *status, enum dp_status is,
			   const char *word)
{
	struct json_object *lines = recorded_lines("6.1", id);
	size_t changed = 0;

	for (size_t i = 0; i < json_object_array_length(lines); i++) {
		struct json_object *line = json_object_array_get_idx(lines, i);
		const char *name = dp_json_text(line, "what"), *role = dp_json_text(line, "role");

		if (!name || strcmp(name, what) || !role || strcmp(role, "target"))
			continue;
		json_object_object_add(line, "status", json_tokener_parse(status));
		json_object_object_add(line, "unposted", NULL);
		json_object_object_add(line, "state", json_object_new_string("ERR"));
		changed++;
	}
	assert_true(changed > 0);
	expect(id, lines, is, word);
}

static void knows_what_is_due(void **state)
{
	(void)state;
	expect_refusal(WRITE, "stale-key", "10", DP_PASS, "");
	expect_refusal(WRITE, "stale-key", "11", DP_FAIL, "\"remote access error\" is due");
	expect_refusal(SEND, "stale-key", "11", DP_PASS, "");
	expect_refusal(SEND, "stale-key", "10", DP_FAIL, "\"remote operation error\" is due");
	expect_refusal("traffic/anon/fetch-add", "misaligned", "9", DP_PASS, "");
}

static void says_nothing_without_an_observation(void **state)
{
	struct json_object *lines = recorded_lines("6.1", WRITE);

	(void)state;
	take(lines, "verify");
	expect(WRITE, lines, DP_ERROR, "not observed: step \"verify\" of leg");
	lines = recorded_lines("6.1", WRITE);
	take(lines, "leg-end");
	expect(WRITE, lines, DP_ERROR, "not observed: step \"leg-end\"");
	lines = recorded_lines("6.1", WRITE);
	take(lines, "legs");
	expect(WRITE, lines, DP_ERROR, "not observed: step \"legs\"");
	lines = recorded_lines("6.1", WRITE);
	put_after(lines, "leg",
		  "{\"kind\":\"step\",\"step\":\"trouble\",\"what\":\"verify\",\"text\":\"lost\"}");
	expect(WRITE, lines, DP_ERROR, "verify: lost");
}

static struct json_object *first_of(struct json_object *lines, const char *key, const char *value)
{
	for (size_t i = 0; i < json_object_array_length(lines); i++)
		if (is(json_object_array_get_idx(lines, i), key, value))
			return json_object_array_get_idx(lines, i);
	fail_msg("no line has %s of \"%s\"", key, value);
	return NULL;
}

/* A leg says by name how many steps it has emitted. */
static void expect_count(const char *name, const char *count, const char *word)
{
	struct json_object *lines = recorded_lines("6.1", WRITE);
	struct json_object *line = first_of(lines, "step", "leg-end");

	json_object_object_add(dp_json_object(line, "counts"), name, json_tokener_parse(count));
	expect(WRITE, lines, DP_ERROR, word);
}

static void counts_each_leg(void **state)
{
	struct json_object *lines = recorded_lines("6.1", WRITE);

	(void)state;
	expect_count("verify", "3", "not observed: step \"verify\" of leg 1");
	expect_count("verify", "\"2\"", "\"counts\" of leg 1 cannot be: verify");
	expect_count("failed", "\"1\"", "\"counts\" of leg 1 cannot be: failed");
	expect_count("fly", "1", "\"counts\" of leg 1 cannot be: fly");
	expect_count("legs", "1", "\"counts\" of leg 1 cannot be: legs");
	/* One that nothing was moved in has nothing to show. */
	json_object_object_add(first_of(lines, "step", "transfers"), "transfers",
			       json_object_new_int(0));
	expect(WRITE, lines, DP_ERROR, "not observed: step \"transfers\" of leg 1");
	/* None begins when all have ended. */
	lines = recorded_lines("6.1", WRITE);
	put_after(lines, "legs",
		  "{\"kind\":\"step\",\"step\":\"leg\",\"leg\":5,\"topology\":\"veth\","
		  "\"role\":\"target\",\"on_demand\":false}");
	expect(WRITE, lines, DP_ERROR, "not observed: step \"leg\" of leg 4");
}

/* What the judge knows of the mapping says that the look is owed; the guest's words do not. */
static void needs_the_look_from_outside(void **state)
{
	struct json_object *lines = recorded_lines("6.1", WRITE), *step, *route;

	(void)state;
	take(lines, "outside");
	expect(WRITE, lines, DP_ERROR, "not observed: step \"outside\" of leg 4");
	lines = recorded_lines("6.1", WRITE);
	step = first_of(lines, "step", "outside");
	put_after(lines, "outside", json_object_to_json_string(step));
	expect(WRITE, lines, DP_ERROR, "not observed: step \"outside\" of leg 4");
	/* It looks at less than the guest has read back, or at nothing, or could not look. */
	lines = recorded_lines("6.1", WRITE);
	route = json_object_array_get_idx(
		dp_json_array(first_of(lines, "step", "outside"), "routes"), 0);
	json_object_object_add(route, "checked", json_object_new_int(4194304 - 1));
	expect(WRITE, json_object_get(lines), DP_ERROR, "of the 4194304 bytes of leg 1");
	json_object_object_add(route, "checked", json_object_new_int(0));
	expect(WRITE, json_object_get(lines), DP_ERROR, "a route of step \"outside\"");
	json_object_object_add(route, "text", json_object_new_string("no labels"));
	expect(WRITE, json_object_get(lines), DP_ERROR, "reading back by medium: no labels");
	json_object_object_del(route, "text");
	json_object_object_add(route, "checked", json_object_new_int(4194304));
	json_object_object_add(route, "wrong", json_object_new_int(8));
	expect(WRITE, lines, DP_FAIL, "8 bytes of the mapping are wrong by medium");
	lines = recorded_lines("6.1", "traffic/devdax-2M/power-loss");
	take(lines, "outside");
	expect("traffic/devdax-2M/power-loss", lines, DP_ERROR, "after the power loss");
}

/* Nobody has a host in hand; then it is said how much the verdict is worth. */
static void owes_no_look_on_a_host(void **state)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	struct json_object *lines = recorded_lines("6.1", WRITE);
	const struct dp_result *r;

	(void)state;
	for (size_t i = json_object_array_length(lines); i-- > 0;)
		if (is(json_object_array_get_idx(lines, i), "step", "outside"))
			json_object_array_del_idx(lines, i, 1);
	assert_int_equal(dp_collect_init(&collect, 1), 0);
	collect.run.subject.host = true;
	dp_collect_add(&collect, WRITE);
	for (size_t i = 0; i < json_object_array_length(lines); i++) {
		const char *line = json_object_to_json_string_ext(
			json_object_array_get_idx(lines, i), JSON_C_TO_STRING_PLAIN);

		dp_collect_line(&collect, line, strlen(line));
	}
	assert_int_equal(dp_collect_finish(&collect, NULL), 0);
	r = &collect.run.results[0];
	assert_int_equal(r->status, DP_PASS);
	assert_string_equal(dp_json_text(r->facts, "verified"), "same-driver");
	json_object_put(lines);
}

static struct json_object *first_route(struct json_object *lines)
{
	return json_object_array_get_idx(
		dp_json_array(first_of(lines, "memory", "mapping"), "routes"), 0);
}

static void needs_to_read_something(void **state)
{
	struct json_object *lines = recorded_lines("6.1", WRITE), *verify;

	(void)state;
	json_object_object_add(first_route(lines), "checked", json_object_new_int(0));
	expect(WRITE, lines, DP_ERROR, "not observed: a route of step \"verify\"");
	lines = recorded_lines("6.1", WRITE);
	json_object_object_add(first_route(lines), "wrong", json_object_new_int(-3));
	expect(WRITE, lines, DP_ERROR, "not observed: \"wrong\" of a route");
	/* The same one twice is not two. */
	lines = recorded_lines("6.1", WRITE);
	verify = first_of(lines, "memory", "mapping");
	json_object_array_add(dp_json_array(verify, "routes"), json_object_get(first_route(lines)));
	json_object_object_add(verify, "looks", json_object_new_int(2));
	expect(WRITE, lines, DP_ERROR, "not observed: a route of step \"verify\"");
	lines = recorded_lines("6.1", "traffic/devdax-2M/power-loss");
	take(lines, "verify");
	expect("traffic/devdax-2M/power-loss", lines, DP_ERROR, "after another boot");
}

/* What was posted ends somehow, whoever it harms; what was not posted does not. */
static void needs_an_end_of_each_attempt(void **state)
{
	struct json_object *lines = recorded_lines("6.1", WRITE), *refusal;

	(void)state;
	for (size_t i = 0; i < json_object_array_length(lines); i++) {
		struct json_object *line = json_object_array_get_idx(lines, i);

		if (is(line, "step", "refusal") && is(line, "role", "source"))
			json_object_object_add(line, "status", json_object_new_int(-1));
	}
	expect(WRITE, lines, DP_ERROR, "not observed: \"status\" of step \"refusal\"");
	lines = recorded_lines("6.1", WRITE);
	refusal = first_of(lines, "step", "refusal");
	json_object_object_add(refusal, "unposted", json_object_new_string("EINVAL"));
	json_object_object_add(refusal, "status", json_object_new_int(0));
	expect(WRITE, lines, DP_ERROR, "not observed: \"status\" of step \"refusal\"");
	lines = recorded_lines("6.1", WRITE);
	json_object_object_add(first_of(lines, "step", "refusal"), "state", NULL);
	expect(WRITE, lines, DP_ERROR, "not observed: \"state\" of step \"refusal\"");
}

/* What somebody else's program makes of it agrees, or nobody knows. */
static void compares_with_a_reference(void **state)
{
	static const char step[] =
		"{\"kind\":\"step\",\"step\":\"reference\",\"tool\":\"ib_write_bw\","
		"\"registers\":true,\"registered\":false,\"size\":65536,\"topology\":\"veth\","
		"\"role\":\"target\",\"on_demand\":false}";
	struct json_object *lines = recorded_lines("6.1", WRITE);

	(void)state;
	put_after(lines, "leg", step);
	expect(WRITE, lines, DP_ERROR, "ib_write_bw could not register it, daxpin could");
}

#define UNBIND "traffic/devdax-2M/devdax-unbind"

static void judges_what_is_in_flight(void **state)
{
	struct json_object *lines;

	(void)state;
	expect(UNBIND, recorded_lines("5.10", UNBIND), DP_PASS, "are untouched");
	expect_with("5.10", UNBIND, "event", "state", "\"completed\"", DP_FAIL, "C2");
	expect_with("5.10", UNBIND, "canary", "wrong", "5", DP_FAIL,
		    "C8: 5 bytes of memory that was handed on");
	expect_with("5.10", UNBIND, "in-flight", "status", "10", DP_FAIL, "C8");
	lines = recorded_lines("5.10", UNBIND);
	set(lines, "in-flight", "status", "-1");
	set(lines, "in-flight", "status_text", "null");
	set(lines, "in-flight", "text", "\"no completion\"");
	expect(UNBIND, lines, DP_FAIL, "neither complete nor fail: no completion");
	/* An end that was lost has not seen it. */
	expect_with("5.10", UNBIND, "in-flight", "status", "-1", DP_ERROR, "\"status\"");
	expect_with("5.10", UNBIND, "event-end", "state", "\"waits\"", DP_FAIL, "C5");
	expect_with("5.10", UNBIND, "event", "state", "\"died\"", DP_ERROR, "died");
}

static void needs_what_was_handed_on(void **state)
{
	struct json_object *lines = recorded_lines("5.10", UNBIND);

	(void)state;
	expect_with("5.10", UNBIND, "canary", "bytes", "0", DP_ERROR,
		    "\"bytes\" of step \"canary\"");
	expect_with("5.10", UNBIND, "in-flight", "on_demand", "true", DP_ERROR, "\"on_demand\"");
	expect_with("5.10", UNBIND, "release", "errno", "\"EIO\"", DP_ERROR, "not released");
	expect_with("5.10", UNBIND, "event-end", "state", "\"died\"", DP_ERROR, "event-end");
	set(lines, "undo", "state", "\"failed\"");
	set(lines, "undo", "text", "\"cannot bind\"");
	expect(UNBIND, lines, DP_ERROR, "cannot bind");
}

static void lets_pages_move(void **state)
{
	const char *id = "traffic/kmem-movable/kmem-offline";

	(void)state;
	expect(id, recorded_lines("6.1", id), DP_PASS, "the event completed");
	expect_with("6.1", id, "event", "movable", "false", DP_FAIL, "C2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_what_arrives),
		cmocka_unit_test(fails_what_is_wrong),
		cmocka_unit_test(knows_what_is_due),
		cmocka_unit_test(says_nothing_without_an_observation),
		cmocka_unit_test(counts_each_leg),
		cmocka_unit_test(needs_the_look_from_outside),
		cmocka_unit_test(owes_no_look_on_a_host),
		cmocka_unit_test(needs_to_read_something),
		cmocka_unit_test(needs_an_end_of_each_attempt),
		cmocka_unit_test(compares_with_a_reference),
		cmocka_unit_test(judges_what_is_in_flight),
		cmocka_unit_test(needs_what_was_handed_on),
		cmocka_unit_test(lets_pages_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
