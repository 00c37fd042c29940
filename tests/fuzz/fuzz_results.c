// SPDX-License-Identifier: GPL-2.0-or-later
/* Stored results from anywhere: read, judged again, and written in every format. */
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/report.h"
#include "daxpin/results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_all(const struct dp_results *results)
{
	static const char *const names[] = { "text", "json", "jsonl", "tap", "junit", "html" };
	const struct dp_report_options how = { .timing = true };

	for (size_t i = 0; i < DP_ARRAY_SIZE(names); i++) {
		dp_autofile FILE *out = fopen("/dev/null", "we");

		if (out)
			dp_format_find(names[i])->write(out, results->runs, results->count, &how);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = strndup((const char *)data, size);
	struct json_object *root = json_tokener_parse(text);
	struct dp_policy policy = { 0 };
	struct dp_results results;

	if (root && !dp_results_parse(root, "fuzz", &results, NULL)) {
		write_all(&results);
		dp_results_judge(&results, &policy);
		write_all(&results);
		dp_results_clear(&results);
	}
	json_object_put(root);
	return 0;
}
