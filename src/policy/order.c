// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contract for an order. Who holds the guest saw how far each of the two came; the guest itself
 * saw the answer, the pins and the end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

#define BIT(step) DP_STEP_BIT(DP_STEP_##step)
#define OWED                                                                                       \
	(BIT(ORDER) | BIT(ANSWER) | BIT(EVENT) | BIT(RELEASE) | BIT(EVENT_END) | BIT(PINS) |       \
	 BIT(COME_BACK) | BIT(TAINT))

/* The memory under the region goes, and a pin has to keep it. */
static bool takes_memory(const struct verdict *v)
{
	return v->event->effect == DP_GONE && !v->event->takes_rdma;
}

static bool pinned(const struct verdict *v)
{
	struct json_object *answer = dp_seen(v, DP_STEP_ANSWER);

	return dp_registered(answer) && dp_is_clear(answer, DP_FIELD_ON_DEMAND);
}

static struct json_object *list_of(const struct verdict *v, enum dp_field list)
{
	return dp_json_array(dp_seen(v, DP_STEP_ORDER), dp_field_name(list));
}

static enum dp_point point_of(struct json_object *move)
{
	enum dp_point point = dp_point_find(dp_json_text(move, "point"));
	bool returned = dp_json_bool_or(move, "returned", false);

	return point == DP_POINT_TAKE && returned ? DP_POINT_TAKEN : point;
}

static bool is_of(struct json_object *move, const char *side)
{
	const char *have = dp_json_text(move, "side");

	return have && !strcmp(have, side);
}

/* How far the event came while one of the two was held; DP_POINTS for nowhere. */
static enum dp_point reached(const struct verdict *v)
{
	struct json_object *moves = list_of(v, DP_FIELD_MOVES);
	size_t count = dp_json_count(moves);
	enum dp_point furthest = DP_POINTS;

	for (size_t i = 0; i < count; i++) {
		struct json_object *move = json_object_array_get_idx(moves, i);
		enum dp_point point = point_of(move);

		if (is_of(move, "event") && dp_json_bool_or(move, "held", false) &&
		    point < DP_POINTS && (furthest == DP_POINTS || point > furthest))
			furthest = point;
	}
	return furthest;
}

/* Whether the memory had gone while one of the two was held. */
static bool taken_meanwhile(const struct verdict *v)
{
	enum dp_point point = reached(v);

	return point == DP_POINT_TAKEN || point == DP_POINT_COMPLETED;
}

/* ---- whether it was seen ------------------------------------------------------------------ */

static bool is_word(struct json_object *move, const char *key, const char *const *words)
{
	const char *text = dp_json_text(move, key);

	for (; text && *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

/* A point where it came to one, an answer where it gave one, the entry after the event's. */
static const char *lack_by_state(struct json_object *move)
{
	static const char *const entries[] = { "there", "gone", NULL };
	bool arrived = !strcmp(dp_json_text(move, "state"), "reached");
	enum dp_point point = dp_point_find(dp_json_text(move, "point"));
	int64_t value;

	if (arrived != (point < DP_POINTS))
		return "point";
	if ((dp_json_bool_or(move, "returned", false) || point == DP_POINT_RETURNED ||
	     point == DP_POINT_COMPLETED) &&
	    dp_json_int(move, "value", &value))
		return "value";
	return is_of(move, "event") && !is_word(move, "entry", entries) ? "entry" : NULL;
}

/* The first member that a move lacks, or cannot have so; NULL if there is none. */
static const char *lack_of(struct json_object *move)
{
	static const char *const sides[] = { "registrar", "event", NULL };
	static const char *const others[] = { "free", "parked", "stopped", NULL };
	static const char *const states[] = { "reached", "waits", "runs", NULL };
	static const char *const flags[] = { "held", "interrupts", "returned" };
	struct json_object *function;
	bool flag;
	int64_t ms;

	if (!is_word(move, "side", sides))
		return "side";
	if (!is_word(move, "other", others))
		return "other";
	if (!is_word(move, "state", states))
		return "state";
	for (size_t i = 0; i < DP_ARRAY_SIZE(flags); i++)
		if (dp_json_bool(move, flags[i], &flag))
			return flags[i];
	if (dp_json_int(move, "ms", &ms) || ms < 0)
		return "ms";
	if (!json_object_object_get_ex(move, "function", &function) ||
	    (function && !json_object_is_type(function, json_type_string)))
		return "function";
	return json_object_object_get_ex(move, "point", NULL) ? lack_by_state(move) : "point";
}

static bool lacks_move(const struct verdict *v, enum dp_field field, char *text, size_t size)
{
	struct json_object *list = list_of(v, field);
	struct json_object *counts =
		dp_json_object(dp_seen(v, DP_STEP_ORDER), dp_field_name(DP_FIELD_COUNTS));
	const char *name = dp_field_name(field), *lack;
	size_t count = dp_json_count(list);
	int64_t told;

	if (dp_json_int(counts, name, &told) || told <= 0 || (uint64_t)told != count) {
		snprintf(text, size, "not observed: all \"%s\" of step \"order\"", name);
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		lack = lack_of(json_object_array_get_idx(list, i));
		if (!lack)
			continue;
		snprintf(text, size, "not observed: \"%s\" of number %zu of \"%s\"", lack, i + 1,
			 name);
		return true;
	}
	return false;
}

/* ---- what is broken ----------------------------------------------------------------------- */

/*
 * gup-fast looks at the entry again once it has its reference, and gives that back if it has
 * changed (gup_fast_pte_range(), gup_fast_pmd_leaf() and their like): whether it has been so, from
 * the moves.
 */
static bool has_kept(const struct verdict *v)
{
	struct json_object *moves = list_of(v, DP_FIELD_MOVES);
	size_t count = dp_json_count(moves);
	bool grabbed = false, gone = false;
	int64_t value = 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *move = json_object_array_get_idx(moves, i);
		const char *point = dp_json_text(move, "point"),
			   *entry = dp_json_text(move, "entry");
		enum dp_point at = dp_point_find(point);

		if (at == DP_POINT_FAST_GRAB && dp_json_bool_or(move, "returned", false))
			grabbed = !dp_json_int(move, "value", &value) && value;
		else if (grabbed && entry && !gone)
			gone = !strcmp(entry, "gone");
		else if (grabbed && gone && (at == DP_POINT_SLOW || at == DP_POINT_RETURNED))
			return true;
		else if (at == DP_POINT_DROP)
			return false;
	}
	return false;
}

static void judge_holding(struct verdict *v)
{
	struct json_object *answer = dp_seen(v, DP_STEP_ANSWER);
	struct json_object *order = dp_seen(v, DP_STEP_ORDER);
	bool played = dp_says(order, DP_FIELD_STATE, "played");
	bool releases = v->station->kind == DP_HOLD_RELEASE;
	char lack[128];
	/* Of moves that are not all there nothing is told, neither good nor bad. */
	bool whole = !lacks_move(v, DP_FIELD_MOVES, lack, sizeof(lack));

	if (whole && takes_memory(v) && played && taken_meanwhile(v) && v->station->owns)
		dp_broken(v, DP_C4, "the event took the memory away while %s", v->station->what);
	if (whole && takes_memory(v) && releases && taken_meanwhile(v) && pinned(v))
		dp_broken(v, DP_C2, "the event took the memory away while it was pinned");
	if (takes_memory(v) && !releases && pinned(v) && dp_completed(dp_seen(v, DP_STEP_EVENT))) {
		dp_broken(v, DP_C2, "the event completed while the region was registered");
		dp_broken(v, DP_C4, "the registration succeeded without holding the device");
	}
	if (whole && has_kept(v))
		dp_broken(v, DP_C4, "gup-fast kept its reference although the entry had gone");
	if (dp_stuck(answer))
		dp_broken(v, DP_C4, "the registration does not return: it is in %s",
			  dp_text_of(answer, DP_FIELD_WHERE));
	if (dp_died(answer))
		dp_broken(v, DP_C4, "the registrar died");
}

/*
 * An answer of the registrar, as whoever holds it saw it: the first of the control, which is a
 * registration without the event, or of the order. NULL if that was not seen.
 */
static const char *answer_seen(const struct verdict *v, enum dp_field list, char *text, size_t size)
{
	struct json_object *moves = list_of(v, list);
	size_t count = dp_json_count(moves);
	int64_t value;

	for (size_t i = 0; i < count; i++) {
		struct json_object *move = json_object_array_get_idx(moves, i);
		const char *point = dp_json_text(move, "point");

		if (!point || strcmp(point, dp_point_name(DP_POINT_RETURNED)) ||
		    dp_json_int(move, "value", &value) || value < 0 || value > INT32_MAX)
			continue;
		snprintf(text, size, "%s", value ? dp_errno_name((int)value) : "allowed");
		return text;
	}
	return NULL;
}

/* Both have seen the answer, and there are pins if, and only if, a region is pinned. */
static bool is_misfit(const struct verdict *v, char *text, size_t size)
{
	struct json_object *answer = dp_seen(v, DP_STEP_ANSWER), *event = dp_seen(v, DP_STEP_EVENT);
	const char *told = dp_step_text(answer, DP_FIELD_ERRNO), *saw;
	bool pins = pinned(v) && v->station->kind != DP_HOLD_RELEASE;
	int64_t held = 0, later = 0;
	char name[32], control[32];

	saw = answer_seen(v, DP_FIELD_MOVES, name, sizeof(name));
	if (!dp_says(dp_seen(v, DP_STEP_ORDER), DP_FIELD_STATION, v->station->name))
		snprintf(text, size, "the order was forced at another station");
	else if (!answer_seen(v, DP_FIELD_CONTROL, control, sizeof(control)))
		snprintf(text, size, "not observed: what the registration gives without the event");
	else if (!saw || strcmp(saw, told ? told : "allowed"))
		snprintf(text, size, "the registration gave %s, and was seen to give %s",
			 told ? told : "allowed", saw ? saw : "nothing");
	else if (!v->event->uncounts &&
		 (dp_step_int(answer, DP_FIELD_PINS_HELD, &held) ||
		  dp_step_int(event, DP_FIELD_PINS_HELD, &later) || (held > 0) != pins ||
		  held < 0 || later < 0 || later > held))
		snprintf(text, size,
			 "%" PRId64 " pages were pinned after the registration, and %" PRId64
			 " after the event: that contradicts the answer",
			 held, later);
	else
		return false;
	return true;
}

static void judge_end(struct verdict *v)
{
	struct json_object *event = dp_seen(v, DP_STEP_EVENT);
	struct json_object *end = dp_seen(v, DP_STEP_EVENT_END);
	struct json_object *back = dp_seen(v, DP_STEP_COME_BACK);
	const char *now = dp_step_text(back, DP_FIELD_REGISTER), *before;
	int64_t held;
	char text[32];

	if (dp_stuck(end) || dp_died(event))
		dp_broken(v, DP_C5,
			  "the event does not complete although nothing is registered: it is in %s",
			  dp_text_of(end, DP_FIELD_WHERE));
	if (!v->event->uncounts &&
	    !dp_step_int(dp_seen(v, DP_STEP_PINS), DP_FIELD_PINS_HELD, &held) && held)
		dp_broken(v, DP_C6, "%" PRId64 " pages are still pinned at the end", held);
	before = answer_seen(v, DP_FIELD_CONTROL, text, sizeof(text));
	if (dp_stuck(back) || dp_failed(back))
		dp_broken(v, DP_C7, "the device does not come back: it %s: %s",
			  dp_text_of(back, DP_FIELD_STATE), dp_text_of(back, DP_FIELD_TEXT));
	/* Without pages in the page table it can be another question. */
	else if (now && before && strcmp(now, before) &&
		 (!v->station->unmapped || !strcmp(before, "allowed")))
		dp_broken(v, DP_C7, "it comes back, but registering gives %s instead of %s", now,
			  before);
}

static bool is_due(const struct verdict *v, enum dp_step step)
{
	struct json_object *event = dp_seen(v, DP_STEP_EVENT);

	switch (step) {
	case DP_STEP_RELEASE:
		return v->event->takes_rdma || (dp_registered(dp_seen(v, DP_STEP_ANSWER)) &&
						v->station->kind != DP_HOLD_RELEASE);
	case DP_STEP_EVENT_END:
		return dp_stuck(event);
	case DP_STEP_COME_BACK:
		return !dp_stuck(event) || !dp_stuck(dp_seen(v, DP_STEP_EVENT_END));
	default:
		return true;
	}
}

/* ---- what is told ------------------------------------------------------------------------- */

/* "event: flush, waits in smp_call_function_many_cond; registrar: drop, slow, EFAULT" */
static void tell_move(struct json_object *move, char *text, size_t size)
{
	const char *point = dp_json_text(move, "point");
	const char *function = dp_json_text(move, "function"),
		   *sleeps = dp_json_text(move, "sleeps");
	int64_t value;

	if (!point)
		snprintf(text, size, "%s in %.120s", dp_json_text(move, "state"),
			 sleeps     ? sleeps
			 : function ? function
				    : "an unknown place");
	else if (!strcmp(point, dp_point_name(DP_POINT_RETURNED)) &&
		 !dp_json_int(move, "value", &value) && value >= 0 && value < INT32_MAX)
		snprintf(text, size, "%s", value ? dp_errno_name((int)value) : "allowed");
	else if (!strcmp(point, dp_point_name(DP_POINT_COMPLETED)))
		snprintf(text, size, "completed");
	else
		snprintf(text, size, "%.60s()%s", function ? function : point,
			 dp_json_bool_or(move, "returned", false) ? " has returned" : "");
}

static void tell_moves(const struct verdict *v)
{
	struct json_object *moves = list_of(v, DP_FIELD_MOVES);
	struct dp_result *r = v->result;
	size_t used = strlen(r->why), count = dp_json_count(moves);
	const char *last = "";

	for (size_t i = 0; i < count && used + 1 < sizeof(r->why); i++) {
		struct json_object *move = json_object_array_get_idx(moves, i);
		const char *side = dp_json_text(move, "side");
		char text[200];

		tell_move(move, text, sizeof(text));
		side = side ? side : "?";
		if (strcmp(side, last))
			used += (size_t)snprintf(r->why + used, sizeof(r->why) - used, "%s%s: %s",
						 used ? "; " : "", side, text);
		else
			used += (size_t)snprintf(r->why + used, sizeof(r->why) - used, ", %s",
						 text);
		last = side;
	}
}

static void add_facts(struct verdict *v)
{
	struct json_object *order = dp_seen(v, DP_STEP_ORDER), *event = dp_seen(v, DP_STEP_EVENT);
	char text[32];
	const char *before = answer_seen(v, DP_FIELD_CONTROL, text, sizeof(text));

	dp_fact(v, "order_state", order, DP_FIELD_STATE);
	dp_json_add_text(v->result->facts, "reached",
			 reached(v) < DP_POINTS ? dp_point_name(reached(v)) : "nowhere");
	dp_fact(v, "answer", dp_seen(v, DP_STEP_ANSWER), DP_FIELD_ERRNO);
	if (before)
		dp_json_add_text(v->result->facts, "control", before);
	dp_fact(v, "event_state", event, DP_FIELD_STATE);
	dp_fact(v, "pins_leaked", dp_seen(v, DP_STEP_PINS), DP_FIELD_PINS_HELD);
	dp_fact(v, "came_back", dp_seen(v, DP_STEP_COME_BACK), DP_FIELD_REGISTER);
}

/* What was not forced into its order is no answer. */
static bool is_no_order(const struct verdict *v, char *text, size_t size)
{
	struct json_object *order = dp_seen(v, DP_STEP_ORDER);

	if (dp_says(order, DP_FIELD_STATE, "played") ||
	    dp_says(order, DP_FIELD_STATE, "not reached"))
		return false;
	snprintf(text, size, "the order was not forced: %.300s", dp_text_of(order, DP_FIELD_TEXT));
	return true;
}

void dp_judge_order(struct verdict *v)
{
	struct dp_result *r = v->result;

	dp_judge_splats(v);
	judge_holding(v);
	if (!v->splatted)
		judge_end(v);
	if (dp_seen(v, DP_STEP_ORDER))
		add_facts(v);
	if (r->violates)
		r->status = DP_FAIL;
	else if (!dp_find_missing(v, OWED, OWED, r->why, sizeof(r->why)) &&
		 !dp_find_untimely(v, OWED, is_due, r->why, sizeof(r->why)) &&
		 !is_no_order(v, r->why, sizeof(r->why)) &&
		 !lacks_move(v, DP_FIELD_MOVES, r->why, sizeof(r->why)) &&
		 !lacks_move(v, DP_FIELD_CONTROL, r->why, sizeof(r->why)) &&
		 !is_misfit(v, r->why, sizeof(r->why)))
		r->status = DP_PASS;
	r->unfinished = r->status == DP_ERROR;
	if (r->status != DP_ERROR)
		tell_moves(v);
}
