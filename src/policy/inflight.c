// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic that was in flight when something was taken away: requests complete or error, queue pairs
 * end in a defined state, and nothing lands in memory that has been handed on (C8); and what else
 * of the contract shows in it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/json.h"

/* A registration that is refused has nothing in flight. */
#define OWED                                                                                       \
	(DP_STEP_BIT(DP_STEP_EVENT) | DP_STEP_BIT(DP_STEP_RELEASE) |                               \
	 DP_STEP_BIT(DP_STEP_EVENT_END) | DP_STEP_BIT(DP_STEP_IN_FLIGHT) |                         \
	 DP_STEP_BIT(DP_STEP_UNDO) | DP_STEP_BIT(DP_STEP_CANARY) | DP_STEP_BIT(DP_STEP_LEGS) |     \
	 DP_STEP_BIT(DP_STEP_TAINT))

/* C8: what was posted comes to an end, and the queue pair to a state that says which. */
static void judge_requests(struct verdict *v, struct json_object *flight)
{
	/* Nothing can come from an adapter that has gone, and its user is told so (EIO). */
	bool gone = v->event->takes_rdma && dp_completed(dp_seen(v, DP_STEP_EVENT));
	const char *text = dp_text_of(flight, DP_FIELD_TEXT);
	const char *state = dp_text_of(flight, DP_FIELD_QP_STATE);
	int64_t status;

	if (dp_step_int(flight, DP_FIELD_STATUS, &status))
		return;
	if (status < 0 && gone)
		return;
	if (status < 0 && !v->splatted)
		dp_broken(v, DP_C8, "requests in flight neither complete nor fail: %s",
			  text[0] ? text : "the end that posted them was lost");
	else if (status >= 0 && state[0] && strcmp(state, "RTS") && strcmp(state, "ERR"))
		dp_broken(v, DP_C8, "the queue pair ends in state %s", state);
	else if (status > 0 && state[0] && strcmp(state, "ERR"))
		dp_broken(v, DP_C8, "a request ended in \"%s\", and the queue pair is in state %s",
			  dp_text_of(flight, DP_FIELD_STATUS_TEXT), state);
}

static void judge_canary(struct verdict *v, struct json_object *canary)
{
	int64_t wrong, first = 0;

	if (!dp_is_above_zero(canary, DP_FIELD_WRONG, &wrong))
		return;
	dp_step_int(canary, DP_FIELD_FIRST_WRONG, &first);
	dp_broken(v, DP_C8,
		  "%" PRId64 " bytes of memory that was handed on were overwritten, the first at "
		  "offset %" PRId64,
		  wrong, first);
}

static void judge_event(struct verdict *v, struct json_object *event, struct json_object *flight)
{
	struct json_object *end = dp_seen(v, DP_STEP_EVENT_END);
	const char *ended = dp_step_text(end, DP_FIELD_STATE);
	/* With the adapter, and with its owner, a region goes and what it pinned. */
	bool released = v->event->ends_owner || v->event->takes_rdma, on_demand, movable;

	/* A longterm pin moves pages out of ZONE_MOVABLE (check_and_migrate_movable_pages()). */
	if (dp_completed(event) && !released &&
	    !dp_step_flag(flight, DP_FIELD_ON_DEMAND, &on_demand) && !on_demand &&
	    !dp_step_flag(event, DP_FIELD_MOVABLE, &movable) && !movable)
		dp_broken(v, DP_C2, "the event completed while the region was registered");
	if (ended && strcmp(ended, "completed") && !v->splatted)
		dp_broken(v, DP_C5,
			  "the event does not complete although nothing is pinned: it %s in %s",
			  ended, dp_text_of(end, DP_FIELD_WHERE));
}

static void add_facts(struct verdict *v, struct json_object *flight, struct json_object *event,
		      struct json_object *canary)
{
	dp_fact(v, "operations", flight, DP_FIELD_OPERATIONS);
	dp_fact(v, "ended_in", flight, DP_FIELD_STATUS_TEXT);
	dp_fact(v, "queue_pair", flight, DP_FIELD_QP_STATE);
	dp_fact(v, "event_state", event, DP_FIELD_STATE);
	dp_fact(v, "on_demand", flight, DP_FIELD_ON_DEMAND);
	dp_fact(v, "canary_bytes", canary, DP_FIELD_BYTES);
	dp_fact(v, "canary_operations", canary, DP_FIELD_OPERATIONS);
	dp_fact(v, "canary_ended_in", canary, DP_FIELD_STATUS_TEXT);
}

/* A canary that nobody could have overwritten has nothing to say. */
static void conclude(struct verdict *v, struct json_object *flight, struct json_object *event,
		     struct json_object *canary)
{
	struct dp_result *r = v->result;
	const char *last = dp_step_text(flight, DP_FIELD_STATUS_TEXT);
	const char *state = dp_step_text(flight, DP_FIELD_QP_STATE);
	int64_t operations = 0, bytes;
	size_t used;

	dp_step_int(flight, DP_FIELD_OPERATIONS, &operations);
	r->status = DP_PASS;
	used = (size_t)snprintf(
		r->why, sizeof(r->why),
		"%" PRId64 " requests completed, the last in \"%s\", queue pair %s; the event %s",
		operations, last ? last : dp_text_of(flight, DP_FIELD_TEXT), state ? state : "gone",
		dp_text_of(event, DP_FIELD_STATE));
	if (dp_is_above_zero(canary, DP_FIELD_BYTES, &bytes) && used < sizeof(r->why))
		snprintf(r->why + used, sizeof(r->why) - used,
			 "; %" PRId64 " bytes that were handed on are untouched", bytes);
}

static void tell_refusal(struct dp_result *r, struct json_object *refused)
{
	r->status = DP_SKIP_STATUS;
	snprintf(r->why, sizeof(r->why), "the kernel does not register it: %s",
		 dp_text_of(refused, DP_FIELD_ERRNO));
}

/* A process of daxpin's own that died, or could not begin, is no answer. */
static bool is_lost(const struct verdict *v, struct json_object *event, char *text, size_t size)
{
	struct json_object *trouble = dp_seen(v, DP_STEP_TROUBLE);

	if (trouble)
		snprintf(text, size, "%s: %.300s", dp_text_of(trouble, DP_FIELD_WHAT),
			 dp_text_of(trouble, DP_FIELD_TEXT));
	else if (dp_says(event, DP_FIELD_STATE, "died"))
		snprintf(text, size, "the process that carried out the event died");
	else
		return false;
	return true;
}

void dp_judge_in_flight(struct verdict *v)
{
	struct json_object *flight = dp_seen(v, DP_STEP_IN_FLIGHT);
	struct json_object *event = dp_seen(v, DP_STEP_EVENT);
	struct json_object *canary = dp_seen(v, DP_STEP_CANARY);
	struct json_object *refused = dp_seen(v, DP_STEP_REFUSED);
	struct dp_result *r = v->result;

	dp_judge_splats(v);
	judge_requests(v, flight);
	judge_event(v, event, flight);
	judge_canary(v, canary);
	add_facts(v, flight, event, canary);
	if (r->violates)
		r->status = DP_FAIL;
	else if (refused && !flight && !event)
		tell_refusal(r, refused);
	else if (!is_lost(v, event, r->why, sizeof(r->why)) &&
		 !dp_find_missing(v, OWED, OWED, r->why, sizeof(r->why)) &&
		 !dp_find_gap(v, r->why, sizeof(r->why)))
		conclude(v, flight, event, canary);
	r->unfinished = r->status == DP_ERROR;
}
