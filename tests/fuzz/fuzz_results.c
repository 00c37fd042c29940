// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stored results from anywhere: read, judged again, and written in every format. What was judged
 * and written is a document that is judged and written the same.
 */
#include <json-c/json.h>

#include "fuzz.h"

#include "daxpin/report.h"
#include "daxpin/results.h"

/* Return: the report, to be freed. */
static char *write_as(const char *format, const struct dp_results *results)
{
	const struct dp_report_options how = { .timing = true };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		exit(1);
	dp_format_find(format)->write(out, results->runs, results->count, &how);
	fclose(out);
	return text;
}

static void write_all(const struct dp_results *results)
{
	static const char *const names[] = { "text", "json", "jsonl", "tap", "junit", "html" };

	for (size_t i = 0; i < DP_ARRAY_SIZE(names); i++) {
		dp_autofree char *text = write_as(names[i], results);

		HOLDS(fuzz_printable(text));
	}
}

static void check_results(const struct dp_results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct dp_run_record *run = &results->runs[i];
		size_t counts[DP_STATUSES], sum = 0;

		dp_run_count(run, counts);
		for (int s = 0; s < DP_STATUSES; s++)
			sum += counts[s];
		HOLDS(sum == run->count);
		for (size_t k = 0; k < run->count; k++) {
			HOLDS(strchr(run->results[k].id, '/'));
			HOLDS(fuzz_printable(run->results[k].id));
			HOLDS(fuzz_printable(run->results[k].why));
		}
	}
}

/* Reads, judges and writes. Return: the document, NULL if it is none. */
static char *judged(const char *text)
{
	dp_cleanup(dp_results_clear) struct dp_results results = { 0 };
	struct json_object *root = json_tokener_parse(text);
	struct dp_policy policy = { 0 };
	int rc = root ? dp_results_parse(root, "fuzz", &results, NULL) : -1;

	json_object_put(root);
	if (rc)
		return NULL;
	check_results(&results);
	write_all(&results);
	dp_results_judge(&results, &policy);
	check_results(&results);
	write_all(&results);
	return write_as("json", &results);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = fuzz_text(data, size);
	dp_autofree char *once = judged(text);
	dp_autofree char *twice = once ? judged(once) : NULL;

	HOLDS(!once || (twice && !strcmp(once, twice)));
	return 0;
}
