// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <json-c/json.h>

#include "daxpin/observe.h"

static const struct dp_cell full = {
	.id = "check/devdax-2M/remote-write",
	.outcome = DP_ANSWERED,
	.err = EOPNOTSUPP,
	.acquired = 512,
	.released = 512,
	.pages = 512,
	.pins_seen = true,
	.vmpin_held_kib = 2048,
	.vmpin_kept_kib = -4,
	.register_us = 1234,
	.deregister_us = 56,
	.attempts = 2,
	.owner = "Persistent Memory/dax0.1",
	.outside = 0,
	.displaced = -1,
	.persistent = 512,
	.unlike = 2,
	.leaf = 2 << 20,
	.leaf_by = "perf-page-size",
	.resource = "dax0.1",
	.zone_before = "Movable",
	.zone_after = "Normal",
	.moved = 3,
};

static int parse_cell(const char *text, struct dp_cell *cell, struct dp_error *err)
{
	struct json_object *obj;
	int rc = dp_observation_parse(text, strlen(text), &obj, err);

	if (rc)
		return rc;
	rc = dp_cell_from_json(obj, cell, err);
	json_object_put(obj);
	return rc;
}

static void survives_the_round_trip(void **state)
{
	struct json_object *obj = dp_cell_to_json(&full);
	struct dp_cell back;

	(void)state;
	assert_int_equal(dp_cell_from_json(obj, &back, NULL), 0);
	json_object_put(obj);
	assert_memory_equal(&back, &full, sizeof(full));
}

static void keeps_the_reason_of_a_skip(void **state)
{
	struct dp_cell skip = { .id = "check/p2pdma/local-read",
				.outcome = DP_SKIPPED,
				.text = "no CONFIG_PCI_P2PDMA" };
	struct json_object *obj = dp_cell_to_json(&skip);
	struct dp_cell back;

	(void)state;
	assert_int_equal(dp_cell_from_json(obj, &back, NULL), 0);
	json_object_put(obj);
	assert_int_equal(back.outcome, DP_SKIPPED);
	assert_string_equal(back.text, "no CONFIG_PCI_P2PDMA");
}

/* Each member in turn is taken away or given another type: most are then named in the error. */
static void names_the_member_that_is_wrong(void **state)
{
	static const char *const needed[] = { "id",          "outcome", "errno",        "pages",
					      "register_us", "leaf",    "deregister_us" };

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(needed); i++) {
		struct dp_error err = { 0 };
		struct json_object *obj = dp_cell_to_json(&full);
		struct dp_cell cell;

		json_object_object_del(obj, needed[i]);
		assert_int_equal(dp_cell_from_json(obj, &cell, &err), -EBADMSG);
		assert_says(&err, needed[i]);
		json_object_object_add(obj, needed[i], json_object_new_array());
		assert_int_equal(dp_cell_from_json(obj, &cell, NULL), -EBADMSG);
		json_object_put(obj);
	}
}

static void refuses_hostile_values(void **state)
{
	static const char *const changes[][2] = {
		{ "errno", "\"ENOSUCH\"" },
		{ "errno", "12" },
		{ "pages", "-1" },
		{ "leaf", "1.5" },
		{ "moved", "\"x\"" },
		{ "attempts", "null" },
		{ "outside", "[]" },
		{ "displaced", "-1" },
		{ "persistent", "true" },
		{ "unlike", "-1" },
		{ "outcome", "\"x\"" },
		{ "acquired", "\"512\"" },
		{ "zone_before", "\"a name that is far too long for a zone\"" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(changes); i++) {
		struct json_object *obj = dp_cell_to_json(&full);
		struct dp_cell cell;

		json_object_object_add(obj, changes[i][0], json_tokener_parse(changes[i][1]));
		if (dp_cell_from_json(obj, &cell, NULL) != -EBADMSG)
			fail_msg("accepted %s: %s", changes[i][0], changes[i][1]);
		json_object_put(obj);
	}
}

static void lets_nothing_but_text_through(void **state)
{
	static const char line[] = "{\"kind\":\"cell\",\"id\":\"a\\u001b[2Jb\","
				   "\"outcome\":\"skipped\",\"text\":\"bell\\u0007\"}";
	struct dp_cell cell;

	(void)state;
	assert_int_equal(parse_cell(line, &cell, NULL), 0);
	assert_string_equal(cell.id, "a?[2Jb");
	assert_string_equal(cell.text, "bell?");
}

static void refuses_what_is_no_observation(void **state)
{
	static const char *const bad[] = { "",
					   "{",
					   "[]",
					   "null",
					   "{}",
					   "{\"kind\":1}",
					   "\"kind\"",
					   "{\"kind\":\"cell\"",
					   "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" };

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++) {
		struct json_object *obj;

		if (dp_observation_parse(bad[i], strlen(bad[i]), &obj, NULL) != -EBADMSG)
			fail_msg("accepted \"%s\"", bad[i]);
	}
}

static void survives_every_truncation(void **state)
{
	struct json_object *obj = dp_cell_to_json(&full);
	dp_autofree char *text = strdup(json_object_to_json_string_ext(obj, 0));

	(void)state;
	json_object_put(obj);
	for (size_t len = strlen(text); len-- > 0;) {
		dp_autofree char *cut = exact_copy(text, len + 1);
		struct dp_cell cell;

		cut[len] = '\0';
		assert_int_equal(parse_cell(cut, &cell, NULL), -EBADMSG);
	}
}

struct seen {
	char text[256];
	int count;
};

static int note_line(void *arg, const char *line, size_t len)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used, "[%.*s]", (int)len, line);
	seen->count++;
	return 0;
}

static void collects_lines_from_pieces(void **state)
{
	static const char text[] = "one\r\ntwo\n\nthr";
	dp_cleanup(dp_lines_clear) struct dp_lines lines = { 0 };
	struct seen seen = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		assert_int_equal(dp_lines_feed(&lines, text + i, 1, note_line, &seen), 0);
	assert_int_equal(dp_lines_feed(&lines, "ee\n", 3, note_line, &seen), 0);
	assert_string_equal(seen.text, "[one][two][three]");
}

static int note_length(void *arg, const char *line, size_t len)
{
	struct seen *seen = arg;

	snprintf(seen->text + strlen(seen->text), sizeof(seen->text) - strlen(seen->text),
		 "[%zu, %zu]", len, strlen(line));
	return 0;
}

static void cuts_overlong_lines_and_says_so(void **state)
{
	dp_cleanup(dp_lines_clear) struct dp_lines lines = { 0 };
	dp_autofree char *flood = malloc(DP_LINE_LIMIT + 10);
	struct seen seen = { 0 };
	char wanted[64];

	(void)state;
	assert_non_null(flood);
	memset(flood, 'x', DP_LINE_LIMIT + 10);
	dp_lines_feed(&lines, flood, DP_LINE_LIMIT + 10, note_length, &seen);
	dp_lines_feed(&lines, "\nafter\n", 7, note_length, &seen);
	snprintf(wanted, sizeof(wanted), "[%d, %d][5, 5]", DP_LINE_LIMIT + 1, DP_LINE_LIMIT);
	assert_string_equal(seen.text, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_the_round_trip),
		cmocka_unit_test(keeps_the_reason_of_a_skip),
		cmocka_unit_test(names_the_member_that_is_wrong),
		cmocka_unit_test(refuses_hostile_values),
		cmocka_unit_test(lets_nothing_but_text_through),
		cmocka_unit_test(refuses_what_is_no_observation),
		cmocka_unit_test(survives_every_truncation),
		cmocka_unit_test(collects_lines_from_pieces),
		cmocka_unit_test(cuts_overlong_lines_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
