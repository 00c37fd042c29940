// SPDX-License-Identifier: GPL-2.0-or-later
/* Results of many nodes: which are of one group, how others differ, what is not used, and why. */
#include "test.h"

#include "daxpin/fleet.h"
#include "daxpin/report.h"

#define CELL(id, status, verdict, err)                                                             \
	"{\"id\":\"" id "\",\"status\":\"" status "\",\"verdict\":\"" verdict "\",\"errno\":" err  \
	",\"why\":\"for " id "\"}"
#define RUN(node, began, kernel, cells)                                                            \
	"{\"node\":\"" node "\",\"began\":" began ",\"kernel\":\"" kernel "\",\"results\":[" cells \
	"]}"
#define DOCUMENT(runs) "{\"schema\":\"daxpin/1\",\"runs\":[" runs "]}\n"
#define GOOD                                                                                       \
	CELL("check/anon/local-read", "pass", "allowed", "null")                                   \
	"," CELL("check/anon/local-write", "pass", "allowed", "null")
/* In another order, which makes no difference. */
#define ALIKE                                                                                      \
	CELL("check/anon/local-write", "pass", "allowed", "null")                                  \
	"," CELL("check/anon/local-read", "pass", "allowed", "null")
#define BAD                                                                                        \
	CELL("check/anon/local-read", "pass", "allowed", "null")                                   \
	",{\"id\":\"check/anon/local-write\",\"status\":\"fail\",\"violates\":[\"C6\"]}"

static void add(struct dp_fleet *fleet, const char *text, const char *name, size_t file)
{
	dp_autofile FILE *in = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(in);
	assert_int_equal(dp_fleet_read_stream(fleet, in, name, file), 0);
}

static void nodes_that_answer_alike_are_a_group(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;
	dp_autofree struct dp_fleet_difference *list = NULL;
	size_t count;

	(void)state;
	assert_int_equal(dp_fleet_init(&fleet), 0);
	add(&fleet, DOCUMENT(RUN("n1", "5", "6.1", GOOD)), "a", 0);
	add(&fleet, DOCUMENT(RUN("n2", "5", "6.1", BAD)), "b", 1);
	add(&fleet, DOCUMENT(RUN("n3", "5", "6.2", ALIKE)), "c", 2);
	assert_int_equal(dp_fleet_group(&fleet, NULL), 0);
	assert_int_equal(fleet.ngroups, 2);
	assert_string_equal(fleet.groups[0].folded, "n[1,3]");
	assert_string_equal(fleet.groups[1].folded, "n2");
	assert_int_equal(fleet.failed, 1);
	assert_int_equal(dp_fleet_exit_code(&fleet), 1);
	assert_int_equal(dp_fleet_differences(&fleet, &fleet.groups[1], &list, &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(fleet.texts[list[0].here->id], "check/anon/local-write");
	assert_string_equal(list[0].here->kind, "C6");
	assert_string_equal(list[0].there->kind, "allowed");
	/* The kernel is no answer. */
	assert_string_equal(fleet.texts[fleet.nodes[2].traits[DP_FLEET_KERNEL]], "6.2");
}

static void the_newest_answer_of_a_node_counts(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;

	(void)state;
	assert_int_equal(dp_fleet_init(&fleet), 0);
	add(&fleet, DOCUMENT(RUN("n1", "9", "6.1", GOOD)), "new", 0);
	add(&fleet, DOCUMENT(RUN("n1", "5", "6.1", BAD)), "old", 1);
	/* What was asked at another time and only then is an answer of the node, too. */
	add(&fleet,
	    DOCUMENT(
		    RUN("n1", "7", "6.1", CELL("check/thp/local-read", "pass", "allowed", "null"))),
	    "more", 2);
	assert_int_equal(dp_fleet_group(&fleet, NULL), 0);
	assert_int_equal(fleet.nnodes, 1);
	assert_int_equal(fleet.groups[0].counts[DP_PASS], 3);
	assert_int_equal(dp_fleet_exit_code(&fleet), 0);
	assert_int_equal(fleet.nunused, 1);
	assert_string_equal(fleet.unused[0].why, "old says nothing of n1 that others do not say, "
						 "such as new, which began later");
}

static void a_stream_may_have_several_documents(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;

	(void)state;
	assert_int_equal(dp_fleet_init(&fleet), 0);
	add(&fleet,
	    DOCUMENT(RUN(
		    "n1", "5", "6.1",
		    GOOD)) "{\n \"schema\":\n \"daxpin/1\", \"runs\": [\n {"
			   "\"node\": \"n2\", \"results\": [" GOOD "]}]\n}\n"
			   "{\"schema\":\"daxpin-lines/1\"}\n"
			   "{\"node\":\"n3\",\"kernel\":\"6.1\",\"result\":" CELL(
				   "check/anon/local-read", "pass", "allowed",
				   "null") "}\n{\"broken\n" DOCUMENT(RUN("n4", "5", "6.1",
									 GOOD)) "{\"more\": 1}\n{\"end",
	    "standard input", 0);
	assert_int_equal(dp_fleet_group(&fleet, NULL), 0);
	assert_int_equal(fleet.nnodes, 4);
	assert_string_equal(fleet.groups[0].folded, "n[1-2,4]");
	/* n3 has no line on its run, so its run did not come to its end. */
	assert_int_equal(fleet.groups[1].counts[DP_ERROR], 1);
	assert_int_equal(dp_fleet_exit_code(&fleet), 3);
	assert_int_equal(fleet.nunused, 1);
	assert_non_null(strstr(fleet.unused[0].why, "and 1 more documents in it are none"));
}

static void what_cannot_be_used_is_named(void **state)
{
	static const char *const texts[] = {
		"hello\n",
		"{\"schema\":\"daxpin-compare/1\",\"changes\":[]}\n",
		"{\"schema\":\"daxpin/1\",\"runs\":[]}\n",
		"{\"schema\":\"daxpin/1\",\"runs\":[{\"results\":[{\"id\":1}]}]}\n",
		"[1, 2, 3]\n",
	};
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;
	dp_autofile FILE *binary = fmemopen("{\"a\":1}\0{}\n", 11, "r");

	(void)state;
	assert_int_equal(dp_fleet_init(&fleet), 0);
	for (size_t i = 0; i < DP_ARRAY_SIZE(texts); i++)
		add(&fleet, texts[i], "file", i);
	assert_int_equal(dp_fleet_read_stream(&fleet, binary, "file", 5), 0);
	/* Runs that name no node are of the one that the file is named after. */
	add(&fleet, DOCUMENT(RUN("", "5", "6.1", GOOD)), "some/where/not a node", 6);
	add(&fleet, DOCUMENT(RUN("n;reboot", "5", "6.1", GOOD)), "some.where/node7.2.json", 7);
	assert_int_equal(dp_fleet_group(&fleet, NULL), 0);
	assert_int_equal(fleet.nunused, 7);
	for (size_t i = 0; i < fleet.nunused; i++)
		assert_non_null(strstr(fleet.unused[i].why, i < 6 ? "file" : "which node"));
	assert_int_equal(fleet.nnodes, 1);
	assert_string_equal(fleet.nodes[0].name, "node7.2");
}

static void nothing_read_is_not_good(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;

	(void)state;
	assert_int_equal(dp_fleet_init(&fleet), 0);
	assert_int_equal(dp_fleet_group(&fleet, NULL), 0);
	assert_int_equal(dp_fleet_exit_code(&fleet), 3);
}

static void listed_nodes_that_are_missing_are_named(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;
	dp_cleanup(dp_hosts_clear) struct dp_hosts listed = { 0 };

	(void)state;
	assert_int_equal(dp_fleet_init(&fleet), 0);
	add(&fleet, DOCUMENT(RUN("n2", "5", "6.1", GOOD)), "a", 0);
	add(&fleet, DOCUMENT(RUN("login", "5", "6.1", GOOD)), "b", 1);
	assert_int_equal(dp_hosts_expand("n[3,1-2]", &listed, NULL), 0);
	assert_int_equal(dp_fleet_group(&fleet, &listed), 0);
	assert_int_equal(fleet.missing.count, 2);
	assert_string_equal(fleet.missing.list[1], "n3");
	assert_int_equal(fleet.unlisted.count, 1);
	assert_string_equal(fleet.unlisted.list[0], "login");
	assert_int_equal(dp_fleet_exit_code(&fleet), 3);
}

#define PAIR(node, began, peer, cells)                                                             \
	"{\"node\":\"" node "\",\"began\":" began ",\"peer\":\"" peer "\",\"results\":[" cells "]}"
#define MOVED CELL("traffic/anon/write", "pass", "allowed", "null")
#define LOST                                                                                       \
	"{\"id\":\"traffic/anon/write\",\"status\":\"fail\",\"violates\":[\"C8\"],\"why\":\"lost\"}"

static void pairs_are_no_answers_of_a_node(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;

	(void)state;
	assert_int_equal(dp_fleet_init(&fleet), 0);
	add(&fleet, DOCUMENT(RUN("n1", "5", "6.1", GOOD)), "a", 0);
	add(&fleet, DOCUMENT(RUN("n2", "5", "6.1", GOOD)), "b", 1);
	add(&fleet, DOCUMENT(PAIR("n1", "6", "n2", MOVED)), "c", 2);
	add(&fleet, DOCUMENT(PAIR("n2", "6", "n1", LOST)), "d", 3);
	/* What was tried again counts. */
	add(&fleet, DOCUMENT(PAIR("n1", "4", "n2", LOST)), "e", 4);
	assert_int_equal(dp_fleet_group(&fleet, NULL), 0);
	assert_int_equal(fleet.ngroups, 1);
	assert_int_equal(fleet.groups[0].counts[DP_PASS], 2);
	assert_int_equal(fleet.failed, 0);
	assert_int_equal(fleet.nunused, 0);
	assert_int_equal(fleet.npairs, 2);
	assert_int_equal(fleet.failed_pairs, 1);
	assert_string_equal(fleet.texts[fleet.pairs[1].connects], "n2");
	assert_int_equal(fleet.pairs[1].counts[DP_FAIL], 1);
	assert_int_equal(dp_fleet_exit_code(&fleet), 1);
}

static void known_failures_do_not_count(void **state)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet;

	(void)state;
	assert_int_equal(dp_fleet_init(&fleet), 0);
	add(&fleet,
	    DOCUMENT(RUN("n1", "5", "6.1",
			 "{\"id\":\"check/anon/local-read\",\"status\":\"fail\",\"verdict\":"
			 "\"allowed\",\"baseline\":\"known\"}")),
	    "a", 0);
	assert_int_equal(dp_fleet_group(&fleet, NULL), 0);
	assert_int_equal(fleet.groups[0].counts[DP_FAIL], 1);
	assert_int_equal(fleet.groups[0].known, 1);
	assert_int_equal(dp_fleet_exit_code(&fleet), 0);
}

/* To be freed. */
static char *report(struct dp_fleet *fleet)
{
	const struct dp_report_options how = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(dp_fleet_group(fleet, NULL), 0);
	assert_int_equal(dp_format_find("json")->fleet(out, fleet, &how), 0);
	fclose(out);
	return text;
}

/*
 * A document that is almost that before it may be told by it: if so, it must come to the same as
 * reading it. Only documents of one stream follow each other.
 */
static void what_follows_its_like_says_the_same(void **state)
{
#define TWO(node, began) RUN(node, began, "6.1", GOOD) "," RUN("n9", "4", "6.2", GOOD)
#define NESTED(node)                                                                               \
	DOCUMENT("{\"node\":\"" node "\",\"kernel\":\"6.1\",\"results\":[" GOOD                    \
		 "],\"rdma\":{\"began\":7}}")
	static const char *const pairs[][2] = {
		{ DOCUMENT(RUN("n1", "5", "6.1", GOOD)), DOCUMENT(RUN("n2", "6", "6.1", GOOD)) },
		{ DOCUMENT(RUN("n1", "5", "6.1", GOOD)), DOCUMENT(RUN("n1", "16", "6.1", GOOD)) },
		{ DOCUMENT(RUN("n1", "15", "6.1", GOOD)), DOCUMENT(RUN("n222", "6", "6.1", BAD)) },
		{ DOCUMENT(RUN("n1", "5", "6.1", GOOD)), DOCUMENT(RUN("n2", "5", "6.2", GOOD)) },
		{ DOCUMENT(RUN("n1", "5", "6.1", GOOD)), DOCUMENT(RUN("n;2", "5", "6.1", GOOD)) },
		{ DOCUMENT(RUN("n1", "5", "6.1", GOOD)), DOCUMENT(RUN("n2", "-6", "6.1", GOOD)) },
		{ DOCUMENT(RUN("n1", "5", "6.1", GOOD)), DOCUMENT(RUN("n2", "6.5", "6.1", GOOD)) },
		{ DOCUMENT(RUN("n1", "5", "6.1", GOOD)),
		  DOCUMENT(RUN("n2", "\"6\"", "6.1", GOOD)) },
		{ DOCUMENT(RUN("n1", "5", "6.1", GOOD)),
		  DOCUMENT(RUN("n\\u0032", "6", "6.1", GOOD)) },
		{ DOCUMENT(RUN("n1", "5", "6.1", GOOD)),
		  DOCUMENT(RUN("n2\",\"node\":\"n3", "6", "6.1", GOOD)) },
		{ DOCUMENT(RUN("n1\",\"node\":\"n3", "5", "6.1", GOOD)),
		  DOCUMENT(RUN("n2\",\"node\":\"n3", "5", "6.1", GOOD)) },
		{ DOCUMENT(RUN("", "5", "6.1", GOOD)), DOCUMENT(RUN("n2", "5", "6.1", GOOD)) },
		{ DOCUMENT(TWO("n1", "5")), DOCUMENT(TWO("n2", "6")) },
		{ NESTED("n1"), NESTED("n2") },
		{ DOCUMENT(RUN("n1", "5", "6.1\",\"repeat\":2,\"x\":\"", GOOD)),
		  DOCUMENT(RUN("n2", "6", "6.1\",\"repeat\":2,\"x\":\"", GOOD)) },
		{ DOCUMENT(PAIR("n1", "6", "n9", MOVED)), DOCUMENT(PAIR("n2", "6", "n9", MOVED)) },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(pairs); i++) {
		dp_cleanup(dp_fleet_clear) struct dp_fleet one, two;
		dp_autofree char *both = NULL, *together = NULL, *apart = NULL;

		assert_int_equal(dp_fleet_init(&one), 0);
		assert_int_equal(dp_fleet_init(&two), 0);
		assert_true(asprintf(&both, "%s%s", pairs[i][0], pairs[i][1]) > 0);
		add(&one, both, "n7", 0);
		add(&two, pairs[i][0], "n7", 0);
		add(&two, pairs[i][1], "n7", 0);
		together = report(&one);
		apart = report(&two);
		assert_string_equal(together, apart);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_that_answer_alike_are_a_group),
		cmocka_unit_test(the_newest_answer_of_a_node_counts),
		cmocka_unit_test(a_stream_may_have_several_documents),
		cmocka_unit_test(what_cannot_be_used_is_named),
		cmocka_unit_test(nothing_read_is_not_good),
		cmocka_unit_test(listed_nodes_that_are_missing_are_named),
		cmocka_unit_test(pairs_are_no_answers_of_a_node),
		cmocka_unit_test(known_failures_do_not_count),
		cmocka_unit_test(what_follows_its_like_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
