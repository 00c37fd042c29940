// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic that was in flight when something was taken away: requests complete or error, queue pairs
 * end in a defined state, and nothing lands in memory that has been handed on (C8); and what else
 * of the contract shows in it.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/observe.h"

/* C8: what was posted comes to an end, and the queue pair to a state that says which. */
static void judge_requests(struct verdict *v, struct json_object *flight)
{
	/* Nothing can come from an adapter that has gone, and its user is told so (EIO). */
	bool gone = v->event->takes_rdma && dp_completed(dp_step(v, "event"));
	const char *text = dp_text_of(flight, "text"), *state = dp_text_of(flight, "state");
	bool ended = dp_number(flight, "status", -1) >= 0;

	if (!ended && gone)
		return;
	if (!ended && !v->splatted)
		dp_broken(v, "C8", "requests in flight neither complete nor fail: %s",
			  text[0] ? text : "the end that posted them was lost");
	else if (ended && strcmp(state, "RTS") && strcmp(state, "ERR"))
		dp_broken(v, "C8", "the queue pair ends in state %s", state);
	else if (ended && dp_number(flight, "status", 0) && strcmp(state, "ERR"))
		dp_broken(v, "C8", "a request ended in \"%s\", and the queue pair is in state %s",
			  dp_text_of(flight, "status_text"), state);
}

static void judge_canary(struct verdict *v, struct json_object *canary)
{
	int64_t wrong = dp_number(canary, "wrong", 0);

	if (wrong)
		dp_broken(v, "C8",
			  "%" PRId64 " bytes of memory that was handed on were overwritten, the "
			  "first at offset %" PRId64,
			  wrong, dp_number(canary, "first", 0));
}

static void judge_event(struct verdict *v, struct json_object *event, struct json_object *flight)
{
	struct json_object *end = dp_step(v, "event-end");

	bool movable = dp_flag(event, "movable");
	/* With the adapter, and with its owner, a region goes and what it pinned. */
	bool released = v->event->ends_owner || v->event->takes_rdma;

	/* A longterm pin moves pages out of ZONE_MOVABLE (check_and_migrate_movable_pages()). */
	if (dp_completed(event) && !dp_flag(flight, "on_demand") && !released && !movable)
		dp_broken(v, "C2", "the event completed while the region was registered");
	if (end && !dp_completed(end) && !v->splatted)
		dp_broken(v, "C5",
			  "the event does not complete although nothing is pinned: it %s in %s",
			  dp_text_of(end, "state"), dp_text_of(end, "where"));
}

static void add_facts(struct verdict *v, struct json_object *flight, struct json_object *event,
		      struct json_object *canary)
{
	struct json_object *facts = json_object_new_object();

	v->result->facts = facts;
	dp_json_add_int(facts, "operations", dp_number(flight, "operations", 0));
	dp_json_add_text(facts, "ended_in", dp_text_of(flight, "status_text"));
	dp_json_add_text(facts, "queue_pair", dp_text_of(flight, "state"));
	dp_json_add_text(facts, "event_state", dp_text_of(event, "state"));
	json_object_object_add(facts, "on_demand",
			       json_object_new_boolean(dp_flag(flight, "on_demand")));
	dp_json_add_int(facts, "canary_bytes", dp_number(canary, "bytes", 0));
	dp_json_add_int(facts, "canary_operations", dp_number(canary, "operations", 0));
	dp_json_add_text(facts, "canary_ended_in", dp_text_of(canary, "status_text"));
}

/* A canary that nobody could have overwritten has nothing to say. */
static void tell(struct verdict *v, struct json_object *flight, struct json_object *event,
		 struct json_object *canary)
{
	struct dp_result *r = v->result;
	size_t used;

	r->status = DP_PASS;
	used = (size_t)snprintf(
		r->why, sizeof(r->why),
		"%" PRId64 " requests completed, the last in \"%s\", queue pair %s; the event %s",
		dp_number(flight, "operations", 0),
		dp_text_of(flight, dp_text_of(flight, "status_text")[0] ? "status_text" : "text"),
		dp_text_of(flight, "state")[0] ? dp_text_of(flight, "state") : "gone",
		dp_text_of(event, "state"));
	if (canary && dp_number(canary, "bytes", 0) && used < sizeof(r->why))
		snprintf(r->why + used, sizeof(r->why) - used,
			 "; %" PRId64 " bytes that were handed on are untouched",
			 dp_number(canary, "bytes", 0));
}

void dp_judge_in_flight(struct verdict *v, const struct dp_cell *cell, const char *absent)
{
	struct json_object *flight = dp_step(v, "in-flight"), *event = dp_step(v, "event"),
			   *canary = dp_step(v, "canary"), *refused = dp_step(v, "refused");
	struct dp_result *r = v->result;
	bool ended = cell && cell->outcome == DP_ANSWERED;

	dp_judge_splats(v);
	if (flight)
		judge_requests(v, flight);
	if (event)
		judge_event(v, event, flight);
	if (canary)
		judge_canary(v, canary);
	add_facts(v, flight, event, canary);
	r->unfinished = !ended || (!event && !refused);
	if (r->violates[0])
		r->status = DP_FAIL;
	else if (ended && event)
		tell(v, flight, event, canary);
	else if (ended && refused) {
		r->status = DP_SKIP_STATUS;
		snprintf(r->why, sizeof(r->why), "the kernel does not register it: %s",
			 dp_text_of(refused, "errno"));
	} else
		snprintf(r->why, sizeof(r->why), "%.400s",
			 !ended                  ? absent
			 : dp_step(v, "trouble") ? dp_text_of(dp_step(v, "trouble"), "text")
						 : "it ended, and nothing was observed");
}
