// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An order as a drawing of two columns, and the holds of a race as a table. The step may come from
 * a file: nothing in it is believed to have the right type.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/order.h"

static const char *text_of(struct json_object *obj, const char *key)
{
	const char *text = dp_json_text(obj, key);

	return text ? text : "";
}

/* What one of them did, in a few words. */
static void tell(struct json_object *move, char *text, size_t size)
{
	const char *point = text_of(move, "point"), *function = text_of(move, "function");
	const char *sleeps = text_of(move, "sleeps"), *state = text_of(move, "state");
	int64_t value;

	if (!point[0] && sleeps[0])
		snprintf(text, size, "%.10s in %.*s()", state, (int)strcspn(sleeps, " "), sleeps);
	else if (!point[0])
		snprintf(text, size, "%.10s in %s%s", state, function[0] ? function : "?",
			 function[0] ? "()" : "");
	else if (!strcmp(point, dp_point_name(DP_POINT_RETURNED)) &&
		 !dp_json_int(move, "value", &value) && value >= 0 && value < INT32_MAX)
		snprintf(text, size, "answer: %s", value ? dp_errno_name((int)value) : "allowed");
	else if (!strcmp(point, dp_point_name(DP_POINT_COMPLETED)))
		snprintf(text, size, "completed");
	else
		snprintf(text, size, "%.60s()%s", function,
			 dp_json_bool_or(move, "returned", false) ? " has returned" : "");
}

static const char *bar_of(struct json_object *move)
{
	const char *other = text_of(move, "other");

	return !strcmp(other, "parked")    ? "| held"
	       : !strcmp(other, "stopped") ? "| held, interrupts off"
					   : "";
}

static const char *entry_of(struct json_object *move)
{
	const char *entry = text_of(move, "entry");

	return !strcmp(entry, "there")  ? ", entry there"
	       : !strcmp(entry, "gone") ? ", entry gone"
					: "";
}

static size_t draw_order(struct json_object *step, char (*lines)[DP_DRAWING_WIDTH], size_t most)
{
	struct json_object *moves = dp_json_array(step, dp_field_name(DP_FIELD_MOVES));
	size_t count = 0, nmoves = dp_json_count(moves);

	if (!nmoves || !most)
		return 0;
	snprintf(lines[count++], DP_DRAWING_WIDTH, "%-44s%s", "registrar", "event");
	for (size_t i = 0; i < nmoves && count < most; i++) {
		struct json_object *move = json_object_array_get_idx(moves, i);
		char text[100];

		tell(move, text, sizeof(text));
		if (!strcmp(text_of(move, "side"), "registrar"))
			snprintf(lines[count++], DP_DRAWING_WIDTH, "%-44s%s", text, bar_of(move));
		else
			snprintf(lines[count++], DP_DRAWING_WIDTH, "%-44s%s%s", bar_of(move), text,
				 entry_of(move));
	}
	return count;
}

/* ---- holds -------------------------------------------------------------------------------- */

static void list_passed(struct json_object *window, char *text, size_t size)
{
	struct json_object *passed = dp_json_object(window, "passed");
	size_t used = 0;

	text[0] = '\0';
	if (!passed)
		return;
	json_object_object_foreach (passed, point, count)
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%.12s %" PRId64,
						 used ? ", " : "", point,
						 json_object_get_int64(count));
}

static size_t draw_holds(struct json_object *step, char (*lines)[DP_DRAWING_WIDTH], size_t most)
{
	struct json_object *windows = dp_json_array(step, dp_field_name(DP_FIELD_WINDOWS));
	size_t count = 0, nwindows = dp_json_count(windows);

	if (!nwindows || !most)
		return 0;
	snprintf(lines[count++], DP_DRAWING_WIDTH, "%-15s%8s%9s%7s%8s%6s  %s", "station", "rounds",
		 "reached", "held", "ms", "hit", "passed by the other side");
	for (size_t i = 0; i < nwindows && count < most; i++) {
		struct json_object *window = json_object_array_get_idx(windows, i);
		const char *missing = text_of(window, "missing");
		char passed[80];

		list_passed(window, passed, sizeof(passed));
		if (missing[0])
			snprintf(lines[count++], DP_DRAWING_WIDTH, "%-15.15s  %.100s",
				 text_of(window, "station"), missing);
		else
			snprintf(lines[count++], DP_DRAWING_WIDTH,
				 "%-15.15s%8" PRId64 "%9" PRId64 "%7" PRId64 "%8" PRId64 "%6" PRId64
				 "%s%s",
				 text_of(window, "station"), dp_json_int_or(window, "rounds", 0),
				 dp_json_int_or(window, "reached", 0),
				 dp_json_int_or(window, "held", 0), dp_json_int_or(window, "ms", 0),
				 dp_json_int_or(window, "hit", 0), passed[0] ? "  " : "", passed);
	}
	return count;
}

size_t dp_order_draw(struct json_object *steps, char (*lines)[DP_DRAWING_WIDTH], size_t most)
{
	size_t drawn = 0;

	for (size_t i = 0; i < dp_json_count(steps) && !drawn; i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);
		enum dp_step name = dp_step_find(dp_json_text(step, "step"));

		if (name == DP_STEP_ORDER)
			drawn = draw_order(step, lines, most);
		else if (name == DP_STEP_HOLDS)
			drawn = draw_holds(step, lines, most);
	}
	return drawn;
}
