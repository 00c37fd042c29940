// SPDX-License-Identifier: GPL-2.0-or-later
/* The course of a teardown: what kernels were seen to emit, and what nobody should. */
#include "recorded.h"

#include <json-c/json.h>

#include "../../src/policy/course.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/policy.h"

#define LINE(returns, events)                                                                      \
	"{\"kind\":\"course\",\"step\":\"event\",\"returns\":" returns                             \
	",\"lost\":0,\"not_probed\":[\"dax_break_layout\"],\"events\":[" events "]}"
#define EVENT(us, pid, task, what)                                                                 \
	"{\"us\":" #us ",\"pid\":" #pid ",\"task\":\"" task "\",\"what\":\"" what "\"}"
#define CALL(us, pid, task, what, function)                                                        \
	"{\"us\":" #us ",\"pid\":" #pid ",\"task\":\"" task "\",\"what\":\"" what                  \
	"\",\"function\":\"" function "\"}"
#define WAKE(us, pid, by, by_task)                                                                 \
	"{\"us\":" #us ",\"pid\":" #pid ",\"task\":\"teardown\",\"what\":\"wake\",\"by\":" #by     \
	",\"by_task\":\"" by_task "\"}"
#define STEP(where)                                                                                \
	"{\"kind\":\"step\",\"step\":\"event\",\"state\":\"waits\",\"errno\":null,\"ms\":600,"     \
	"\"where\":\"" where "\"}"

static struct json_object *course_of(const char *lines, bool going_on)
{
	dp_autojson struct json_object *steps = json_tokener_parse(lines);

	assert_non_null(steps);
	return dp_course_of(steps, going_on);
}

static void expect_wait(struct json_object *evidence, size_t index, const char *wanted)
{
	struct json_object *waits = dp_json_array(evidence, "waits");
	char text[384];

	if (index >= dp_json_count(waits))
		fail_msg("there is no wait %zu, \"%s\"", index, wanted);
	dp_wait_text(json_object_array_get_idx(waits, index), text, sizeof(text));
	assert_string_equal(text, wanted);
}

/* 6.17: calls end, sleeps are of the innermost, and the owner's release ends them. */
static void tells_waits(void **state)
{
	dp_autojson struct json_object *e = course_of(
		"[" LINE(
			"true",
			CALL(100, 9, "teardown", "enter", "memunmap_pages") "," CALL(200, 9, "teardown", "enter", "wait_for_completion") "," EVENT(
				300, 9, "teardown",
				"sleep") "," CALL(800000, 8, "owner", "pass",
						  "__ib_umem_release") "," CALL(800100, 8, "owner",
										"pass",
										"dev_pagemap_percpu_release") "," WAKE(800200,
														       9,
														       8,
														       "owner") "," EVENT(800300,
																	  9,
																	  "teardown",
																	  "run") "," CALL(800400,
																			  9,
																			  "teardown",
																			  "leave",
																			  "wait_for_completion")) ","
		/* What is open goes on into the next step. */
		LINE("true", CALL(900000, 9, "teardown", "leave", "memunmap_pages")) "]",
		false);
	struct json_object *calls = dp_json_array(e, "course");
	double took;

	(void)state;
	assert_true(dp_json_bool_or(e, "seen", false));
	assert_int_equal(dp_json_count(calls), 4);
	assert_int_equal(dp_json_count(dp_json_array(e, "waits")), 1);
	assert_int_equal(dp_json_double(json_object_array_get_idx(calls, 0), "took", &took), 0);
	assert_true(took > 899.8 && took < 900);
	/* Of what is probed at its entry only, nobody knows. */
	assert_int_not_equal(dp_json_double(json_object_array_get_idx(calls, 2), "took", &took), 0);
	expect_wait(e, 0,
		    "memunmap_pages() waited 800 ms in wait_for_completion(), ended by the owner "
		    "after __ib_umem_release() > dev_pagemap_percpu_release()");
	assert_string_equal(dp_json_text_at(dp_json_array(e, "not_probed"), 0), "dax_break_layout");
	assert_null(dp_json_text(e, "missing"));
}

/* 5.10: entries only; what is around a wait is told by the stack that was looked at meanwhile. */
static void tells_waits_without_returns(void **state)
{
#define ENTRIES                                                                                                                        \
	LINE("false",                                                                                                                  \
	     CALL(100, 9, "teardown", "pass", "memunmap_pages") "," CALL(200, 9, "teardown", "pass", "wait_for_completion") "," EVENT( \
		     300, 9, "teardown",                                                                                               \
		     "sleep") "," EVENT(400, 8, "owner",                                                                               \
					"sleep") "," EVENT(700000, 8, "owner",                                                         \
							   "run") "," WAKE(800200, 9, 0,                                               \
									   "other") "," EVENT(800300,                                  \
											      9,                                       \
											      "teardown",                              \
											      "run"))
	dp_autojson struct json_object *e =
		course_of("[" STEP("memunmap_pages release_nodes") "," ENTRIES "]", false);
	dp_autojson struct json_object *blind = course_of("[" ENTRIES "]", false);

	(void)state;
	assert_int_equal(dp_json_count(dp_json_array(e, "waits")), 1);
	expect_wait(e, 0,
		    "memunmap_pages() waited 800 ms in wait_for_completion(), ended by another "
		    "task");
	expect_wait(blind, 0, "wait_for_completion() waited 800 ms, ended by another task");
	assert_non_null(strstr(dp_json_text(e, "missing"), "/proc/PID/stack"));
}

static void tells_what_goes_on(void **state)
{
#define ASLEEP                                                                                     \
	"[" LINE("true", CALL(100, 9, "teardown", "enter",                                         \
			      "memunmap_pages") "," EVENT(300, 9, "teardown", "sleep")) "]"
	dp_autojson struct json_object *on = course_of(ASLEEP, true);
	dp_autojson struct json_object *over = course_of(ASLEEP, false);

	(void)state;
	expect_wait(on, 0, "memunmap_pages() waits on");
	assert_int_equal(dp_json_count(dp_json_array(over, "waits")), 0);
}

/* An interrupt's call long ago is not what wakes; one just before is. A poll is one wait. */
static void tells_who_wakes(void **state)
{
	dp_autojson struct json_object *e = course_of(
		"[" LINE(
			"true",
			CALL(100, 9, "teardown", "enter", "offline_pages") "," EVENT(200, 9, "teardown", "sleep") "," CALL(300, -1, "interrupt", "pass", "dev_pagemap_percpu_release") "," WAKE(
				9000, 9, -1,
				"interrupt") "," EVENT(9100, 9, "teardown",
						       "run") "," EVENT(9200, 9, "teardown",
									"sleep") "," WAKE(19200, 9,
											  -1,
											  "interrupt") "," EVENT(19300,
														 9,
														 "teardown",
														 "run")) "]",
		false);

	(void)state;
	assert_int_equal(dp_json_count(dp_json_array(e, "waits")), 1);
	expect_wait(e, 0, "offline_pages() waited 19 ms, ended by an interrupt");
}

static void says_why_it_sees_nothing(void **state)
{
	dp_autojson struct json_object *e = course_of(
		"[{\"kind\":\"course\",\"step\":\"event\",\"missing\":\"lockdown\"}]", false);

	(void)state;
	assert_false(dp_json_bool_or(e, "seen", true));
	assert_string_equal(dp_json_text(e, "missing"), "lockdown");
	assert_null(dp_json_array(e, "waits"));
	/* Nobody has looked: there is no evidence, and nothing is missing. */
	assert_null(course_of("[{\"kind\":\"step\",\"step\":\"event\"}]", false));
	assert_null(dp_course_of(NULL, false));
}

/* A stream may hold anything. */
static void bears_anything(void **state)
{
	static const char *const events[] = {
		"7",
		"null",
		"[]",
		"{}",
		"\"x\"",
		EVENT(-1, 9, "teardown", "sleep"),
		EVENT(9223372036854775807, 9, "teardown", "run"),
		CALL(1, 9, "teardown", "leave", "memunmap_pages"),
		"{\"us\":1,\"pid\":9,\"task\":\"teardown\",\"what\":\"enter\"}",
		"{\"us\":1,\"pid\":9,\"task\":7,\"what\":\"enter\",\"function\":\"f\"}",
		("{\"us\":1,\"pid\":9,\"task\":\"t\",\"what\":\"pass\",\"function\":\"f\","
		 "\"times\":-5}"),
		"{\"us\":1,\"pid\":9,\"task\":\"t\",\"what\":\"wake\",\"by\":\"x\"}",
	};
	char text[4096];

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(events); i++) {
		dp_autojson struct json_object *e = NULL;

		snprintf(text, sizeof(text), "[7,null,%s,%s]", events[i],
			 "{\"kind\":\"course\",\"events\":7,\"lost\":-3,\"not_probed\":{}}");
		json_object_put(course_of(text, true));
		snprintf(text, sizeof(text),
			 "[" LINE("true", "%s," EVENT(5, 9, "teardown", "run")) "]", events[i]);
		e = course_of(text, true);
		assert_true(dp_json_bool_or(e, "seen", false));
		assert_int_equal(dp_json_count(dp_json_array(e, "waits")), 0);
	}
}

/* More calls, tasks and levels than there is room for: said, and nothing is written beyond. */
static void says_what_found_no_room(void **state)
{
	dp_autojson struct json_object *steps = json_object_new_array(), *e = NULL;
	struct json_object *line = json_object_new_object(), *list = json_object_new_array();

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct json_object *event = json_object_new_object();

		dp_json_add_int(event, "us", i);
		dp_json_add_int(event, "pid", i < 1000 ? 1 : i);
		dp_json_add_text(event, "task", "other");
		dp_json_add_text(event, "what", "enter");
		dp_json_add_text(event, "function", "f");
		json_object_array_add(list, event);
	}
	dp_json_add_text(line, "kind", "course");
	dp_json_add_bool(line, "returns", true);
	json_object_object_add(line, "events", list);
	json_object_array_add(steps, line);
	e = dp_course_of(steps, true);
	assert_true(dp_json_count(dp_json_array(e, "course")) <= 512);
	assert_non_null(strstr(dp_json_text(e, "missing"), "found no room"));
}

/* Waits of a file that somebody else has written. */
static void prints_any_wait(void **state)
{
	static const char *const waits[] = {
		"{}",
		"{\"function\":7,\"within\":{},\"waited\":\"x\",\"ended_by\":[]}",
		("{\"function\":\"f\",\"within\":[7],\"waited\":1e300,\"ended_by\":{\"functions\":[7,"
		 "null,\"g\"],\"task\":null}}"),
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(waits); i++) {
		dp_autojson struct json_object *wait = json_tokener_parse(waits[i]);

		assert_non_null(wait);
		dp_wait_text(wait, text, sizeof(text));
		assert_true(strlen(text) < sizeof(text));
	}
	dp_wait_text(NULL, text, sizeof(text));
	assert_string_equal(text, "?() waits on");
}

/* ---- in verdicts -------------------------------------------------------------------------- */

#define UNBIND "teardown/devdax-2M/devdax-unbind/dereg"
#define RACE   "race/devdax-2M/devdax-unbind"

static void add_before_the_end(struct json_object *lines, const char *line)
{
	size_t last = json_object_array_length(lines) - 1;
	struct json_object *end = json_object_get(json_object_array_get_idx(lines, last));

	json_object_array_put_idx(lines, last, json_tokener_parse(line));
	json_object_array_add(lines, end);
}

/* The same verdict, with what the event waited for; and evidence beside it. */
static void is_told_with_the_verdict(void **state)
{
	dp_cleanup(dp_collect_clear) struct dp_collect plain = { 0 }, witnessed = { 0 };
	dp_autojson struct json_object *lines = recorded_lines("5.10", UNBIND);
	dp_autojson struct json_object *with = recorded_lines("5.10", UNBIND);
	const struct dp_result *r = replay(UNBIND, lines, WHOLE, NULL, &plain);

	(void)state;
	assert_int_equal(r->status, DP_PASS);
	assert_null(r->evidence);
	assert_null(strstr(r->why, "memunmap_pages"));
	add_before_the_end(with, ENTRIES);
	r = replay(UNBIND, with, WHOLE, NULL, &witnessed);
	assert_int_equal(r->status, DP_PASS);
	assert_non_null(strstr(r->why, "memunmap_pages() waited in wait_for_completion()"));
	assert_int_equal(dp_json_count(dp_json_array(r->evidence, "waits")), 1);
}

static void expect_order(const char *events, enum dp_status status, const char *why)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_autojson struct json_object *lines = recorded_lines("5.10", UNBIND);
	const struct dp_result *r;

	add_before_the_end(lines, events);
	r = replay(UNBIND, lines, WHOLE, NULL, &collect);
	assert_int_equal(r->status, status);
	if (!strstr(r->why, why))
		fail_msg("\"%s\" is not in: %s", why, r->why);
}

/* A device-dax is unmapped, and then its pages are taken away. */
static void tells_the_wrong_order(void **state)
{
#define UNMAP(us) CALL(us, 9, "teardown", "enter", "unmap_mapping_range")
#define TAKE(us)  CALL(us, 9, "teardown", "enter", "memunmap_pages")
	(void)state;
	expect_order(LINE("true", UNMAP(100) "," TAKE(200)), DP_PASS, "");
	expect_order(LINE("true", UNMAP(100) "," UNMAP(150) "," TAKE(200) "," UNMAP(300)), DP_PASS,
		     "");
	expect_order(LINE("true", TAKE(100)), DP_PASS, "");
	expect_order(LINE("true", CALL(100, 8, "owner", "enter",
				       "memunmap_pages") "," UNMAP(150) "," TAKE(200)),
		     DP_PASS, "");
	expect_order(LINE("true", TAKE(100) "," UNMAP(200)), DP_FAIL,
		     "C3: memunmap_pages() took the pages away while they were mapped");
}

static void expect_inside(const char *inside, bool seen, const char *why)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_autojson struct json_object *lines = recorded_lines("5.10", RACE);
	const struct dp_result *r;

	set(lines, "race", "inside", inside);
	r = replay(RACE, lines, WHOLE, NULL, &collect);
	assert_int_equal(r->status, DP_PASS);
	assert_int_equal(dp_json_bool_or(r->evidence, "seen", !seen), seen);
	if (!strstr(r->why, why))
		fail_msg("\"%s\" is not in: %s", why, r->why);
	/* What was not seen is no number. */
	assert_int_equal(json_object_object_get_ex(r->evidence, "ended_fast", NULL), seen);
}

static void counts_how_registrations_ended(void **state)
{
	(void)state;
	expect_inside("{\"calls\":10,\"fell_back\":7,\"dropped\":2}", true,
		      "of 10 calls of gup-fast 3 ended there, 7 fell back to the slow path, 2 gave "
		      "references back");
	expect_inside("{\"calls\":10,\"fell_back\":11,\"dropped\":2}", false, "contradict");
	expect_inside("{\"calls\":10,\"fell_back\":-1,\"dropped\":2}", false, "contradict");
	expect_inside("{\"calls\":10,\"fell_back\":1}", false, "nobody says why");
	expect_inside("{\"missing\":\"lockdown\"}", false, "not witnessed: lockdown");
	expect_inside("{}", false, "not witnessed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_waits),
		cmocka_unit_test(tells_waits_without_returns),
		cmocka_unit_test(tells_what_goes_on),
		cmocka_unit_test(tells_who_wakes),
		cmocka_unit_test(says_why_it_sees_nothing),
		cmocka_unit_test(bears_anything),
		cmocka_unit_test(says_what_found_no_room),
		cmocka_unit_test(prints_any_wait),
		cmocka_unit_test(is_told_with_the_verdict),
		cmocka_unit_test(tells_the_wrong_order),
		cmocka_unit_test(counts_how_registrations_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
