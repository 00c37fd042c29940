// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/command.h"
#include "daxpin/json.h"
#include "daxpin/traffic.h"

/* Sets a member of a command's JSON, or removes it: NULL. Return: the new line, to be freed. */
static char *changed(const char *line, const char *key, struct json_object *value)
{
	dp_autojson struct json_object *obj = dp_json_parse(line);

	assert_non_null(obj);
	if (value)
		json_object_object_add(obj, key, value);
	else
		json_object_object_del(obj, key);
	return strdup(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
}

static char *print(const struct dp_command *command)
{
	struct dp_error err = { 0 };
	char *line = NULL;

	if (dp_command_to_json(command, &line, &err))
		fail_msg("%s", err.what);
	return line;
}

static void parse(const char *line, struct dp_command *command)
{
	struct dp_error err = { 0 };

	if (dp_command_from_json(line, strlen(line), command, &err))
		fail_msg("%s: %s", line, err.what);
}

/* There and back, and printed again: the same. */
static void go_round(const struct dp_command *command, struct dp_command *back)
{
	dp_autofree char *line = print(command), *again = NULL;

	parse(line, back);
	assert_int_equal(back->kind, command->kind);
	again = print(back);
	assert_string_equal(line, again);
}

static void refused(const char *line, const char *why)
{
	struct dp_command command;
	struct dp_error err = { 0 };

	if (!dp_command_from_json(line, strlen(line), &command, &err))
		fail_msg("accepted: %s", line);
	assert_int_equal(command.kind, 0);
	assert_says(&err, why);
	assert_true(err.code < 0);
}

static void refused_with(const char *line, const char *key, struct json_object *value,
			 const char *why)
{
	dp_autofree char *bad = changed(line, key, value);

	refused(bad, why);
}

static struct json_object *json(const char *text)
{
	struct json_object *value = json_tokener_parse(text);

	assert_non_null(value);
	return value;
}

/* A string of a length, as a member's value. */
static struct json_object *json_text(size_t len)
{
	dp_autofree char *text = calloc(len + 1, 1);

	assert_non_null(text);
	memset(text, 'x', len);
	return json_object_new_string(text);
}

static struct json_object *json_words(size_t count)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_string("w"));
	return array;
}

/* ---- there and back ---------------------------------------------------------------------- */

static void carries_checks(void **state)
{
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = DP_COMMAND_CHECK,
		.check = { .part = 2,
			   .parts = 3,
			   .size = 1ULL << 40,
			   .cell_limit_ms = 60000,
			   .rdma = strdup("mlx5_0"),
			   .fault = DP_FAULT_HANG },
	};
	dp_cleanup(dp_command_clear) struct dp_command back = { 0 };

	(void)state;
	assert_int_equal(dp_words_add(&command.check.only, "check/*/\"\n\u00fc"), 0);
	assert_int_equal(dp_words_add(&command.check.only, ""), 0);
	go_round(&command, &back);
	assert_int_equal(back.check.only.count, 2);
	assert_string_equal(back.check.only.list[0], "check/*/\"\n\u00fc");
	assert_string_equal(back.check.only.list[1], "");
	assert_int_equal(back.check.part, 2);
	assert_int_equal(back.check.parts, 3);
	assert_int_equal(back.check.size, 1ULL << 40);
	assert_int_equal(back.check.cell_limit_ms, 60000);
	assert_string_equal(back.check.rdma, "mlx5_0");
	assert_int_equal(back.check.fault, DP_FAULT_HANG);
}

static void carries_scenarios(void **state)
{
	for (int race = 0; race < 2; race++) {
		dp_cleanup(dp_command_clear) struct dp_command command = {
			.kind = race ? DP_COMMAND_RACE : DP_COMMAND_TEARDOWN,
			.scenario = { .id = strdup("teardown/devdax-2M/devdax-unbind/dereg"),
				      .size = 4096,
				      .rdma = strdup("rxe0"),
				      .iterations = INT64_MAX,
				      .duration_ms = 86400000,
				      .seed = 7,
				      .witness = true,
				      .biased = true },
		};
		dp_cleanup(dp_command_clear) struct dp_command back = { 0 };

		(void)state;
		go_round(&command, &back);
		assert_true(back.scenario.witness);
		assert_string_equal(back.scenario.id, command.scenario.id);
		assert_int_equal(back.scenario.size, 4096);
		assert_string_equal(back.scenario.rdma, "rxe0");
		/* A teardown has no use for these. */
		assert_int_equal(back.scenario.iterations, race ? INT64_MAX : 0);
		assert_int_equal(back.scenario.duration_ms, race ? 86400000 : 0);
		assert_int_equal(back.scenario.seed, race ? 7 : 0);
		assert_int_equal(back.scenario.biased, race);
	}
}

static void carries_traffic(void **state)
{
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = DP_COMMAND_TRAFFIC,
		.traffic = { .size = 4 << 20, .seed = INT64_MAX, .limit_ms = 1, .reference = true },
	};
	dp_cleanup(dp_command_clear) struct dp_command back = { 0 };

	(void)state;
	assert_int_equal(dp_words_add(&command.traffic.only, "traffic/anon/write"), 0);
	go_round(&command, &back);
	assert_int_equal(back.traffic.only.count, 1);
	assert_string_equal(back.traffic.only.list[0], "traffic/anon/write");
	assert_int_equal(back.traffic.size, 4 << 20);
	assert_int_equal(back.traffic.seed, INT64_MAX);
	assert_int_equal(back.traffic.limit_ms, 1);
	assert_true(back.traffic.reference);
}

static void carries_what_was_kept(void **state)
{
	dp_cleanup(dp_command_clear) struct dp_command command = { .kind = DP_COMMAND_REREAD,
								   .reread = { .size = 8192 } };
	dp_cleanup(dp_command_clear) struct dp_command back = { 0 };
	const struct dp_kept *items;

	(void)state;
	command.reread.items.list = calloc(2, sizeof(struct dp_kept));
	assert_non_null(command.reread.items.list);
	command.reread.items.count = 2;
	command.reread.items.list[0] =
		(struct dp_kept){ .id = strdup("traffic/devdax-2M/power-loss"),
				  .mapping = strdup("devdax-2M"),
				  .start = strdup("0x140000000"),
				  .size = 4096,
				  .ledger = json("{\"seed\":\"01\"}") };
	command.reread.items.list[1] = (struct dp_kept){
		.id = strdup("b"), .mapping = strdup("c"), .size = 1, .ledger = json("{}")
	};
	go_round(&command, &back);
	assert_int_equal(back.reread.size, 8192);
	assert_int_equal(back.reread.items.count, 2);
	items = back.reread.items.list;
	assert_string_equal(items[0].id, "traffic/devdax-2M/power-loss");
	assert_string_equal(items[0].mapping, "devdax-2M");
	assert_string_equal(items[0].start, "0x140000000");
	assert_int_equal(items[0].size, 4096);
	assert_string_equal(dp_json_text(items[0].ledger, "seed"), "01");
	assert_null(items[1].start);
}

static void carries_words_for_a_host(void **state)
{
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = DP_COMMAND_AS_HOST, .as_host = { .far_dies_ms = 1000, .empty = true }
	};
	dp_cleanup(dp_command_clear) struct dp_command back = { 0 };

	(void)state;
	assert_int_equal(dp_words_add(&command.as_host.arguments, "traffic"), 0);
	assert_int_equal(dp_words_add(&command.as_host.arguments, "--listen"), 0);
	assert_int_equal(dp_words_add(&command.as_host.far, "list"), 0);
	go_round(&command, &back);
	assert_int_equal(back.as_host.arguments.count, 2);
	assert_string_equal(back.as_host.arguments.list[1], "--listen");
	assert_int_equal(back.as_host.far.count, 1);
	assert_string_equal(back.as_host.far.list[0], "list");
	assert_int_equal(back.as_host.far_dies_ms, 1000);
	assert_true(back.as_host.empty);
}

/* ---- what is refused, what has a default ------------------------------------------------- */

static const char check_line[] =
	"{\"command\":\"check\",\"only\":[\"anon\"],\"part\":1,\"parts\":2,\"size\":4096,"
	"\"cell_limit_ms\":1,\"rdma\":\"rxe0\",\"fault\":\"panic\"}";
static const char race_line[] =
	"{\"command\":\"race\",\"id\":\"race/a/b\",\"size\":4096,\"rdma\":\"rxe0\","
	"\"iterations\":3,\"duration_ms\":4,\"seed\":5,\"witness\":true,\"biased\":true}";
static const char teardown_line[] = "{\"command\":\"teardown\",\"id\":\"teardown/a/b/c\","
				    "\"size\":4096,\"rdma\":\"rxe0\",\"witness\":true}";
static const char traffic_line[] = "{\"command\":\"traffic\",\"only\":[\"anon\"],\"size\":4096,"
				   "\"seed\":1,\"limit_ms\":20000,\"reference\":true}";
static const char reread_line[] =
	"{\"command\":\"reread\",\"items\":[{\"id\":\"i\",\"mapping\":\"m\",\"start\":\"0x1\","
	"\"size\":4096,\"ledger\":{}}],\"size\":4096}";
static const char as_host_line[] = "{\"command\":\"as-host\",\"arguments\":[\"list\"],"
				   "\"far\":[\"list\"],\"far_dies_ms\":1,\"empty\":true}";

/* Members whose absence has no meaning. */
static const struct {
	const char *line, *key;
} required[] = {
	{ check_line, "command" }, { check_line, "size" },        { check_line, "cell_limit_ms" },
	{ teardown_line, "id" },   { teardown_line, "size" },     { race_line, "id" },
	{ race_line, "size" },     { race_line, "seed" },         { traffic_line, "size" },
	{ traffic_line, "seed" },  { traffic_line, "limit_ms" },  { reread_line, "items" },
	{ reread_line, "size" },   { as_host_line, "arguments" },
};

static void refuses_what_is_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(required); i++)
		refused_with(required[i].line, required[i].key, NULL, "is missing");
}

/* Each member of a command as a value of another type. */
static void refuse_types(const char *line)
{
	dp_autojson struct json_object *obj = dp_json_parse(line);
	static const char *const others[] = { "1.5", "\"text\"", "true",   "[1]",
					      "{}",  "-1",       "[null]", "7" };

	json_object_object_foreach (obj, key, value) {
		for (size_t i = 0; i < DP_ARRAY_SIZE(others); i++) {
			struct json_object *other = json(others[i]);

			if (!strcmp(key, "command") ||
			    (json_object_is_type(other, json_object_get_type(value)) &&
			     (i == 1 || i == 2 || i == 7) && strcmp(key, "fault"))) {
				json_object_put(other);
				continue;
			}
			refused_with(line, key, other, key);
		}
	}
}

static void refuses_other_types(void **state)
{
	(void)state;
	refuse_types(check_line);
	refuse_types(teardown_line);
	refuse_types(race_line);
	refuse_types(traffic_line);
	refuse_types(reread_line);
	refuse_types(as_host_line);
	refused_with(check_line, "command", json("1"), "command");
	refused_with(check_line, "command", json("\"fly\""), "does not know the command \"fly\"");
	refused_with(check_line, "fault", json("\"meltdown\""), "fault");
	refused_with(check_line, "rdma", json("\"a\\u0000b\""), "rdma");
}

static void refuses_what_is_out_of_range(void **state)
{
	(void)state;
	refused_with(check_line, "size", json("0"), "size");
	refused_with(check_line, "size", json("1099511627777"), "size");
	refused_with(check_line, "part", json("2"), "part");
	refused_with(check_line, "parts", json("0"), "parts");
	refused_with(check_line, "parts", json("65"), "parts");
	refused_with(check_line, "cell_limit_ms", json("0"), "cell_limit_ms");
	refused_with(check_line, "cell_limit_ms", json("86400001"), "cell_limit_ms");
	refused_with(check_line, "rdma", json("\"\""), "rdma");
	refused_with(check_line, "rdma", json_text(64), "rdma");
	refused_with(check_line, "only", json_words(DP_COMMAND_WORDS + 1), "only");
	refused_with(teardown_line, "id", json("\"\""), "id");
	refused_with(teardown_line, "id", json_text(96), "id");
	refused_with(race_line, "duration_ms", json("86400001"), "duration_ms");
	refused_with(race_line, "seed", json("9223372036854775808"), "seed");
	refused_with(race_line, "seed", json("99999999999999999999999"), "seed");
	refused_with(traffic_line, "limit_ms", json("0"), "limit_ms");
	refused_with(reread_line, "items", json("[]"), "items");
	refused_with(as_host_line, "arguments", json_words(DP_COMMAND_WORDS + 1), "arguments");
}

/* What was kept is an array of objects with members of their own. */
static void refuses_bad_items(void **state)
{
	static const char *const bad[] = {
		"[{\"mapping\":\"m\",\"size\":1,\"ledger\":{}}]",
		"[{\"id\":\"i\",\"size\":1,\"ledger\":{}}]",
		"[{\"id\":\"i\",\"mapping\":\"m\",\"ledger\":{}}]",
		"[{\"id\":\"i\",\"mapping\":\"m\",\"size\":1}]",
		"[{\"id\":\"i\",\"mapping\":\"m\",\"size\":0,\"ledger\":{}}]",
		"[{\"id\":\"i\",\"mapping\":\"m\",\"size\":1,\"ledger\":[]}]",
		"[{\"id\":\"i\",\"mapping\":\"m\",\"size\":1,\"ledger\":{},\"start\":7}]",
		"[{\"id\":\"i\",\"mapping\":\"m\",\"size\":1,\"ledger\":{},\"more\":7}]",
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++)
		refused_with(reread_line, "items", json(bad[i]), "items");
}

static void has_defaults(void **state)
{
	dp_cleanup(dp_command_clear) struct dp_command check = { 0 };
	dp_cleanup(dp_command_clear) struct dp_command race = { 0 };
	dp_cleanup(dp_command_clear) struct dp_command traffic = { 0 };
	dp_cleanup(dp_command_clear) struct dp_command as_host = { 0 };

	(void)state;
	parse("{\"command\":\"check\",\"size\":4096,\"cell_limit_ms\":1,\"only\":null}", &check);
	assert_int_equal(check.check.only.count, 0);
	assert_int_equal(check.check.part, 0);
	assert_int_equal(check.check.parts, 1);
	assert_null(check.check.rdma);
	assert_int_equal(check.check.fault, DP_FAULT_NONE);
	parse("{\"command\":\"race\",\"id\":\"i\",\"size\":4096,\"seed\":0}", &race);
	assert_null(race.scenario.rdma);
	assert_int_equal(race.scenario.iterations, 0);
	assert_int_equal(race.scenario.duration_ms, 0);
	parse("{\"command\":\"traffic\",\"size\":1,\"seed\":0,\"limit_ms\":1}", &traffic);
	assert_int_equal(traffic.traffic.only.count, 0);
	assert_false(traffic.traffic.reference);
	parse("{\"command\":\"as-host\",\"arguments\":[]}", &as_host);
	assert_int_equal(as_host.as_host.arguments.count, 0);
	assert_int_equal(as_host.as_host.far.count, 0);
	assert_int_equal(as_host.as_host.far_dies_ms, 0);
	assert_false(as_host.as_host.empty);
}

static void refuses_what_is_no_command(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"7",
		"null",
		"\"check\"",
		"{}{}",
		"{\"command\":\"check\"} more",
		"{\"command\":\"teardown\",\"id\":\"i\",\"size\":1,}",
	};
	dp_autofree char *blanks = calloc(DP_COMMAND_LIMIT + 1, 1);

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++)
		refused(bad[i], "this is not a command");
	/* A misspelled key is not the default of the right one; a teardown has no iterations. */
	refused_with(check_line, "siez", json("1"), "\"siez\" is unknown");
	refused_with(teardown_line, "iterations", json("1"), "\"iterations\" is unknown");
	/* Too long, though it would be right. */
	assert_non_null(blanks);
	memset(blanks, ' ', DP_COMMAND_LIMIT);
	memcpy(blanks, teardown_line, sizeof(teardown_line) - 1);
	refused(blanks, "this is not a command");
}

/* The side that writes has the limits of the side that reads. */
static void writes_nothing_out_of_limits(void **state)
{
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = DP_COMMAND_TEARDOWN, .scenario = { .id = strdup("i"), .size = 0 }
	};
	dp_cleanup(dp_command_clear) struct dp_command as_host = { .kind = DP_COMMAND_AS_HOST };
	dp_autofree char *word = calloc(4097, 1);
	struct dp_error err = { 0 };
	char *line = NULL;

	(void)state;
	assert_int_equal(dp_command_to_json(&command, &line, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, "the command \"teardown\": \"size\" is out of its limits");
	assert_non_null(word);
	memset(word, 'x', 4096);
	for (int i = 0; i < 8; i++)
		assert_int_equal(dp_words_add(&as_host.as_host.arguments, word), 0);
	err = (struct dp_error){ 0 };
	assert_int_equal(dp_command_to_json(&as_host, &line, &err), -E2BIG);
	assert_says(&err, "longer than");
	assert_null(line);
}

static void knows_faults(void **state)
{
	(void)state;
	assert_int_equal(dp_fault_find("panic"), DP_FAULT_PANIC);
	assert_int_equal(dp_fault_find("hang"), DP_FAULT_HANG);
	assert_int_equal(dp_fault_find("silence"), DP_FAULT_SILENCE);
	assert_int_equal(dp_fault_find("meltdown"), DP_FAULT_NONE);
	assert_int_equal(dp_fault_find(""), DP_FAULT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_checks),
		cmocka_unit_test(carries_scenarios),
		cmocka_unit_test(carries_traffic),
		cmocka_unit_test(carries_what_was_kept),
		cmocka_unit_test(carries_words_for_a_host),
		cmocka_unit_test(refuses_what_is_missing),
		cmocka_unit_test(refuses_other_types),
		cmocka_unit_test(refuses_what_is_out_of_range),
		cmocka_unit_test(refuses_bad_items),
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(refuses_what_is_no_command),
		cmocka_unit_test(writes_nothing_out_of_limits),
		cmocka_unit_test(knows_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
