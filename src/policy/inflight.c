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

	/* An end that was lost has not seen how they end. */
	if (dp_step_int(flight, DP_FIELD_STATUS, &status) || (status < 0 && (gone || !text[0])))
		return;
	if (status < 0 && !v->splatted)
		dp_broken(v, DP_C8, "requests in flight neither complete nor fail: %s", text);
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
	/* With the adapter, and with its owner, a region goes and what it pinned. */
	bool released = v->event->ends_owner || v->event->takes_rdma, on_demand, movable;

	/* A longterm pin moves pages out of ZONE_MOVABLE (check_and_migrate_movable_pages()). */
	if (dp_completed(event) && !released &&
	    !dp_step_flag(flight, DP_FIELD_ON_DEMAND, &on_demand) && !on_demand &&
	    !dp_step_flag(event, DP_FIELD_MOVABLE, &movable) && !movable)
		dp_broken(v, DP_C2, "the event completed while the region was registered");
	if ((dp_stuck(end) || dp_failed(end)) && !v->splatted)
		dp_broken(v, DP_C5,
			  "the event does not complete although nothing is pinned: it %s%s%s",
			  dp_text_of(end, DP_FIELD_STATE), dp_failed(end) ? ": " : " in ",
			  dp_text_of(end, dp_failed(end) ? DP_FIELD_TEXT : DP_FIELD_WHERE));
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
		"%" PRId64 " requests completed, the last in \"%s\", queue pair %s; the event %s%s",
		operations, last ? last : dp_text_of(flight, DP_FIELD_TEXT), state ? state : "gone",
		dp_text_of(event, DP_FIELD_STATE),
		dp_seen(v, DP_STEP_EVENT_END) ? ", and completed after the release" : "");
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

/* ---- which steps are due ------------------------------------------------------------------ */

/* Memory is gone, so that it can be handed on. */
static bool is_taken(const struct verdict *v)
{
	return v->event->effect != DP_KEEPS && (dp_completed(dp_seen(v, DP_STEP_EVENT)) ||
						dp_completed(dp_seen(v, DP_STEP_EVENT_END)));
}

static bool is_due(const struct verdict *v, enum dp_step step)
{
	switch (step) {
	case DP_STEP_RELEASE:
	case DP_STEP_EVENT_END:
		/* The adapter itself stays in use. */
		return dp_stuck(dp_seen(v, DP_STEP_EVENT)) && !v->event->takes_rdma;
	case DP_STEP_UNDO:
		return is_taken(v) && v->event->undo;
	case DP_STEP_CANARY:
		return is_taken(v);
	default:
		return true;
	}
}

/* ---- what is no answer -------------------------------------------------------------------- */

static bool tell_end(const struct verdict *v, enum dp_step step, char *text, size_t size)
{
	struct json_object *obj = dp_seen(v, step);
	const char *why = dp_text_of(obj, DP_FIELD_TEXT);

	snprintf(text, size, "step \"%s\" did not come to its end: %s%s%.300s", dp_step_name(step),
		 dp_text_of(obj, DP_FIELD_STATE), why[0] ? ": " : "", why);
	return true;
}

/* A process of daxpin's own that died, or could not begin, and memory that is not handed on. */
static bool is_lost(const struct verdict *v, char *text, size_t size)
{
	struct json_object *trouble = dp_seen(v, DP_STEP_TROUBLE);
	struct json_object *undo = dp_seen(v, DP_STEP_UNDO);
	const char *refused = dp_text_of(dp_seen(v, DP_STEP_RELEASE), DP_FIELD_ERRNO);

	if (trouble) {
		snprintf(text, size, "%s: %.300s", dp_text_of(trouble, DP_FIELD_WHAT),
			 dp_text_of(trouble, DP_FIELD_TEXT));
		return true;
	}
	if (dp_died(dp_seen(v, DP_STEP_EVENT)))
		return tell_end(v, DP_STEP_EVENT, text, size);
	if (dp_died(dp_seen(v, DP_STEP_EVENT_END)))
		return tell_end(v, DP_STEP_EVENT_END, text, size);
	if (refused[0])
		snprintf(text, size, "the region was not released: %s", refused);
	return refused[0] || (undo && !dp_completed(undo) && tell_end(v, DP_STEP_UNDO, text, size));
}

/* A completion has a text, and leaves a state of its queue pair; that there is none has a reason.
 */
static bool is_unfounded(struct json_object *flight)
{
	bool text = dp_step_text(flight, DP_FIELD_STATUS_TEXT);
	int64_t status;

	if (dp_step_int(flight, DP_FIELD_STATUS, &status) || text != (status >= 0))
		return true;
	return !dp_step_text(flight, text ? DP_FIELD_QP_STATE : DP_FIELD_TEXT);
}

/* What is pinned is registered on demand only after that was refused. */
static bool is_impossible(const struct verdict *v, char *text, size_t size)
{
	struct json_object *flight = dp_seen(v, DP_STEP_IN_FLIGHT);
	struct json_object *canary = dp_seen(v, DP_STEP_CANARY);
	bool refused = dp_seen(v, DP_STEP_REFUSED);
	enum dp_step step = DP_STEP_IN_FLIGHT;
	enum dp_field field;
	int64_t number;

	if (dp_is_set(flight, DP_FIELD_ON_DEMAND) != refused) {
		field = DP_FIELD_ON_DEMAND;
	} else if (is_unfounded(flight)) {
		field = DP_FIELD_STATUS;
	} else if (canary && !dp_is_above_zero(canary, DP_FIELD_BYTES, &number)) {
		step = DP_STEP_CANARY;
		field = DP_FIELD_BYTES;
	} else {
		return false;
	}
	snprintf(text, size, "\"%s\" of step \"%s\" cannot be, after what was seen in others",
		 dp_field_name(field), dp_step_name(step));
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
	else if (!is_lost(v, r->why, sizeof(r->why)) &&
		 !dp_find_missing(v, OWED, OWED, r->why, sizeof(r->why)) &&
		 !dp_find_gap(v, r->why, sizeof(r->why)) &&
		 !dp_find_untimely(v, OWED, is_due, r->why, sizeof(r->why)) &&
		 !is_impossible(v, r->why, sizeof(r->why)))
		conclude(v, flight, event, canary);
	r->unfinished = r->status == DP_ERROR;
}
