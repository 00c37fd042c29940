// SPDX-License-Identifier: GPL-2.0-or-later
/* What the driving end of the traffic sends: commands, and the steps that it shares. */
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/traffic/end.h"

#include "daxpin/cleanup.h"
#include "daxpin/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Commands to an end without an adapter: none may reach beyond what it has. */
static void give_commands(struct json_object *list)
{
	const struct dp_traffic_options options = { .env = { .size = 65536 }, .limit_ms = 1 };
	struct dp_port port = { 0 };
	struct dp_end end = { .port = &port, .options = &options, .area = { .fd = -1 } };

	for (size_t i = 0; i < json_object_array_length(list) && i < 16; i++)
		if (json_object_is_type(json_object_array_get_idx(list, i), json_type_object))
			json_object_put(dp_end_obey(&end, json_object_array_get_idx(list, i)));
	dp_end_clear(&end);
}

static void judge_steps(struct json_object *list)
{
	struct dp_cell cell = { .outcome = DP_ANSWERED };
	struct dp_result result;

	dp_contract_judge("traffic/anon/write", &cell, list, "", "", &result);
	json_object_put(result.facts);
	json_object_put(result.kernel);
	json_object_put(result.steps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = strndup((const char *)data, size);
	struct json_object *list = json_tokener_parse(text);

	if (json_object_is_type(list, json_type_array)) {
		give_commands(list);
		judge_steps(list);
	}
	json_object_put(list);
	return 0;
}
