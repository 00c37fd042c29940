// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Symbols of a guest, an empty line, and a log of what it has executed. Whatever they are, there is
 * a step, and each instruction that it counts is of one class.
 */
#include <json-c/json.h>

#include "fuzz.h"

#include "daxpin/cleanup.h"
#include "daxpin/execution.h"
#include "daxpin/json.h"
#include "daxpin/steps.h"

/* Of the seeds. */
#define MARK "140737488355328"

static int64_t sum_of(struct json_object *classes)
{
	int64_t sum = 0;

	json_object_object_foreach (classes, name, value) {
		(void)name;
		sum += json_object_get_int64(value);
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char gap[] = "\n\n";
	const char *text = (const char *)data, *end = memmem(data, size, gap, 2);
	dp_autojson struct json_object *asked =
		json_tokener_parse("{\"mark\":" MARK ",\"took\":5,\"pages\":1}");
	struct dp_execution execution = { .symbols = text,
					  .nsymbols = end ? (size_t)(end + 1 - text) : size };
	dp_autojson struct json_object *step = NULL;
	int64_t executed = -1;

	execution.log = text + execution.nsymbols;
	execution.len = size - execution.nsymbols;
	step = dp_bench_profile(asked, &execution);
	if (dp_step_lacks(step, false, &(const char *){ NULL }) != DP_FIELDS &&
	    !dp_json_object(step, "left_out"))
		abort();
	if (!dp_step_int(step, DP_FIELD_EXECUTED, &executed) &&
	    executed != sum_of(dp_json_object(step, dp_field_name(DP_FIELD_CLASSES))))
		abort();
	return 0;
}
