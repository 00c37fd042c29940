// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether everything was seen that a verdict rests on. A step that is owed and was not taken is
 * explained by the stream itself: it is left out, with a reason, and what was seen in other steps
 * agrees with that. Otherwise there is no verdict, as there is none without each field that a step
 * owes.
 */
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

#define FATES "completed|failed|waits|runs|died"

/*
 * What a state can be, if the step is an answer: how a process ended that was asked to do
 * something, but for some. NULL where it is a text.
 */
static const char *states_of(enum dp_step step)
{
	switch (step) {
	case DP_STEP_REHEARSAL: /* one that fails ends the scenario */
	case DP_STEP_UNMAP:
		return "completed";
	case DP_STEP_REGISTER:
	case DP_STEP_CPU_ACCESS:
	case DP_STEP_REGISTER_AGAIN:
	case DP_STEP_ASYNC_EVENTS:
		return "completed|waits|runs|died";
	case DP_STEP_GIVE_UP:
		return "given up|goes on waiting";
	case DP_STEP_OWNER_END:
		return "gone|waits|runs";
	case DP_STEP_REGION:
		return "completed|absent";
	case DP_STEP_SIGHT:
		return "completed|refused";
	case DP_STEP_COUNTERS:
		return "completed|failed";
	case DP_STEP_ORDER:
		return "played|not reached|not passed|stuck|failed|died";
	case DP_STEP_HOLDS:
		return "played|failed|died";
	default:
		return step <= DP_STEP_COME_BACK || step == DP_STEP_UNDO ? FATES : NULL;
	}
}

/* Whether a word is one of a list that '|' separates. */
static bool lists(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (!strncmp(at, word, len) && (!at[len] || at[len] == '|'))
			return true;
	}
	return false;
}

/* Steps that are done to the device or the pin: they fail with an errno, and not without. */
static bool fails_with_errno(const struct verdict *v, enum dp_step step)
{
	const dp_steps set = DP_STEP_BIT(DP_STEP_ANSWER) | DP_STEP_BIT(DP_STEP_EVENT) |
			     DP_STEP_BIT(DP_STEP_RELEASE) | DP_STEP_BIT(DP_STEP_RELEASE_AGAIN) |
			     DP_STEP_BIT(DP_STEP_EVENT_END) | DP_STEP_BIT(DP_STEP_EVENT_AGAIN) |
			     DP_STEP_BIT(DP_STEP_COME_BACK);

	return !v->traffic && set & DP_STEP_BIT(step);
}

static bool is_no_answer(const struct verdict *v, struct json_object *obj, enum dp_step step,
			 char *text, size_t size)
{
	const char *name = dp_step_name(step), *states = states_of(step);
	const char *state = dp_step_text(obj, DP_FIELD_STATE);
	const char *code = dp_step_text(obj, DP_FIELD_ERRNO);

	if (state && states && !lists(states, state))
		snprintf(text, size, "the \"state\" of step \"%s\" is no answer: %.40s", name,
			 state);
	else if (fails_with_errno(v, step) && (dp_failed(obj) != !!code))
		snprintf(text, size,
			 "step \"%s\" contradicts itself: \"state\" %.40s, \"errno\" %.20s", name,
			 state, code ? code : "null");
	else
		return false;
	return true;
}

static bool lacks_field(const struct verdict *v, struct json_object *obj, enum dp_step step,
			char *text, size_t size)
{
	const char *why;
	enum dp_field field = dp_step_lacks(obj, v->traffic, &why);

	if (field == DP_FIELDS)
		return false;
	snprintf(text, size, "not observed: \"%s\" of step \"%s\"%s%.200s", dp_field_name(field),
		 dp_step_name(step), why ? ": " : "", why ? why : "");
	return true;
}

/* What a stream has shown up to one of its lines. */
struct seen {
	dp_steps steps, left_out;
	enum dp_step last;
};

static bool is_out_of_place(const struct verdict *v, const struct seen *seen, dp_steps once,
			    enum dp_step step, char *text, size_t size)
{
	if (!(once & DP_STEP_BIT(step)))
		return false;
	if (seen->steps & DP_STEP_BIT(step))
		snprintf(text, size, "step \"%s\" was observed twice", dp_step_name(step));
	else if (!v->traffic && step < seen->last)
		snprintf(text, size, "step \"%s\" was observed after \"%s\"", dp_step_name(step),
			 dp_step_name(seen->last));
	else
		return false;
	return true;
}

static bool is_incomplete(const struct seen *seen, dp_steps owed, dp_steps once, char *text,
			  size_t size)
{
	dp_steps absent = owed & ~seen->steps & ~seen->left_out;
	dp_steps both = once & seen->steps & seen->left_out;

	for (int i = 0; i < DP_STEPS; i++) {
		const char *name = dp_step_name((enum dp_step)i);

		if (absent & DP_STEP_BIT(i))
			snprintf(text, size, "not observed: step \"%s\"", name);
		else if (both & DP_STEP_BIT(i))
			snprintf(text, size, "step \"%s\" was observed, and left out, too", name);
		else
			continue;
		return true;
	}
	return false;
}

bool dp_find_missing(const struct verdict *v, dp_steps owed, dp_steps once, char *text, size_t size)
{
	size_t count = dp_json_count(v->steps);
	struct seen seen = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);
		enum dp_step step = dp_step_of(obj, "step"), absent = dp_step_of(obj, "left-out");

		if (absent != DP_STEPS && dp_json_text(obj, "text"))
			seen.left_out |= DP_STEP_BIT(absent);
		if (step == DP_STEPS)
			continue;
		if (is_out_of_place(v, &seen, once, step, text, size) ||
		    lacks_field(v, obj, step, text, size) || is_no_answer(v, obj, step, text, size))
			return true;
		seen.steps |= DP_STEP_BIT(step);
		seen.last = step;
	}
	return is_incomplete(&seen, owed, once, text, size);
}

bool dp_find_untimely(const struct verdict *v, dp_steps owed,
		      bool (*is_due)(const struct verdict *v, enum dp_step step), char *text,
		      size_t size)
{
	for (int i = 0; i < DP_STEPS; i++) {
		enum dp_step step = (enum dp_step)i;
		bool taken = dp_seen(v, step), due;

		if (!(owed & DP_STEP_BIT(step)))
			continue;
		due = !is_due || is_due(v, step);
		if (taken == due)
			continue;
		snprintf(
			text, size,
			due ? "not observed: step \"%s\", which was due"
			    : "step \"%s\" was observed, and was not due: that contradicts the others",
			dp_step_name(step));
		return true;
	}
	return false;
}
