// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Costs by the clock: what a verdict rests on, each of it taken away; how far the sizes may be off
 * their line; the reference; and the counters of the processor.
 */
#include "recorded.h"

#include <unistd.h>

#include "daxpin/bench.h"

#define ID     "bench/anon/64K"
#define ROUNDS 8

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

__attribute__((format(printf, 2, 3))) static void say(struct json_object *lines, const char *format,
						      ...)
{
	char text[1024];
	struct json_object *obj;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	obj = json_tokener_parse(text);
	assert_non_null(obj);
	json_object_array_add(lines, obj);
}

/* Eight rounds, a hundredth apart from each other: the one in the middle is @value. */
static const char *rounds_of(double value, char *text, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int off = i - ROUNDS / 2;

		used += (size_t)snprintf(text + used, size - used, "%c%.0f", i ? ',' : '[',
					 value * (1 + off / 100.0));
	}
	snprintf(text + used, size - used, "]");
	return text;
}

static void say_point(struct json_object *lines, int pages)
{
	static const char *const steps[] = { "first-touch", "register-cold", "register-warm",
					     "deregister" };
	char text[256];

	for (size_t i = 0; i < DP_ARRAY_SIZE(steps); i++)
		say(lines,
		    "{\"kind\":\"step\",\"step\":\"%s\",\"pages\":%d,\"samples\":%s,"
		    "\"ticks\":[0,0,0,0,0,0,0,0],\"cycles\":%s,\"retired\":%s,%s}",
		    steps[i], pages, rounds_of(10020 + 100 * pages, text, sizeof(text)), text, text,
		    i ? "\"errno\":null" : "\"loop\":0");
}

/* A host with counters that was asked with two threads. */
static struct json_object *told(void)
{
	struct json_object *lines = json_object_new_array();
	char bare[256], timed[256];

	say(lines, "{\"kind\":\"begin\",\"id\":\"" ID "\"}");
	say(lines, "{\"kind\":\"step\",\"step\":\"clock\",\"unit\":\"ns\",\"cost\":20,\"tick\":0,"
		   "\"page\":4096,\"rounds\":8,\"threads\":2}");
	say(lines, "{\"kind\":\"step\",\"step\":\"counters\",\"state\":\"completed\","
		   "\"errno\":null,\"text\":null,\"cycles_cost\":10,\"retired_cost\":5}");
	for (int pages = 2; pages <= 16; pages *= 2)
		say_point(lines, pages);
	say(lines,
	    "{\"kind\":\"step\",\"step\":\"bare\",\"errno\":null,\"calls\":8,\"samples\":%s,"
	    "\"timed\":%s}",
	    rounds_of(80040, bare, sizeof(bare)), rounds_of(81120, timed, sizeof(timed)));
	say(lines, "{\"kind\":\"step\",\"step\":\"together\",\"calls\":32,\"samples\":%s}",
	    rounds_of(640020, bare, sizeof(bare)));
	say(lines, "{\"kind\":\"step\",\"step\":\"taint\",\"before\":0,\"after\":0}");
	say(lines, "{\"kind\":\"end\",\"id\":\"" ID "\"}");
	return lines;
}

/* What the lines come to; what is said of it is compared, unless it is NULL. */
static void comes_to(struct json_object *lines, enum dp_status status, const char *words)
{
	char why[768];

	assert_int_equal(status_of(ID, lines, WHOLE, &policy, why, sizeof(why)), status);
	if (words && !strstr(why, words))
		fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static double number_of(struct json_object *facts, const char *object, const char *name)
{
	double value = -1;

	dp_json_double(dp_json_object(facts, object), name, &value);
	return value;
}

static void has_all_figures(void **state)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_autojson struct json_object *lines = told();
	const struct dp_result *r = replay(ID, lines, WHOLE, &policy, &collect);
	struct json_object *facts = r->facts;

	(void)state;
	assert_int_equal(r->status, DP_PASS);
	assert_int_equal(dp_json_int_or(facts, "rounds", 0), ROUNDS);
	assert_true(number_of(facts, "ns", "register_warm") == 11600);
	assert_true(number_of(facts, "cycles", "register_warm") == 11610);
	assert_true(number_of(facts, "retired", "register_warm") == 11615);
	assert_null(dp_json_text(facts, "no_counters"));
	assert_int_equal(number_of(facts, "reference", "ns"), 10000);
	/* 81,120 less 16 readings of the clock, by 80,040 less two. */
	assert_in_range((unsigned int)(10000 * number_of(facts, "reference", "overhead")), 98, 102);
	assert_int_equal(number_of(facts, "together", "threads"), 2);
	assert_int_equal(number_of(facts, "together", "ns"), 20000);
	assert_int_equal(
		dp_json_count(dp_json_array(dp_json_object(facts, "quartiles"), "deregister")), 2);
}

/* The members of a step that say nothing a verdict rests on. */
static bool is_frame(const char *key)
{
	return !strcmp(key, "text") || !strcmp(key, "kind");
}

static size_t take_members(struct json_object *lines, size_t at)
{
	struct json_object *line = json_object_array_get_idx(lines, at);
	dp_autojson struct json_object *whole = NULL;
	size_t wrong = 0;
	char why[768];

	assert_int_equal(json_object_deep_copy(line, &whole, NULL), 0);
	json_object_object_foreach (whole, key, value) {
		if (is_frame(key))
			continue;
		json_object_object_del(line, key);
		if (status_of(ID, lines, WHOLE, &policy, why, sizeof(why)) != DP_ERROR) {
			print_error("no error without %s of line %zu\n", key, at);
			wrong++;
		}
		json_object_object_add(line, key, json_object_get(value));
	}
	return wrong;
}

static void judges_nothing_that_was_not_seen(void **state)
{
	dp_autojson struct json_object *lines = told();
	size_t wrong = 0;
	char why[768];

	(void)state;
	for (size_t i = 1; i < json_object_array_length(lines); i++) {
		if (status_of(ID, lines, i, &policy, why, sizeof(why)) != DP_ERROR) {
			print_error("no error without line %zu\n", i);
			wrong++;
		}
		wrong += take_members(lines, i);
	}
	assert_int_equal(wrong, 0);
}

/* Turns of other ids are in between. */
static void begins_in_each_turn(void **state)
{
	dp_autojson struct json_object *lines = told();

	(void)state;
	put_after(lines, "clock", "{\"kind\":\"begin\",\"id\":\"bench/anon/2M\"}");
	comes_to(lines, DP_ERROR, NULL);
	json_object_put(lines);
	lines = json_object_new_array();
	say(lines, "{\"kind\":\"begin\",\"id\":\"" ID "\"}");
	say(lines, "{\"kind\":\"begin\",\"id\":\"bench/anon/2M\"}");
	dp_autojson struct json_object *rest = told();
	for (size_t i = 0; i < json_object_array_length(rest); i++)
		json_object_array_add(lines, json_object_get(json_object_array_get_idx(rest, i)));
	comes_to(lines, DP_PASS, NULL);
}

/* The line must pass between the quartiles of each size, give or take a tenth. */
static void holds_the_sizes_to_their_line(void **state)
{
	dp_autojson struct json_object *lines = told();

	(void)state;
	set(lines, "deregister", "samples", "[29900,29950,30000,30000,30000,30000,30050,30100]");
	comes_to(lines, DP_ERROR, "beyond its quartiles in \"deregister\"");
	set(lines, "deregister", "samples", "[9000,10000,10500,12000,16000,19000,21000,30000]");
	comes_to(lines, DP_PASS, NULL);
	set(lines, "deregister", "samples", "[2000,2000,2000,2000,11600,11600,11600,11600]");
	comes_to(lines, DP_ERROR, "the rounds are too far apart");
}

static void asks_no_line_of_what_is_refused(void **state)
{
	dp_autojson struct json_object *lines = told();

	(void)state;
	for (size_t i = json_object_array_length(lines); i-- > 0;) {
		struct json_object *line = json_object_array_get_idx(lines, i);

		if (is(line, "step", "deregister"))
			json_object_array_del_idx(lines, i, 1);
		else if (is(line, "step", "register-warm") || is(line, "step", "register-cold") ||
			 is(line, "step", "bare"))
			dp_json_add_text(line, "errno", "EFAULT");
	}
	set(lines, "register-warm", "samples", "[2000,2000,2000,2000,90000,90000,90000,90000]");
	put_after(lines, "bare",
		  "{\"kind\":\"left-out\",\"step\":\"deregister\",\"text\":\"refused\"}");
	comes_to(lines, DP_PASS, "which is refused");
	set(lines, "bare", "errno", "null");
	comes_to(lines, DP_ERROR, "\"bare\" answers otherwise");
}

static void says_why_threads_were_not_asked(void **state)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_autojson struct json_object *lines = told();
	const struct dp_result *r;

	(void)state;
	take(lines, "together");
	comes_to(lines, DP_ERROR, "not observed: step \"together\"");
	put_after(lines, "bare",
		  "{\"kind\":\"left-out\",\"step\":\"together\",\"text\":\"no room for both\"}");
	r = replay(ID, lines, WHOLE, &policy, &collect);
	assert_int_equal(r->status, DP_PASS);
	assert_string_equal(dp_json_text(r->facts, "alone"), "no room for both");
	assert_null(dp_json_object(r->facts, "together"));
}

static void says_why_nothing_was_counted(void **state)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_autojson struct json_object *lines = told();
	const struct dp_result *r;

	(void)state;
	set(lines, "counters", "cycles_cost", "1000000");
	comes_to(lines, DP_ERROR, "has no figure");
	set(lines, "counters", "state", "\"failed\"");
	comes_to(lines, DP_ERROR, "why the processor did not count");
	set(lines, "counters", "errno", "\"ENOENT\"");
	set(lines, "counters", "text", "\"no PMU\"");
	r = replay(ID, lines, WHOLE, &policy, &collect);
	assert_int_equal(r->status, DP_PASS);
	assert_string_equal(dp_json_text(r->facts, "no_counters"), "no PMU");
	assert_null(dp_json_object(r->facts, "cycles"));
}

/* Each id has a process of its own: what ends one of them leaves the others their turn. */
static void asks_on_though_one_has_ended(void **state)
{
	static const char *const globs[] = { "bench/anon/4K", "bench/anon/64K" };
	const struct dp_bench_options options = { .rdma = "there-is-none" };
	dp_cleanup(dp_benches_clear) struct dp_benches benches = { 0 };
	struct dp_error err = { 0 };
	char text[4096] = "", *at = text;
	int fds[2];

	(void)state;
	assert_int_equal(dp_benches_make(globs, 2, &benches, &err), 0);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dp_bench_run(&benches, &options, fds[1], &err), 0);
	close(fds[1]);
	assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
	close(fds[0]);
	for (size_t i = 0; i < DP_ARRAY_SIZE(globs); i++) {
		at = strstr(at, "\"begin\"");
		assert_non_null(at);
		assert_true(strstr(at, globs[i]) > at);
		at = strstr(at, "\"died\"");
		assert_non_null(at);
		assert_true(strstr(at, "there-is-none") > at);
	}
	assert_null(strstr(at, "\"begin\""));
}

static void wants_enough_rounds(void **state)
{
	dp_autojson struct json_object *lines = told();

	(void)state;
	set(lines, "clock", "rounds", "2");
	comes_to(lines, DP_ERROR, "2 rounds are no measurement");
	set(lines, "clock", "rounds", "1000000");
	comes_to(lines, DP_ERROR, "are no measurement");
	set(lines, "clock", "rounds", "7");
	comes_to(lines, DP_ERROR, "has no figure");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_all_figures),
		cmocka_unit_test(judges_nothing_that_was_not_seen),
		cmocka_unit_test(begins_in_each_turn),
		cmocka_unit_test(holds_the_sizes_to_their_line),
		cmocka_unit_test(asks_no_line_of_what_is_refused),
		cmocka_unit_test(says_why_threads_were_not_asked),
		cmocka_unit_test(says_why_nothing_was_counted),
		cmocka_unit_test(asks_on_though_one_has_ended),
		cmocka_unit_test(wants_enough_rounds),
	};

	return cmocka_run_group_tests(tests, load_policy, clear_policy);
}
