// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the driving end of the traffic says: commands, and the steps that it shares. Each command
 * gets an answer, and none reaches beyond what the end has.
 */
#include <json-c/json.h>

#include "fuzz.h"

#include "../../src/traffic/end.h"
#include "../../src/traffic/ledger.h"

#include "daxpin/run.h"

/* A ledger that can be read, written down and read again, is the same. */
static void check_ledger(struct json_object *obj)
{
	struct json_object *printed = NULL, *twice = NULL;
	struct dp_ledger ledger, again;

	if (!json_object_is_type(obj, json_type_object) || dp_ledger_from_json(obj, &ledger))
		return;
	printed = dp_ledger_to_json(&ledger);
	HOLDS(!dp_ledger_from_json(printed, &again));
	twice = dp_ledger_to_json(&again);
	HOLDS(json_object_equal(printed, twice));
	json_object_put(printed);
	json_object_put(twice);
}

static void give_command(struct dp_end *end, struct json_object *command)
{
	struct json_object *reply = dp_end_obey(end, command);
	int64_t rc;

	HOLDS(!dp_json_int(reply, "rc", &rc));
	HOLDS(!rc || dp_json_text(reply, "text"));
	/* Without an adapter nothing can be registered. */
	for (size_t i = 0; i < DP_MAX_KEYS; i++)
		HOLDS(!end->keys[i].mr);
	HOLDS(end->area.len <= end->options->env.size);
	json_object_put(reply);
}

static void give_commands(struct json_object *list)
{
	const struct dp_traffic_options options = { .env = { .size = 65536 }, .limit_ms = 1 };
	struct dp_port port = { 0 };
	struct dp_end end = { .port = &port, .options = &options, .area = { .fd = -1 } };

	for (size_t i = 0; i < json_object_array_length(list) && i < 16; i++) {
		struct json_object *command = json_object_array_get_idx(list, i);

		if (!json_object_is_type(command, json_type_object))
			continue;
		give_command(&end, command);
		check_ledger(json_object_object_get(command, "ledger"));
	}
	dp_end_clear(&end);
	HOLDS(!end.mapping && !end.foreign_pd);
}

static void judge_steps(struct json_object *list)
{
	const struct dp_subject subject = { 0 };
	struct dp_cell cell = { .outcome = DP_ANSWERED };
	struct dp_result result;
	const struct dp_observed o = {
		.id = "traffic/anon/write", .cell = &cell, .steps = list, .doing = "", .absent = ""
	};

	dp_judge(NULL, &subject, &o, &result);
	HOLDS(result.status >= DP_PASS && result.status < DP_STATUSES);
	HOLDS(result.why[0] || result.status == DP_PASS);
	dp_result_clear(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = fuzz_text(data, size);
	struct json_object *list = json_tokener_parse(text);

	/* No perftest is started, and nobody is connected to. */
	setenv("PATH", "/nonexistent", 1);
	if (json_object_is_type(list, json_type_array)) {
		give_commands(list);
		judge_steps(list);
	}
	json_object_put(list);
	return 0;
}
