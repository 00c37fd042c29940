// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contract for teardown, C1 to C8 (docs/architecture.md), judged from the steps of a scenario
 * and from what the kernel said meanwhile. What follows after a kernel's oops is no evidence: then
 * only what was broken before it counts.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/observe.h"

static bool waited(struct json_object *event)
{
	return dp_says(event, "state", "waits") || dp_says(event, "state", "runs");
}

static bool on_demand(const struct verdict *v)
{
	struct json_object *reg = dp_step(v, "register");

	return dp_flag(reg, "on_demand");
}

/* Pinned for long: what is paged on demand holds nothing. */
static bool pinned(const struct verdict *v)
{
	struct json_object *reg = dp_step(v, "register");

	return dp_completed(reg) && !dp_json_text(reg, "errno") && !on_demand(v);
}

/* C4: a registration that succeeds holds the teardown, so it holds each of its pages. */
static void judge_holding(struct verdict *v)
{
	struct json_object *reg = dp_step(v, "register");
	int64_t pages = dp_number(reg, "pages", 0), held = dp_number(reg, "pins_held", pages);

	if (pinned(v) && held < pages)
		dp_broken(v, "C4",
			  "the registration succeeded, but only %" PRId64 " of its %" PRId64
			  " pages are pinned",
			  held, pages);
}

/* C2: while longterm pins are held, a teardown waits or is refused. */
static void judge_waiting(struct verdict *v)
{
	struct json_object *event = dp_step(v, "event"), *reg = dp_step(v, "register");
	bool on_device = dp_flag(reg, "on_device");
	int64_t held = dp_number(event, "pins_held", 0);

	bool gone = v->event->effect == DP_GONE &&
		    dp_says(dp_step(v, "cpu-access"), "result", "SIGBUS");

	if (!pinned(v) || v->event->ends_owner || held <= 0 || !(on_device || v->event->takes_rdma))
		return;
	if (dp_completed(event))
		dp_broken(v, "C2", "the event completed while %" PRId64 " pages were pinned", held);
	else if (dp_says(event, "state", "failed") && gone)
		dp_broken(v, "C2",
			  "the event failed, and took the device away while %" PRId64
			  " pages were pinned",
			  held);
}

/* C3: once the device is gone, a CPU access gets SIGBUS, never old or foreign data. */
static void judge_access(struct verdict *v)
{
	struct json_object *access = dp_step(v, "cpu-access");
	const char *got = dp_text_of(access, "result");

	if (!access || !dp_completed(dp_step(v, "event")))
		return;
	if (v->event->effect == DP_GONE && strcmp(got, "SIGBUS"))
		dp_broken(v, "C3", "a CPU access to what has gone gives: %s", got);
	else if (v->event->effect == DP_ZEROED && strcmp(got, "zero") && strcmp(got, "SIGBUS"))
		dp_broken(v, "C3", "a CPU access to the hole gives: %s", got);
}

/*
 * C4: a registration on a dying mapping succeeds and holds the teardown, or fails cleanly. One that
 * is on demand pins nothing: it looks at no page (ib_umem_odp_get()), and its success means
 * nothing.
 */
static void judge_again(struct verdict *v)
{
	struct json_object *again = dp_step(v, "register-again"),
			   *held = dp_step(v, "release-again");
	bool pins = !on_demand(v);

	if (again && !dp_completed(again))
		dp_broken(v, "C4", "a registration on the dying mapping %s",
			  dp_text_of(again, "state"));
	else if (again && pins && !dp_json_text(again, "errno") && v->event->effect == DP_GONE &&
		 dp_completed(dp_step(v, "event")))
		dp_broken(v, "C4", "a registration succeeds although the device has gone");
	if (held && pins && dp_completed(held) && waited(dp_step(v, "event")) &&
	    v->event->effect == DP_GONE && dp_says(held, "event_state", "completed"))
		dp_broken(v, "C4",
			  "a registration on the dying mapping succeeded and did not hold it");
}

/* C5: a teardown that waited completes soon after the last pin is released. */
static void judge_completion(struct verdict *v)
{
	struct json_object *end = dp_step(v, "event-end"), *again = dp_step(v, "event-again");

	if (end && !dp_completed(end))
		dp_broken(v, "C5",
			  "the event does not complete although nothing is pinned: it %s in %s",
			  dp_text_of(end, "state"), dp_text_of(end, "where"));
	if (again && !dp_completed(again))
		dp_broken(v, "C5", "the event is still refused although nothing is pinned: %s",
			  dp_text_of(again, "text"));
	if (dp_says(dp_step(v, "owner-end"), "state", "waits") ||
	    dp_says(dp_step(v, "owner-end"), "state", "runs"))
		dp_broken(v, "C5", "the owner cannot end: it is in %s",
			  dp_text_of(dp_step(v, "owner-end"), "where"));
}

/* Whether the counters can tell: not if the node went on which they were kept. */
static bool countable(const struct verdict *v)
{
	struct json_object *reg = dp_step(v, "register");
	bool on_device = dp_flag(reg, "on_device");

	return !v->event->uncounts || !on_device ||
	       !(dp_completed(dp_step(v, "event")) || dp_completed(dp_step(v, "event-end")) ||
		 dp_completed(dp_step(v, "event-again")));
}

/* C6: every pin that was acquired is released once the owner is gone. */
static void judge_pins(struct verdict *v)
{
	struct json_object *pins = dp_step(v, "pins"),
			   *kills = dp_step(v, "kill-while-registering");
	struct json_object *reg = dp_step(v, "register"), *event = dp_step(v, "event");
	int64_t held = dp_number(pins, "pins_held", 0);

	if (held && countable(v))
		dp_broken(v, "C6", "%" PRId64 " pages are still pinned after the owner has gone",
			  held);
	if (dp_number(kills, "pins_held", 0))
		dp_broken(v, "C6",
			  "%" PRId64 " pages are still pinned after owners were killed while "
			  "registering",
			  dp_number(kills, "pins_held", 0));
	if (kills && dp_number(kills, "gone", 0) != dp_number(kills, "killed", 0))
		dp_broken(v, "C6", "an owner that was killed while registering does not go: %s",
			  dp_text_of(kills, "where"));
	/* After a registration that was refused, nothing may hold the device. */
	if (reg && dp_json_text(reg, "errno") && event && !dp_completed(event))
		dp_broken(v, "C6", "the event %s although nothing was registered: %s",
			  dp_text_of(event, "state"),
			  dp_text_of(event, waited(event) ? "where" : "text"));
}

/* C7: afterwards the device can be brought back and registered again. */
static void judge_return(struct verdict *v)
{
	struct json_object *back = dp_step(v, "come-back"), *reg = dp_step(v, "register");
	const char *first = dp_text_of(reg, "errno"), *now = dp_text_of(back, "register");

	if (!back)
		return;
	if (!dp_completed(back))
		dp_broken(v, "C7", "the device does not come back: it %s%s%s",
			  dp_text_of(back, "state"), dp_text_of(back, "text")[0] ? ": " : "",
			  dp_text_of(back, "text"));
	else if (strcmp(now, first[0] ? first : "allowed"))
		dp_broken(v, "C7", "it comes back, but registering gives %s instead of %s", now,
			  first[0] ? first : "allowed");
}

static void add_facts(struct verdict *v)
{
	struct json_object *facts = json_object_new_object(), *event = dp_step(v, "event");
	struct json_object *end = dp_step(v, "event-end"), *pins = dp_step(v, "pins");
	struct json_object *reg = dp_step(v, "register"), *back = dp_step(v, "come-back");

	v->result->facts = facts;
	dp_json_add_int(facts, "pins_acquired", dp_number(reg, "pins_held", 0));
	json_object_object_add(facts, "event_completed",
			       json_object_new_boolean(dp_completed(event)));
	dp_json_add_text(facts, "event_state", dp_text_of(event, "state"));
	dp_json_add_int(facts, "event_ms", dp_number(event, "ms", 0));
	json_object_object_add(facts, "waited_for_pins",
			       json_object_new_boolean(pinned(v) && waited(event)));
	dp_json_add_text(facts, "where", dp_text_of(event, "where"));
	dp_json_add_text(facts, "cpu_access", dp_text_of(dp_step(v, "cpu-access"), "result"));
	if (dp_step(v, "register-again"))
		dp_json_add_text(facts, "reregister",
				 dp_text_of(dp_step(v, "register-again"), "errno")[0]
					 ? dp_text_of(dp_step(v, "register-again"), "errno")
					 : "allowed");
	dp_json_add_text(facts, "async_events", dp_text_of(dp_step(v, "async-events"), "events"));
	if (end)
		dp_json_add_int(facts, "completed_after_release_ms", dp_number(end, "ms", 0));
	if (pins && countable(v))
		dp_json_add_int(facts, "pins_leaked", dp_number(pins, "pins_held", 0));
	if (back)
		dp_json_add_text(facts, "came_back", dp_text_of(back, "register"));
}

static const struct dp_event *event_of(const char *id)
{
	char name[64];
	size_t count;
	const struct dp_event *const *all = dp_events(&count);

	if (sscanf(id, "%*[^/]/%*[^/]/%63[^/]", name) != 1)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

static void judge_steps(struct verdict *v)
{
	dp_judge_splats(v);
	judge_holding(v);
	judge_waiting(v);
	judge_access(v);
	judge_again(v);
	add_facts(v);
	if (v->splatted)
		return;
	judge_completion(v);
	judge_pins(v);
	judge_return(v);
}

static bool is_race(const char *id)
{
	return !strncmp(id, "race/", 5);
}

static bool is_traffic(const char *id)
{
	return !strncmp(id, "traffic/", 8);
}

/* Whether what was asked has its answer: a race must have been run. */
static bool answered(const struct verdict *v, const struct dp_cell *cell)
{
	return cell && cell->outcome == DP_ANSWERED && (!is_race(v->result->id) || dp_raced(v));
}

static void conclude(struct verdict *v)
{
	struct dp_result *r = v->result;
	struct json_object *event = dp_step(v, "event");

	r->status = r->violates[0] ? DP_FAIL : DP_PASS;
	if (r->violates[0] || is_race(r->id))
		return;
	if (pinned(v) && waited(event))
		snprintf(r->why, sizeof(r->why), "the event waited for the pins%s",
			 dp_step(v, "event-end") ? ", and completed after the release" : "");
	else if (pinned(v) && dp_says(event, "state", "failed"))
		snprintf(r->why, sizeof(r->why), "the event was refused: %.300s",
			 dp_text_of(event, "text"));
	else
		snprintf(r->why, sizeof(r->why), "the event completed, and no clause was broken");
}

void dp_contract_judge(const char *id, const struct dp_cell *cell, struct json_object *steps,
		       const char *doing, const char *absent, struct dp_result *result)
{
	struct verdict v = { .result = result, .steps = steps, .event = event_of(id) };

	memset(result, 0, sizeof(*result));
	snprintf(result->id, sizeof(result->id), "%s", id);
	result->steps = json_object_get(steps);
	result->status = DP_ERROR;
	if (!v.event && !is_traffic(id)) {
		snprintf(result->why, sizeof(result->why), "no such event in this daxpin");
		return;
	}
	if (cell && cell->outcome == DP_SKIPPED) {
		result->status = DP_SKIP_STATUS;
		snprintf(result->why, sizeof(result->why), "%s", cell->text);
		return;
	}
	if (is_traffic(id) && v.event) {
		dp_judge_in_flight(&v, cell, absent);
		return;
	}
	if (is_traffic(id)) {
		dp_judge_traffic(&v, cell, doing, absent);
		return;
	}
	if (is_race(id))
		dp_judge_race(&v);
	else
		judge_steps(&v);
	result->unfinished = !answered(&v, cell);
	/* A guest that did not come to the end has an answer if its kernel broke a clause. */
	if (result->violates[0] || !result->unfinished)
		conclude(&v);
	else if (!result->why[0])
		snprintf(result->why, sizeof(result->why), "%.400s%s%s",
			 !cell           ? absent
			 : cell->text[0] ? cell->text
					 : "it ended, and nothing was observed",
			 doing[0] ? ", at step " : "", doing);
}
