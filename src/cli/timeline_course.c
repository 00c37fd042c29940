// SPDX-License-Identifier: GPL-2.0-or-later
/* What a teardown does inside the kernel, from its event on. */
#include <stdio.h>

#include "timeline.h"

#include "daxpin/json.h"
#include "daxpin/policy.h"

/* So many calls are printed; the document has all. */
#define CALLS 80

static void print_ms(struct json_object *obj, const char *key)
{
	double ms;

	if (dp_json_double(obj, key, &ms))
		printf("%11s", "");
	else
		printf("%11.1f", ms);
}

static void print_call(struct json_object *call)
{
	int64_t value;

	print_ms(call, "at");
	print_ms(call, "took");
	printf("  ");
	cli_print_text(dp_json_text(call, "task"));
	printf(": ");
	cli_print_text(dp_json_text(call, "function"));
	printf("()");
	if (!dp_json_int(call, "value", &value))
		printf(" = %lld", (long long)value);
	if (!dp_json_int(call, "times", &value))
		printf(", %lld times", (long long)value);
	printf("\n");
}

static void print_calls(struct json_object *calls)
{
	size_t count = dp_json_count(calls);

	printf("\nInside the kernel, from the event on:\n%11s%11s  %s\n", "at ms", "took",
	       "function");
	for (size_t i = 0; i < count && i < CALLS; i++)
		print_call(json_object_array_get_idx(calls, i));
	if (count > CALLS)
		printf("%24s%zu more\n", "", count - CALLS);
}

void cli_print_course(struct json_object *evidence)
{
	struct json_object *waits = dp_json_array(evidence, "waits");
	const char *missing = dp_json_text(evidence, "missing");
	char text[384];

	if (!evidence)
		return;
	if (dp_json_bool_or(evidence, "seen", false))
		print_calls(dp_json_array(evidence, "course"));
	if (dp_json_count(waits) || missing)
		printf("\n");
	for (size_t i = 0; i < dp_json_count(waits); i++) {
		struct json_object *wait = json_object_array_get_idx(waits, i);

		dp_wait_text(wait, text, sizeof(text));
		printf("  ");
		cli_print_text(dp_json_text(wait, "task"));
		printf(": ");
		cli_print_text(text);
		printf("\n");
	}
	if (!missing)
		return;
	printf("  not seen: ");
	cli_print_text(missing);
	printf("\n");
}
