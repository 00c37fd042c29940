// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contract for teardown, C1 to C8 (docs/architecture.md), judged from the steps of a scenario
 * and from what the kernel said meanwhile. What follows after a kernel's oops is no evidence: then
 * only what was broken before it counts.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"
#include "daxpin/policy.h"
#include "daxpin/teardown.h"

struct verdict {
	struct dp_result *result;
	struct json_object *steps;
	const struct dp_event *event;
	bool complained; /* the kernel has */
};

/* The step of a name, NULL if it was not taken. */
static struct json_object *step(const struct verdict *v, const char *name)
{
	size_t count = v->steps ? json_object_array_length(v->steps) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);
		const char *kind = dp_json_text(obj, "kind"), *have = dp_json_text(obj, "step");

		if (kind && have && !strcmp(kind, "step") && !strcmp(have, name))
			return obj;
	}
	return NULL;
}

/* Whether a step's member is this text; false if either is missing. */
static bool is(struct json_object *obj, const char *key, const char *text)
{
	const char *have = obj ? dp_json_text(obj, key) : NULL;

	return have && !strcmp(have, text);
}

static int64_t number(struct json_object *obj, const char *key, int64_t otherwise)
{
	int64_t value;

	return obj && !dp_json_int(obj, key, &value) ? value : otherwise;
}

static const char *text_of(struct json_object *obj, const char *key)
{
	const char *text = obj ? dp_json_text(obj, key) : NULL;

	return text ? text : "";
}

/* Notes a broken promise: each once, the explanations one after the other. */
__attribute__((format(printf, 3, 4))) static void broken(struct verdict *v, const char *promise,
							 const char *fmt, ...)
{
	struct dp_result *r = v->result;
	size_t used = strlen(r->violates), told = strlen(r->why);
	va_list ap;

	if (!strstr(r->violates, promise))
		snprintf(r->violates + used, sizeof(r->violates) - used, "%s%s", used ? " " : "",
			 promise);
	told += (size_t)snprintf(r->why + told, sizeof(r->why) - told, "%s%s: ", told ? "; " : "",
				 promise);
	if (told >= sizeof(r->why))
		return;
	va_start(ap, fmt);
	vsnprintf(r->why + told, sizeof(r->why) - told, fmt, ap);
	va_end(ap);
}

/* C1: no oops, BUG, WARN, lockdep report, hung task or panic. */
static void judge_complaints(struct verdict *v)
{
	size_t count = v->steps ? json_object_array_length(v->steps) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);

		if (!is(obj, "kind", "kernel"))
			continue;
		if (!v->result->kernel)
			v->result->kernel = json_object_get(obj);
		v->complained = true;
	}
	if (v->complained)
		broken(v, "C1", "%s in %s during step %s", text_of(v->result->kernel, "complaint"),
		       text_of(v->result->kernel, "function"), text_of(v->result->kernel, "step"));
}

static bool completed(struct json_object *obj)
{
	return is(obj, "state", "completed");
}

static bool waited(struct json_object *event)
{
	return is(event, "state", "waits") || is(event, "state", "runs");
}

/* Pinned for long: what is paged on demand holds nothing. */
static bool pinned(const struct verdict *v)
{
	struct json_object *reg = step(v, "register");

	return completed(reg) && !dp_json_text(reg, "errno") &&
	       !json_object_get_boolean(json_object_object_get(reg, "on_demand"));
}

/* C2: while longterm pins are held, a teardown waits or is refused. */
static void judge_waiting(struct verdict *v)
{
	struct json_object *event = step(v, "event"), *reg = step(v, "register");
	bool on_device = reg && json_object_get_boolean(json_object_object_get(reg, "on_device"));
	int64_t held = number(event, "pins_held", 0);

	bool gone = v->event->effect == DP_GONE && is(step(v, "cpu-access"), "result", "SIGBUS");

	if (!pinned(v) || v->event->ends_owner || held <= 0 || !(on_device || v->event->takes_rdma))
		return;
	if (completed(event))
		broken(v, "C2", "the event completed while %" PRId64 " pages were pinned", held);
	else if (is(event, "state", "failed") && gone)
		broken(v, "C2",
		       "the event failed, and took the device away while %" PRId64
		       " pages were pinned",
		       held);
}

/* C3: once the device is gone, a CPU access gets SIGBUS, never old or foreign data. */
static void judge_access(struct verdict *v)
{
	struct json_object *access = step(v, "cpu-access");
	const char *got = text_of(access, "result");

	if (!access || !completed(step(v, "event")))
		return;
	if (v->event->effect == DP_GONE && strcmp(got, "SIGBUS"))
		broken(v, "C3", "a CPU access to what has gone gives: %s", got);
	else if (v->event->effect == DP_ZEROED && strcmp(got, "zero") && strcmp(got, "SIGBUS"))
		broken(v, "C3", "a CPU access to the hole gives: %s", got);
}

/* C4: a registration on a dying mapping succeeds and holds the teardown, or fails cleanly. */
static void judge_again(struct verdict *v)
{
	struct json_object *again = step(v, "register-again"), *held = step(v, "release-again");

	if (again && !completed(again))
		broken(v, "C4", "a registration on the dying mapping %s", text_of(again, "state"));
	else if (again && !dp_json_text(again, "errno") && v->event->effect == DP_GONE &&
		 completed(step(v, "event")))
		broken(v, "C4", "a registration succeeds although the device has gone");
	if (held && completed(held) && waited(step(v, "event")) && v->event->effect == DP_GONE &&
	    is(held, "event_state", "completed"))
		broken(v, "C4",
		       "a registration on the dying mapping succeeded and did not hold it");
}

/* C5: a teardown that waited completes soon after the last pin is released. */
static void judge_completion(struct verdict *v)
{
	struct json_object *end = step(v, "event-end"), *again = step(v, "event-again");

	if (end && !completed(end))
		broken(v, "C5",
		       "the event does not complete although nothing is pinned: it %s in %s",
		       text_of(end, "state"), text_of(end, "where"));
	if (again && !completed(again))
		broken(v, "C5", "the event is still refused although nothing is pinned: %s",
		       text_of(again, "text"));
	if (is(step(v, "owner-end"), "state", "waits") || is(step(v, "owner-end"), "state", "runs"))
		broken(v, "C5", "the owner cannot end: it is in %s",
		       text_of(step(v, "owner-end"), "where"));
}

/* C6: every pin that was acquired is released once the owner is gone. */
static void judge_pins(struct verdict *v)
{
	struct json_object *pins = step(v, "pins"), *kills = step(v, "kill-while-registering");
	struct json_object *reg = step(v, "register"), *event = step(v, "event");
	int64_t held = number(pins, "pins_held", 0);

	if (held)
		broken(v, "C6", "%" PRId64 " pages are still pinned after the owner has gone",
		       held);
	if (number(kills, "pins_held", 0))
		broken(v, "C6",
		       "%" PRId64 " pages are still pinned after owners were killed while "
		       "registering",
		       number(kills, "pins_held", 0));
	if (kills && number(kills, "gone", 0) != number(kills, "killed", 0))
		broken(v, "C6", "an owner that was killed while registering does not go: %s",
		       text_of(kills, "where"));
	/* After a registration that was refused, nothing may hold the device. */
	if (reg && dp_json_text(reg, "errno") && event && !completed(event))
		broken(v, "C6", "the event %s although nothing was registered: %s",
		       text_of(event, "state"), text_of(event, waited(event) ? "where" : "text"));
}

/* C7: afterwards the device can be brought back and registered again. */
static void judge_return(struct verdict *v)
{
	struct json_object *back = step(v, "come-back"), *reg = step(v, "register");
	const char *first = text_of(reg, "errno"), *now = text_of(back, "register");

	if (!back)
		return;
	if (!completed(back))
		broken(v, "C7", "the device does not come back: it %s%s%s", text_of(back, "state"),
		       text_of(back, "text")[0] ? ": " : "", text_of(back, "text"));
	else if (strcmp(now, first[0] ? first : "allowed"))
		broken(v, "C7", "it comes back, but registering gives %s instead of %s", now,
		       first[0] ? first : "allowed");
}

static void add_facts(struct verdict *v)
{
	struct json_object *facts = json_object_new_object(), *event = step(v, "event");
	struct json_object *end = step(v, "event-end"), *pins = step(v, "pins");
	struct json_object *reg = step(v, "register"), *back = step(v, "come-back");

	v->result->facts = facts;
	dp_json_add_int(facts, "pins_acquired", number(reg, "pins_held", 0));
	json_object_object_add(facts, "event_completed", json_object_new_boolean(completed(event)));
	dp_json_add_text(facts, "event_state", text_of(event, "state"));
	dp_json_add_int(facts, "event_ms", number(event, "ms", 0));
	json_object_object_add(facts, "waited_for_pins",
			       json_object_new_boolean(pinned(v) && waited(event)));
	dp_json_add_text(facts, "where", text_of(event, "where"));
	dp_json_add_text(facts, "cpu_access", text_of(step(v, "cpu-access"), "result"));
	if (step(v, "register-again"))
		dp_json_add_text(facts, "reregister",
				 text_of(step(v, "register-again"), "errno")[0]
					 ? text_of(step(v, "register-again"), "errno")
					 : "allowed");
	dp_json_add_text(facts, "async_events", text_of(step(v, "async-events"), "events"));
	if (end)
		dp_json_add_int(facts, "completed_after_release_ms", number(end, "ms", 0));
	if (pins)
		dp_json_add_int(facts, "pins_leaked", number(pins, "pins_held", 0));
	if (back)
		dp_json_add_text(facts, "came_back", text_of(back, "register"));
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
	judge_complaints(v);
	judge_waiting(v);
	judge_access(v);
	judge_again(v);
	add_facts(v);
	if (v->complained)
		return;
	judge_completion(v);
	judge_pins(v);
	judge_return(v);
}

static void conclude(struct verdict *v)
{
	struct dp_result *r = v->result;
	struct json_object *event = step(v, "event");

	r->status = r->violates[0] ? DP_FAIL : DP_PASS;
	if (r->violates[0])
		return;
	if (pinned(v) && waited(event))
		snprintf(r->why, sizeof(r->why), "the event waited for the pins%s",
			 step(v, "event-end") ? ", and completed after the release" : "");
	else if (pinned(v) && is(event, "state", "failed"))
		snprintf(r->why, sizeof(r->why), "the event was refused: %.300s",
			 text_of(event, "text"));
	else
		snprintf(r->why, sizeof(r->why), "the event completed, and no promise was broken");
}

void dp_contract_judge(const char *id, const struct dp_cell *cell, struct json_object *steps,
		       const char *doing, const char *absent, struct dp_result *result)
{
	struct verdict v = { .result = result, .steps = steps, .event = event_of(id) };

	memset(result, 0, sizeof(*result));
	snprintf(result->id, sizeof(result->id), "%s", id);
	result->steps = json_object_get(steps);
	result->status = DP_ERROR;
	if (!v.event) {
		snprintf(result->why, sizeof(result->why), "no such event in this daxpin");
		return;
	}
	if (cell && cell->outcome == DP_SKIPPED) {
		result->status = DP_SKIP_STATUS;
		snprintf(result->why, sizeof(result->why), "%s", cell->text);
		return;
	}
	judge_steps(&v);
	/* A guest that did not come to the end has an answer if its kernel broke a promise. */
	if (result->violates[0] || (cell && cell->outcome == DP_ANSWERED))
		conclude(&v);
	else
		snprintf(result->why, sizeof(result->why), "%.400s%s%s", cell ? cell->text : absent,
			 doing[0] ? ", at step " : "", doing);
}
