// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether everything was seen that a verdict rests on. A step that is owed and was not taken, and a
 * field that a step owes and does not have, are explained by the stream itself (left out, with a
 * reason) or by a splat of the kernel before them; otherwise there is no verdict.
 */
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

/* The words that a state can be, but for the steps that have their own. */
static bool knows_state(enum dp_step step, const char *state)
{
	static const char *const fates[] = { "completed", "failed", "waits", "runs", "died" };

	if (step == DP_STEP_GIVE_UP)
		return !strcmp(state, "given up") || !strcmp(state, "goes on waiting");
	if (step == DP_STEP_OWNER_END && !strcmp(state, "gone"))
		return true;
	for (size_t i = 0; i < DP_ARRAY_SIZE(fates); i++)
		if (!strcmp(state, fates[i]))
			return true;
	return false;
}

/* Steps whose state is the fate of a process; others have texts of their own. */
static bool has_fate(enum dp_step step)
{
	return step <= DP_STEP_COME_BACK || step == DP_STEP_UNDO;
}

/* What came after a splat need not be there. */
static bool is_after_splat(const struct verdict *v, enum dp_step step)
{
	return v->splatted && (v->splat_step == DP_STEPS || step >= v->splat_step);
}

static bool lacks_field(const struct verdict *v, struct json_object *obj, enum dp_step step,
			char *text, size_t size)
{
	const char *why, *state = dp_step_text(obj, DP_FIELD_STATE);
	enum dp_field field = dp_step_lacks(obj, v->traffic, &why);

	if (is_after_splat(v, step))
		return false;
	if (field != DP_FIELDS)
		snprintf(text, size, "not observed: \"%s\" of step \"%s\"%s%.200s",
			 dp_field_name(field), dp_step_name(step), why ? ": " : "", why ? why : "");
	else if (state && has_fate(step) && !knows_state(step, state))
		snprintf(text, size, "step \"%s\" ended in a state that is not known: %.40s",
			 dp_step_name(step), state);
	else
		return false;
	return true;
}

static bool is_repeated(enum dp_step step, dp_steps seen, char *text, size_t size)
{
	if (!(seen & DP_STEP_BIT(step)))
		return false;
	snprintf(text, size, "step \"%s\" was observed twice", dp_step_name(step));
	return true;
}

bool dp_find_missing(const struct verdict *v, dp_steps owed, dp_steps once, char *text, size_t size)
{
	size_t count = dp_json_count(v->steps);
	dp_steps seen = 0, left_out = 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);
		enum dp_step step = dp_step_of(obj, "step"), absent = dp_step_of(obj, "left-out");

		if (absent != DP_STEPS && dp_json_text(obj, "text"))
			left_out |= DP_STEP_BIT(absent);
		if (step == DP_STEPS)
			continue;
		if (is_repeated(step, seen & once, text, size) ||
		    lacks_field(v, obj, step, text, size))
			return true;
		seen |= DP_STEP_BIT(step);
	}
	for (int i = 0; i < DP_STEPS; i++) {
		bool there = (seen | left_out) & DP_STEP_BIT(i);

		if (!(owed & DP_STEP_BIT(i)) || there || is_after_splat(v, (enum dp_step)i))
			continue;
		snprintf(text, size, "not observed: step \"%s\"", dp_step_name((enum dp_step)i));
		return true;
	}
	return false;
}
