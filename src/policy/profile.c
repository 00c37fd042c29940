// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the instructions of a registration went, as it was logged: it counts only if it is the
 * registration that was measured, and if the log has every instruction that the clock has.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"

/* A slab that is filled once more, a message of which a reader is told. */
#define OFF_LIMIT 0.05
#define OFF_FEW   1000

static int64_t sum_of(struct json_object *classes, const char *without)
{
	int64_t sum = 0;

	json_object_object_foreach (classes, name, value) {
		if (!strcmp(name, without))
			continue;
		if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
			return -1;
		sum += json_object_get_int64(value);
	}
	return sum;
}

/* The functions are some of those that executed the instructions: a name, and a part of them. */
static bool is_part(struct json_object *functions, int64_t executed)
{
	size_t count = dp_json_count(functions);
	int64_t left = executed;

	for (size_t i = 0; i < count; i++) {
		struct json_object *f = json_object_array_get_idx(functions, i);
		int64_t calls = dp_json_int_or(f, "calls", -1), own = dp_json_int_or(f, "own", -1);

		if (!dp_json_text(f, "name") || calls < 0 || own < 1 || own > left)
			return false;
		left -= own;
	}
	return count > 0;
}

bool dp_find_misprofile(const struct verdict *v, int64_t pages, int64_t figure, char *text,
			size_t size)
{
	struct json_object *step = dp_seen(v, DP_STEP_FUNCTIONS);
	struct json_object *classes = dp_json_object(step, dp_field_name(DP_FIELD_CLASSES));
	int64_t executed = 0, counted = 0, logged = -1, sum = classes ? sum_of(classes, "") : -1;
	int64_t own = classes ? sum_of(classes, "interrupt") : -1;

	dp_step_int(step, DP_FIELD_EXECUTED, &executed);
	dp_step_int(step, DP_FIELD_COUNTED, &counted);
	dp_step_int(step, DP_FIELD_PAGES, &logged);
	*text = '\0';
	if (!dp_says(step, DP_FIELD_STATE, "logged"))
		snprintf(text, size, "nothing was logged: %s", dp_text_of(step, DP_FIELD_TEXT));
	else if (logged != pages)
		snprintf(text, size, "%" PRId64 " pages were logged, %" PRId64 " were measured",
			 logged, pages);
	else if (sum != executed || llabs(executed - counted) > 1)
		snprintf(text, size,
			 "the log has %" PRId64 " instructions, %" PRId64
			 " of them of a class, and %" PRId64 " were counted",
			 executed, sum, counted);
	else if (!is_part(dp_json_array(step, dp_field_name(DP_FIELD_FUNCTIONS)), executed))
		snprintf(text, size,
			 "the functions of the log are not what has executed its instructions");
	else if ((double)llabs(own - figure) > OFF_LIMIT * (double)figure + OFF_FEW)
		snprintf(text, size,
			 "the registration that was logged took %" PRId64
			 " instructions, the others %" PRId64,
			 own, figure);
	return *text;
}
