// SPDX-License-Identifier: GPL-2.0-or-later
/* Pairs of nodes in each format: the bad one is told, with the reason, and no other. */
#include "test.h"

#include "daxpin/fleet.h"
#include "daxpin/json.h"
#include "daxpin/report.h"

#define PAIR(node, peer, more)                                                                     \
	"{\"schema\":\"daxpin/1\",\"runs\":[{\"node\":\"" node "\",\"peer\":\"" peer               \
	"\",\"began\":5,\"kernel\":\"6.1\"" more "}]}\n"
#define RESULT(status, more)                                                                       \
	",\"results\":[{\"id\":\"traffic/anon/read\",\"status\":\"pass\"},"                        \
	"{\"id\":\"traffic/anon/write\",\"status\":\"" status "\"" more "}]"
#define GOOD  RESULT("pass", "")
#define LOST  RESULT("fail", ",\"violates\":[\"C8\"],\"why\":\"<lost> \\\"here\\\"\"")
#define KNOWN RESULT("fail", ",\"violates\":[\"C8\"],\"why\":\"as before\",\"baseline\":\"known\"")
#define REFUSED                                                                                    \
	",\"ended_early\":\"the other end does not accept this secret\"" RESULT(                   \
		"error", ",\"why\":\"it was not asked\"")

static void add(struct dp_fleet *fleet, const char *text, size_t file)
{
	dp_autofile FILE *in = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(in);
	assert_int_equal(dp_fleet_read_stream(fleet, in, "file", file), 0);
}

/* A ring of four: n2 fails to write to n3, n4 does not have the secret of n1. */
static void make(struct dp_fleet *fleet, bool bad)
{
	assert_int_equal(dp_fleet_init(fleet), 0);
	add(fleet, PAIR("n1", "n2", GOOD), 0);
	add(fleet, bad ? PAIR("n2", "n3", LOST) : PAIR("n2", "n3", KNOWN), 1);
	add(fleet, PAIR("n3", "n4", GOOD), 2);
	add(fleet, bad ? PAIR("n4", "n1", REFUSED) : PAIR("n4", "n1", GOOD), 3);
	add(fleet, PAIR("n5", "n1", GOOD), 4);
	assert_int_equal(dp_fleet_group(fleet, NULL), 0);
}

static char *write_as(const char *name, const struct dp_fleet *fleet)
{
	const struct dp_report_options options = { 0 };
	const struct dp_format *format = dp_format_find(name);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(format);
	assert_non_null(out);
	assert_int_equal(format->fleet(out, fleet, &options), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in: %s", part, text);
}

static void the_reason_is_that_of_the_first_that_is_bad(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;

	(void)state;
	make(&fleet, true);
	assert_int_equal(fleet.npairs, 5);
	assert_int_equal(fleet.failed_pairs, 1);
	assert_int_equal(fleet.unanswered_pairs, 1);
	assert_string_equal(fleet.texts[fleet.pairs[0].why], "");
	assert_string_equal(fleet.texts[fleet.pairs[1].why], "traffic/anon/write: <lost> \"here\"");
	assert_string_equal(fleet.texts[fleet.pairs[3].why],
			    "the other end does not accept this secret");
	assert_int_equal(dp_fleet_exit_code(&fleet), 1);
}

static void text_has_a_matrix_and_reasons(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;
	dp_autofree char *text = NULL;

	(void)state;
	make(&fleet, true);
	text = write_as("text", &fleet);
	holds(text, "Pairs: 5, 1 fail, 1 without an answer\n");
	holds(text, "  n1           .         pass      .         .        \n");
	holds(text, "  n2           .         .         !1 fail   .        \n");
	holds(text, "  n2 to n3: !1 fail, traffic/anon/write: <lost> \"here\"\n");
	holds(text, "  n4 to n1: 2 error, the other end does not accept this secret\n");
	/* n5 has no pair that is bad. */
	lacks(strstr(text, "Pairs:"), "n5");
}

static void json_has_bad_pairs_and_good_ones_of_the_same_nodes(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;
	dp_autofree char *text = NULL;
	dp_autojson struct json_object *obj = NULL;
	struct json_object *pairs, *one;

	(void)state;
	make(&fleet, true);
	text = write_as("json", &fleet);
	obj = json_tokener_parse(text);
	pairs = json_object_object_get(obj, "pairs");
	assert_int_equal(dp_json_int_or(pairs, "count", 0), 5);
	assert_int_equal(dp_json_count(json_object_object_get(pairs, "bad")), 2);
	/* n5 is in no pair that is bad. */
	assert_int_equal(dp_json_count(json_object_object_get(pairs, "good")), 2);
	one = json_object_array_get_idx(json_object_object_get(pairs, "bad"), 0);
	assert_string_equal(dp_json_text(one, "connects"), "n2");
	assert_string_equal(dp_json_text(one, "why"), "traffic/anon/write: <lost> \"here\"");
	assert_int_equal(dp_json_int_or(one, "fail", 0), 1);
	assert_int_equal(dp_json_int_or(one, "known", 9), 0);
	one = json_object_array_get_idx(json_object_object_get(pairs, "good"), 0);
	assert_string_equal(dp_json_text(one, "listens"), "n2");
	assert_null(dp_json_text(one, "why"));
}

static void junit_has_a_case_for_each_pair(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;
	dp_autofree char *text = NULL;

	(void)state;
	make(&fleet, true);
	text = write_as("junit", &fleet);
	holds(text, "<testsuite name=\"pairs\" tests=\"5\" failures=\"1\" errors=\"1\"");
	holds(text, "<testcase name=\"n1 to n2\" classname=\"pairs\" time=\"0\"/>\n");
	holds(text, "<testcase name=\"n2 to n3\" classname=\"pairs\" time=\"0\">\n"
		    "    <failure type=\"failure\" message=\"an answer breaks policy or contract\">"
		    "traffic/anon/write: &lt;lost&gt;");
	holds(text, "<testcase name=\"n4 to n1\" classname=\"pairs\" time=\"0\">\n"
		    "    <error type=\"error\" message=\"an id has no answer\">the other end");
}

static void prometheus_has_bad_pairs_only(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;
	dp_autofree char *text = NULL;

	(void)state;
	make(&fleet, true);
	text = write_as("prom", &fleet);
	holds(text, "\ndaxpin_fleet_pairs 5\n");
	holds(text, "\ndaxpin_fleet_failed_pairs 1\n");
	holds(text, "\ndaxpin_fleet_unanswered_pairs 1\n");
	holds(text, "\ndaxpin_fleet_pair_status{connects=\"n2\",listens=\"n3\"} 3\n");
	holds(text, "\ndaxpin_fleet_pair_status{connects=\"n4\",listens=\"n1\"} 2\n");
	lacks(text, "connects=\"n1\"");
}

static void the_page_has_the_document(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;
	dp_autofree char *text = NULL;

	(void)state;
	make(&fleet, true);
	text = write_as("html", &fleet);
	holds(text, "\"connects\":\"n2\",\"listens\":\"n3\"");
	lacks(text, "<lost>");
}

static void a_known_failure_is_no_bad_pair(void **state)
{
	static const char *const names[] = { "text", "json", "junit", "prom", "html" };
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;

	(void)state;
	make(&fleet, false);
	assert_int_equal(fleet.failed_pairs + fleet.unanswered_pairs, 0);
	assert_int_equal(dp_fleet_exit_code(&fleet), 0);
	for (size_t i = 0; i < DP_ARRAY_SIZE(names); i++) {
		dp_autofree char *text = write_as(names[i], &fleet);

		lacks(text, "as before");
		lacks(text, "daxpin_fleet_pair_status");
		lacks(text, "n2 to n3:");
	}
}

/* A node that answers nobody: more pairs than a matrix has room for. */
static void many_bad_pairs_are_a_list(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;
	dp_autofree char *text = NULL;

	(void)state;
	assert_int_equal(dp_fleet_init(&fleet), 0);
	for (int i = 1; i <= 120; i++) {
		dp_autofree char *one = NULL;

		assert_true(
			asprintf(&one,
				 "{\"schema\":\"daxpin/1\",\"runs\":[{\"node\":\"n%d\",\"peer\":"
				 "\"n0\",\"began\":5" LOST "}]}\n",
				 i) > 0);
		add(&fleet, one, (size_t)i);
	}
	assert_int_equal(dp_fleet_group(&fleet, NULL), 0);
	assert_int_equal(fleet.failed_pairs, 120);
	text = write_as("text", &fleet);
	holds(text, "  n100 to n0: !1 fail, traffic/anon/write: ");
	lacks(text, "n101 to n0");
	holds(text, "  and 20 more, see -o json\n");
	lacks(text, "  n0  ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reason_is_that_of_the_first_that_is_bad),
		cmocka_unit_test(text_has_a_matrix_and_reasons),
		cmocka_unit_test(json_has_bad_pairs_and_good_ones_of_the_same_nodes),
		cmocka_unit_test(junit_has_a_case_for_each_pair),
		cmocka_unit_test(prometheus_has_bad_pairs_only),
		cmocka_unit_test(the_page_has_the_document),
		cmocka_unit_test(a_known_failure_is_no_bad_pair),
		cmocka_unit_test(many_bad_pairs_are_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
