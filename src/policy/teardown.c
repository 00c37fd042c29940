// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contract for teardown (docs/architecture.md), judged from the steps of a scenario and from
 * what the kernel printed meanwhile. What follows a splat is no evidence: then only what was broken
 * before it counts. A clause is found broken by what was seen, never by what is missing; what is
 * missing is dp_find_missing()'s.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "course.h"
#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"

/* Pinned for long. What is paged on demand holds nothing. */
static bool pinned(const struct verdict *v)
{
	struct json_object *reg = dp_seen(v, DP_STEP_REGISTER);

	return dp_registered(reg) && dp_is_clear(reg, DP_FIELD_ON_DEMAND);
}

/*
 * C4: a registration that succeeds holds the teardown, so it holds each of its pages, or the folio
 * that they are.
 */
static void judge_holding(struct verdict *v)
{
	struct json_object *reg = dp_seen(v, DP_STEP_REGISTER);
	int64_t pages, held;

	if (!pinned(v) || dp_step_int(reg, DP_FIELD_PAGES, &pages) ||
	    dp_step_int(reg, DP_FIELD_PINS_HELD, &held) ||
	    held >= (dp_is_set(reg, DP_FIELD_BY_FOLIO) ? 1 : pages))
		return;
	dp_broken(v, DP_C4,
		  "the registration succeeded, but only %" PRId64 " of its %" PRId64
		  " pages are pinned",
		  held, pages);
}

/* C2: while longterm pins are held, a teardown waits or is refused. */
static void judge_waiting(struct verdict *v)
{
	struct json_object *event = dp_seen(v, DP_STEP_EVENT);
	bool on_device = dp_is_set(dp_seen(v, DP_STEP_REGISTER), DP_FIELD_ON_DEVICE);
	bool gone = v->event->effect == DP_GONE &&
		    dp_says(dp_seen(v, DP_STEP_CPU_ACCESS), DP_FIELD_RESULT, "SIGBUS");
	int64_t held;

	if (!pinned(v) || v->event->ends_owner || !(on_device || v->event->takes_rdma) ||
	    !dp_is_above_zero(event, DP_FIELD_PINS_HELD, &held))
		return;
	if (dp_completed(event))
		dp_broken(v, DP_C2, "the event completed while %" PRId64 " pages were pinned",
			  held);
	else if (dp_failed(event) && gone)
		dp_broken(v, DP_C2,
			  "the event failed, and took the device away while %" PRId64
			  " pages were pinned",
			  held);
}

/* C3: once the device is gone, a CPU access gets SIGBUS, never old or foreign data. */
static void judge_access(struct verdict *v)
{
	struct json_object *access = dp_seen(v, DP_STEP_CPU_ACCESS);
	const char *got = dp_step_text(access, DP_FIELD_RESULT);

	/* An owner that has died has not seen anything. */
	if (!got || !dp_completed(dp_seen(v, DP_STEP_EVENT)) ||
	    (!dp_completed(access) && !dp_stuck(access)))
		return;
	if (v->event->effect == DP_GONE && strcmp(got, "SIGBUS"))
		dp_broken(v, DP_C3, "a CPU access to what has gone gives: %s", got);
	else if (v->event->effect == DP_ZEROED && strcmp(got, "zero") && strcmp(got, "SIGBUS"))
		dp_broken(v, DP_C3, "a CPU access to the hole gives: %s", got);
}

/* The first of two functions that the teardown has passed; NULL if it has not passed both. */
static const char *passed_first(const struct verdict *v, const char *a, const char *b)
{
	const char *first = NULL;
	size_t count = dp_json_count(v->steps);

	for (size_t i = 0; i < count; i++) {
		struct json_object *step = json_object_array_get_idx(v->steps, i);
		struct json_object *events = dp_json_array(step, "events");
		size_t nevents =
			dp_step_of(step, "course") == DP_STEP_EVENT ? dp_json_count(events) : 0;

		for (size_t k = 0; k < nevents; k++) {
			struct json_object *event = json_object_array_get_idx(events, k);
			const char *task = dp_json_text(event, "task");
			const char *function = dp_json_text(event, "function");

			if (!task || strcmp(task, "teardown") || !function ||
			    (strcmp(function, a) && strcmp(function, b)))
				continue;
			if (first && strcmp(first, function))
				return first;
			first = strcmp(function, a) ? b : a;
		}
	}
	return NULL;
}

/*
 * C3, while it goes: kill_dev_dax(), drivers/dax/bus.c, unmaps a device-dax; devres calls it before
 * memunmap_pages(), because it was added after it. The other way round the process has access to
 * what others may have already.
 */
static void judge_unmapping(struct verdict *v)
{
	const char *taken = "memunmap_pages", *unmapped = "unmap_mapping_range";

	if (v->event->lone && passed_first(v, unmapped, taken) == taken)
		dp_broken(v, DP_C3,
			  "%s() took the pages away while they were mapped: %s() came after", taken,
			  unmapped);
}

/*
 * C4: a registration on a dying mapping succeeds and holds the teardown, or fails cleanly. One that
 * is on demand pins nothing: it looks at no page (ib_umem_odp_get()), and its success means
 * nothing.
 */
static void judge_again(struct verdict *v)
{
	struct json_object *again = dp_seen(v, DP_STEP_REGISTER_AGAIN);
	struct json_object *held = dp_seen(v, DP_STEP_RELEASE_AGAIN);
	struct json_object *event = dp_seen(v, DP_STEP_EVENT);
	const char *state = dp_step_text(again, DP_FIELD_STATE);
	bool pins = dp_is_clear(dp_seen(v, DP_STEP_REGISTER), DP_FIELD_ON_DEMAND);
	bool takes = v->event->effect == DP_GONE;

	if (dp_stuck(again) || dp_died(again))
		dp_broken(v, DP_C4, "a registration on the dying mapping %s", state);
	else if (pins && dp_registered(again) && takes && dp_completed(event))
		dp_broken(v, DP_C4, "a registration succeeds although the device has gone");
	if (pins && dp_completed(held) && dp_stuck(event) && takes &&
	    dp_says(held, DP_FIELD_EVENT_STATE, "completed"))
		dp_broken(v, DP_C4,
			  "a registration on the dying mapping succeeded and did not hold it");
}

/* Pins that are not given back (C6) are nobody's any more. */
static const char *what_is_left(const struct verdict *v)
{
	int64_t held;

	return dp_is_above_zero(dp_seen(v, DP_STEP_PINS), DP_FIELD_PINS_HELD, &held)
		       ? "who pinned has released it"
		       : "nothing is pinned";
}

/* C5: a teardown that waited completes soon after the last pin is released. */
static void judge_completion(struct verdict *v)
{
	struct json_object *end = dp_seen(v, DP_STEP_EVENT_END);
	struct json_object *again = dp_seen(v, DP_STEP_EVENT_AGAIN);
	struct json_object *owner =
		dp_seen(v, v->event->ends_owner ? DP_STEP_EVENT : DP_STEP_OWNER_END);

	if (dp_stuck(end) || dp_failed(end))
		dp_broken(v, DP_C5, "the event does not complete although %s: it %s%s%s",
			  what_is_left(v), dp_text_of(end, DP_FIELD_STATE),
			  dp_failed(end) ? ": " : " in ",
			  dp_text_of(end, dp_failed(end) ? DP_FIELD_TEXT : DP_FIELD_WHERE));
	if (dp_failed(again))
		dp_broken(v, DP_C5, "the event is still refused although %s: %s", what_is_left(v),
			  dp_text_of(again, DP_FIELD_TEXT));
	else if (dp_stuck(again))
		dp_broken(v, DP_C5, "the event, refused before, %s although %s: in %s",
			  dp_text_of(again, DP_FIELD_STATE), what_is_left(v),
			  dp_text_of(again, DP_FIELD_WHERE));
	if (dp_stuck(owner))
		dp_broken(v, DP_C5, "the owner cannot end: it is in %s",
			  dp_text_of(owner, DP_FIELD_WHERE));
}

/* Whether the counters can tell: not if the node may have gone on which they were kept. */
static bool countable(const struct verdict *v)
{
	struct json_object *reg = dp_seen(v, DP_STEP_REGISTER);
	struct json_object *end = dp_seen(v, DP_STEP_EVENT_END);
	struct json_object *again = dp_seen(v, DP_STEP_EVENT_AGAIN);

	return !v->event->uncounts || dp_is_clear(reg, DP_FIELD_ON_DEVICE) || dp_stuck(end) ||
	       dp_failed(end) || dp_stuck(again) || dp_failed(again);
}

static void judge_count(struct verdict *v, int64_t held, const char *when)
{
	if (held > 0)
		dp_broken(v, DP_C6, "%" PRId64 " pages are still pinned after %s", held, when);
	else if (held < 0)
		dp_broken(v, DP_C6, "%" PRIu64 " pages more were released than pinned after %s",
			  -(uint64_t)held, when);
}

static void judge_killed(struct verdict *v)
{
	struct json_object *kills = dp_seen(v, DP_STEP_KILL_WHILE_REGISTERING);
	int64_t held, killed, gone;

	if (!dp_step_int(kills, DP_FIELD_PINS_HELD, &held))
		judge_count(v, held, "owners were killed while registering");
	if (!dp_step_int(kills, DP_FIELD_KILLED, &killed) &&
	    !dp_step_int(kills, DP_FIELD_GONE, &gone) && gone < killed)
		dp_broken(v, DP_C6, "an owner that was killed while registering does not go: %s",
			  dp_text_of(kills, DP_FIELD_WHERE));
}

/* C6: every pin that was acquired is released once the owner is gone. */
static void judge_pins(struct verdict *v)
{
	struct json_object *event = dp_seen(v, DP_STEP_EVENT);
	bool gone = v->event->ends_owner
			    ? dp_completed(event)
			    : dp_says(dp_seen(v, DP_STEP_OWNER_END), DP_FIELD_STATE, "gone");
	int64_t held;

	if (!dp_step_int(dp_seen(v, DP_STEP_PINS), DP_FIELD_PINS_HELD, &held) && gone &&
	    countable(v))
		judge_count(v, held, "the owner has gone");
	judge_killed(v);
	/* After a registration that was refused, nothing may hold the device. */
	if (dp_step_text(dp_seen(v, DP_STEP_REGISTER), DP_FIELD_ERRNO) &&
	    (dp_stuck(event) || dp_failed(event)))
		dp_broken(v, DP_C6, "the event %s although nothing was registered: %s",
			  dp_text_of(event, DP_FIELD_STATE),
			  dp_text_of(event, dp_stuck(event) ? DP_FIELD_WHERE : DP_FIELD_TEXT));
}

/* C7: afterwards the device can be brought back and registered again. */
static void judge_return(struct verdict *v)
{
	struct json_object *back = dp_seen(v, DP_STEP_COME_BACK);
	struct json_object *reg = dp_seen(v, DP_STEP_REGISTER);
	const char *state = dp_step_text(back, DP_FIELD_STATE);
	const char *first = dp_text_of(reg, DP_FIELD_ERRNO);
	const char *now = dp_step_text(back, DP_FIELD_REGISTER);
	const char *text = dp_text_of(back, DP_FIELD_TEXT);

	if (dp_stuck(back) || dp_failed(back))
		dp_broken(v, DP_C7, "the device does not come back: it %s%s%s", state,
			  text[0] ? ": " : "", text);
	else if (now && dp_completed(reg) && dp_step_has(reg, DP_FIELD_ERRNO) &&
		 strcmp(now, first[0] ? first : "allowed"))
		dp_broken(v, DP_C7, "it comes back, but registering gives %s instead of %s", now,
			  first[0] ? first : "allowed");
}

static void add_facts(struct verdict *v)
{
	struct json_object *event = dp_seen(v, DP_STEP_EVENT), *facts;
	struct json_object *again = dp_seen(v, DP_STEP_REGISTER_AGAIN);
	const char *gave = dp_step_text(again, DP_FIELD_ERRNO);

	dp_fact(v, "pins_acquired", dp_seen(v, DP_STEP_REGISTER), DP_FIELD_PINS_HELD);
	facts = v->result->facts;
	if (event) {
		dp_json_add_bool(facts, "event_completed", dp_completed(event));
		dp_json_add_bool(facts, "waited_for_pins", pinned(v) && dp_stuck(event));
	}
	dp_fact(v, "event_state", event, DP_FIELD_STATE);
	dp_fact(v, "event_ms", event, DP_FIELD_MS);
	dp_fact(v, "where", event, DP_FIELD_WHERE);
	dp_fact(v, "cpu_access", dp_seen(v, DP_STEP_CPU_ACCESS), DP_FIELD_RESULT);
	if (dp_completed(again))
		dp_json_add_text(facts, "reregister", gave ? gave : "allowed");
	else
		dp_fact(v, "reregister", again, DP_FIELD_STATE);
	dp_fact(v, "async_events", dp_seen(v, DP_STEP_ASYNC_EVENTS), DP_FIELD_EVENTS);
	dp_fact(v, "completed_after_release_ms", dp_seen(v, DP_STEP_EVENT_END), DP_FIELD_MS);
	if (countable(v))
		dp_fact(v, "pins_leaked", dp_seen(v, DP_STEP_PINS), DP_FIELD_PINS_HELD);
	dp_fact(v, "came_back", dp_seen(v, DP_STEP_COME_BACK), DP_FIELD_REGISTER);
}

/* How the event ended, and what it waited for. */
static void conclude(struct verdict *v)
{
	struct dp_result *r = v->result;
	struct json_object *event = dp_seen(v, DP_STEP_EVENT);
	char wait[384];
	size_t told;
	const char *end = dp_seen(v, DP_STEP_EVENT_END) ? ", and completed after the release" : "";

	r->status = DP_PASS;
	if (dp_stuck(event))
		snprintf(r->why, sizeof(r->why), "the event waited%s%s",
			 pinned(v) ? " for the pins" : "", end);
	else if (dp_failed(event))
		snprintf(r->why, sizeof(r->why), "the event was refused: %.300s",
			 dp_text_of(event, DP_FIELD_TEXT));
	else
		snprintf(r->why, sizeof(r->why), "the event completed, and no clause was broken");
	dp_course_tell(dp_stuck(event) ? r->evidence : NULL, wait, sizeof(wait));
	told = strlen(r->why);
	if (wait[0])
		snprintf(r->why + told, sizeof(r->why) - told, "; %s", wait);
}

/* Whether it has neither completed nor been given up when the scenario ends. */
static bool event_goes_on(const struct verdict *v)
{
	struct json_object *end = dp_seen(v, DP_STEP_EVENT_END);
	struct json_object *again = dp_seen(v, DP_STEP_RELEASE_AGAIN);

	if (dp_says(dp_seen(v, DP_STEP_GIVE_UP), DP_FIELD_STATE, "given up"))
		return false;
	if (again && !dp_says(again, DP_FIELD_EVENT_STATE, "waits") &&
	    !dp_says(again, DP_FIELD_EVENT_STATE, "runs"))
		return false;
	return dp_stuck(dp_seen(v, DP_STEP_EVENT)) && (!end || dp_stuck(end));
}

void dp_judge_teardown(struct verdict *v)
{
	struct dp_result *r = v->result;

	dp_judge_splats(v);
	judge_holding(v);
	judge_waiting(v);
	judge_access(v);
	judge_unmapping(v);
	judge_again(v);
	add_facts(v);
	if (!v->splatted) {
		judge_completion(v);
		judge_pins(v);
		judge_return(v);
	}
	r->evidence = dp_course_of(v->steps, event_goes_on(v));
	if (r->violates)
		r->status = DP_FAIL;
	else if (!dp_find_missing(v, dp_scenario_owes(v->event, v->release), ~(dp_steps)0, r->why,
				  sizeof(r->why)) &&
		 !dp_find_misfit(v, r->why, sizeof(r->why)))
		conclude(v);
}
