// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the steps of a teardown are those that its scenario takes (src/teardown/scenario.c), and
 * what was seen in one agrees with what was seen in the others. What does not is no evidence.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"

/* ---- which steps are due ------------------------------------------------------------------ */

/* Nobody ends the pin, so that nothing is to be seen after it was looked at. */
static bool keeps_pins(const struct verdict *v)
{
	return v->release == DP_NONE && !v->event->ends_owner &&
	       dp_registered(dp_seen(v, DP_STEP_REGISTER));
}

/* The second region may have held the event longer; when it was released, it may have ended. */
static bool event_is_on(const struct verdict *v)
{
	struct json_object *again = dp_seen(v, DP_STEP_RELEASE_AGAIN);

	return dp_stuck(dp_seen(v, DP_STEP_EVENT)) &&
	       (!again || dp_says(again, DP_FIELD_EVENT_STATE, "waits") ||
		dp_says(again, DP_FIELD_EVENT_STATE, "runs"));
}

static bool event_failed(const struct verdict *v)
{
	struct json_object *event = dp_seen(v, DP_STEP_EVENT);

	return dp_failed(event) || (dp_stuck(event) && dp_says(dp_seen(v, DP_STEP_RELEASE_AGAIN),
							       DP_FIELD_EVENT_STATE, "failed"));
}

/* Steps that a scenario takes whatever happens are always due. */
static bool is_due(const struct verdict *v, enum dp_step step)
{
	switch (step) {
	case DP_STEP_UNMAP:
		return !dp_registered(dp_seen(v, DP_STEP_REGISTER));
	case DP_STEP_CPU_ACCESS:
	case DP_STEP_REGISTER_AGAIN:
		return !dp_seen(v, DP_STEP_UNMAP);
	case DP_STEP_GIVE_UP:
		return dp_stuck(dp_seen(v, DP_STEP_EVENT));
	case DP_STEP_RELEASE:
		return dp_registered(dp_seen(v, DP_STEP_REGISTER));
	case DP_STEP_RELEASE_AGAIN:
		return dp_registered(dp_seen(v, DP_STEP_REGISTER_AGAIN));
	case DP_STEP_EVENT_END:
		return !keeps_pins(v) && event_is_on(v);
	case DP_STEP_EVENT_AGAIN:
		return !keeps_pins(v) && event_failed(v);
	case DP_STEP_OWNER_END:
	case DP_STEP_PINS:
	case DP_STEP_COME_BACK:
		return !keeps_pins(v);
	default:
		return true;
	}
}

/* ---- what happened to daxpin's own processes ---------------------------------------------- */

/* Whether a region did not go in the scenario's way. A link waits for its user, who ends later. */
static bool is_kept(const struct verdict *v, enum dp_step step)
{
	struct json_object *release = dp_seen(v, step);
	bool may_wait =
		step == DP_STEP_RELEASE && (v->release == DP_KILL || v->release == DP_LINK_DELETE);

	return release && !dp_completed(release) && !(may_wait && dp_stuck(release));
}

static bool tell_end(const struct verdict *v, enum dp_step step, char *text, size_t size)
{
	struct json_object *obj = dp_seen(v, step);
	const char *code = dp_text_of(obj, DP_FIELD_ERRNO);

	snprintf(text, size, "step \"%s\" did not come to its end: %s%s%s", dp_step_name(step),
		 dp_text_of(obj, DP_FIELD_STATE), code[0] ? ", " : "", code);
	return true;
}

/* A process of daxpin's own that died says nothing about the device. */
static bool is_lost(const struct verdict *v, char *text, size_t size)
{
	static const enum dp_step events[] = { DP_STEP_EVENT, DP_STEP_EVENT_END,
					       DP_STEP_EVENT_AGAIN, DP_STEP_COME_BACK };
	struct json_object *access = dp_seen(v, DP_STEP_CPU_ACCESS);

	for (size_t i = 0; i < DP_ARRAY_SIZE(events); i++)
		if (dp_died(dp_seen(v, events[i])))
			return tell_end(v, events[i], text, size);
	if (!dp_completed(dp_seen(v, DP_STEP_REGISTER)))
		return tell_end(v, DP_STEP_REGISTER, text, size);
	if (access && !dp_completed(access))
		return tell_end(v, DP_STEP_CPU_ACCESS, text, size);
	if (is_kept(v, DP_STEP_RELEASE))
		return tell_end(v, DP_STEP_RELEASE, text, size);
	return is_kept(v, DP_STEP_RELEASE_AGAIN) && tell_end(v, DP_STEP_RELEASE_AGAIN, text, size);
}

/* ---- what cannot be ----------------------------------------------------------------------- */

static bool tell_misfit(char *text, size_t size, enum dp_step step, enum dp_field field,
			const char *why)
{
	snprintf(text, size, "\"%s\" of step \"%s\" cannot be: %s", dp_field_name(field),
		 dp_step_name(step), why);
	return true;
}

/*
 * Pages are given back that were not taken: others do so, and what they do hides what is asked. A
 * node that goes takes its counters along.
 */
static bool has_fewer_than_none(const struct verdict *v, char *text, size_t size)
{
	int64_t held;

	for (int i = 0; i < DP_STEPS && !v->event->uncounts; i++)
		if (!dp_step_int(dp_seen(v, (enum dp_step)i), DP_FIELD_PINS_HELD, &held) &&
		    held < 0)
			return tell_misfit(text, size, (enum dp_step)i, DP_FIELD_PINS_HELD,
					   "fewer pages are pinned than at the beginning");
	return false;
}

/* Memory of a mapping that has a device lies there, unless a pin may have it leave. */
static bool is_misplaced(const struct verdict *v, struct json_object *reg)
{
	bool named = dp_step_text(reg, DP_FIELD_DEVICE);

	return dp_is_set(reg, DP_FIELD_ON_DEVICE)
		       ? !named
		       : named && !dp_is_kmem(v->mapping) && !dp_is_device(v->mapping);
}

static bool is_impossible(const struct verdict *v, char *text, size_t size)
{
	struct json_object *reg = dp_seen(v, DP_STEP_REGISTER);
	struct json_object *kills = dp_seen(v, DP_STEP_KILL_WHILE_REGISTERING);
	struct json_object *access = dp_seen(v, DP_STEP_CPU_ACCESS);
	struct json_object *release = dp_seen(v, DP_STEP_RELEASE);
	int64_t number, gone;

	if (!dp_is_above_zero(reg, DP_FIELD_PAGES, &number))
		return tell_misfit(text, size, DP_STEP_REGISTER, DP_FIELD_PAGES,
				   "a region has some");
	if (dp_is_set(reg, DP_FIELD_ON_DEMAND) && !dp_is_fsdax(v->mapping))
		return tell_misfit(text, size, DP_STEP_REGISTER, DP_FIELD_ON_DEMAND,
				   "this mapping is pinned");
	if (is_misplaced(v, reg))
		return tell_misfit(text, size, DP_STEP_REGISTER, DP_FIELD_ON_DEVICE,
				   "it contradicts \"device\"");
	if (kills && !dp_is_above_zero(kills, DP_FIELD_KILLED, &number))
		return tell_misfit(text, size, DP_STEP_KILL_WHILE_REGISTERING, DP_FIELD_KILLED,
				   "some are killed");
	if (kills && !dp_step_int(kills, DP_FIELD_GONE, &gone) && gone > number)
		return tell_misfit(text, size, DP_STEP_KILL_WHILE_REGISTERING, DP_FIELD_GONE,
				   "more than were killed");
	if (dp_completed(access) && dp_says(access, DP_FIELD_RESULT, "no answer"))
		return tell_misfit(text, size, DP_STEP_CPU_ACCESS, DP_FIELD_RESULT,
				   "the owner has answered");
	if (release && !dp_says(release, DP_FIELD_HOW, dp_release_name(v->release)))
		return tell_misfit(text, size, DP_STEP_RELEASE, DP_FIELD_HOW,
				   "this scenario releases in another way");
	return has_fewer_than_none(v, text, size);
}

bool dp_find_misfit(const struct verdict *v, char *text, size_t size)
{
	return is_lost(v, text, size) || is_impossible(v, text, size) ||
	       dp_find_untimely(v, dp_scenario_owes(v->event, v->release), is_due, text, size);
}
