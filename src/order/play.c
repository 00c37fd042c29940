// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How an order is forced. The guest's two processes turn in loops, each on a processor of its own,
 * until they are told to go on:
 *
 *   control    a registration alone passes the station, is held there while nothing happens, and
 *              goes on: what it does then it does without an event, too
 *   the event begins, and comes to where it is about to unmap. What it waits for before is none of
 *              the registrar's doing: a processor that stands holds up grace periods
 *   the order  by the kind of station: one is held, the other goes as far as it can
 *   the end    both run
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hands.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"

/* How long the control is held, ms. */
#define CONTROL_MS 300

#define REGISTRAR_POINTS                                                                           \
	(DP_POINT_BIT(DP_POINT_FAST) | DP_POINT_BIT(DP_POINT_FAST_GRAB) |                          \
	 DP_POINT_BIT(DP_POINT_DROP) | DP_POINT_BIT(DP_POINT_SLOW) |                               \
	 DP_POINT_BIT(DP_POINT_CHECK) | DP_POINT_BIT(DP_POINT_SLOW_GRAB) |                         \
	 DP_POINT_BIT(DP_POINT_FAULT) | DP_POINT_BIT(DP_POINT_MIGRATE) |                           \
	 DP_POINT_BIT(DP_POINT_ON_DEMAND))
#define RETURNED  DP_POINT_BIT(DP_POINT_RETURNED)
#define COMPLETED DP_POINT_BIT(DP_POINT_COMPLETED)
/* Once it has begun to unmap; in their order. */
#define EVENT_POINTS (DP_POINT_BIT(DP_POINT_FLUSH) | DP_POINT_BIT(DP_POINT_TAKE) | COMPLETED)

struct play {
	struct dp_hands hands;
	const struct dp_station *station;
	struct json_object *moves; /* to which moves are added now */
	struct json_object *control, *order;
	unsigned int points[DP_ORDER_SIDES]; /* that are still to be noted, each once */
	struct dp_move take;                 /* of the event to where it takes the memory away */
	bool taking;                         /* it is in that function */
	bool answered, completed;            /* the registration, the event */
	bool held;                           /* the other one runs while one of them is held */
	const char *state;
	char text[320];
};

/* ---- what is told ------------------------------------------------------------------------- */

static const char *reach_name(const struct dp_move *move)
{
	static const char *const names[] = { "reached", "waits", "runs" };

	return names[move->reach];
}

static struct json_object *move_to_json(const struct dp_move *m, bool held)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "side", m->side == DP_REGISTRAR ? "registrar" : "event");
	dp_json_add_text(obj, "other", dp_bond_name(m->other));
	dp_json_add_bool(obj, "held", held);
	dp_json_add_text(obj, "state", reach_name(m));
	dp_json_add_text(obj, "point", m->reach ? NULL : dp_point_name(m->point));
	dp_json_add_text(obj, "function", m->function);
	dp_json_add_bool(obj, "interrupts", m->interrupts);
	if (m->returned || m->point == DP_POINT_RETURNED || m->point == DP_POINT_COMPLETED)
		dp_json_add_int(obj, "value", m->value);
	dp_json_add_bool(obj, "returned", m->returned);
	if (m->entry)
		dp_json_add_text(obj, "entry", m->entry == DP_ENTRY_THERE ? "there" : "gone");
	if (m->sleeps[0])
		dp_json_add_text(obj, "sleeps", m->sleeps);
	dp_json_add_int(obj, "ms", (int64_t)m->ms);
	return obj;
}

static void note_event(struct play *p, const struct dp_move *m)
{
	enum dp_point point = m->point;

	if (m->reach)
		return;
	if (m->returned && point == DP_POINT_TAKE)
		point = DP_POINT_TAKEN;
	p->completed |= point == DP_POINT_COMPLETED;
	if (point == DP_POINT_TAKE)
		p->take = *m;
	p->taking = point == DP_POINT_TAKE || (p->taking && point != DP_POINT_TAKEN);
}

/* Where each is to be stopped next, whoever is watched. */
static void expect(struct play *p, enum dp_order_side side)
{
	bool done = side == DP_REGISTRAR ? p->answered : p->completed;
	unsigned int end = side == DP_REGISTRAR ? RETURNED : COMPLETED;

	dp_hands_expect(&p->hands, side, done ? 0 : p->points[side] | end,
			side == DP_EVENT_SIDE && p->taking ? &p->take : NULL);
}

/* One moves on, and it is noted how far. */
static int go(struct play *p, enum dp_order_side side, struct dp_move *move)
{
	int rc = dp_hands_go(&p->hands, side, move);

	if (!rc && side == DP_EVENT_SIDE)
		rc = dp_hands_entry(&p->hands, &move->entry);
	if (rc)
		return rc;
	json_object_array_add(p->moves, move_to_json(move, p->held));
	p->answered |= !move->reach && move->point == DP_POINT_RETURNED;
	if (side == DP_EVENT_SIDE)
		note_event(p, move);
	if (!move->reach && !move->returned)
		p->points[side] &= ~DP_POINT_BIT(move->point);
	expect(p, side);
	return 0;
}

__attribute__((format(printf, 3, 4))) static int end_as(struct play *p, const char *state,
							const char *fmt, ...)
{
	va_list ap;

	p->state = state;
	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	return -ECANCELED;
}

/* ---- the registrar ------------------------------------------------------------------------ */

/* Tells it something that is not noted, and lets both run until it is done. */
static int tell(struct play *p, enum dp_order_word word, struct dp_move *move)
{
	int rc = dp_hands_tell(&p->hands, DP_REGISTRAR, word);

	dp_hands_expect(&p->hands, DP_REGISTRAR, RETURNED, NULL);
	if (!rc)
		rc = dp_hands_go(&p->hands, DP_REGISTRAR, move);
	dp_hands_expect(&p->hands, DP_REGISTRAR, 0, NULL);
	if (!rc && move->reach)
		return end_as(p, "stuck", "the registrar does not come back without an event");
	return rc;
}

/* Has it begin something of which each point is noted. */
static int begin(struct play *p, enum dp_order_word word)
{
	p->answered = false;
	p->points[DP_REGISTRAR] = REGISTRAR_POINTS;
	expect(p, DP_REGISTRAR);
	return dp_hands_tell(&p->hands, DP_REGISTRAR, word);
}

/* Whether a move has come to the station; a function that is to have returned may have failed. */
static bool is_there(const struct dp_station *s, const struct dp_move *m)
{
	return !m->reach && m->point == s->at && m->returned == s->returned &&
	       (!s->success || (int)m->value >= 0);
}

/* Lets a function in which it is return. */
static int come_back(struct play *p, const struct dp_move *from, struct dp_move *move)
{
	dp_hands_expect(&p->hands, DP_REGISTRAR, RETURNED, from);
	return go(p, DP_REGISTRAR, move);
}

/* Goes on from point to point, to the station or to the answer. */
static int pass(struct play *p, bool stop_there, struct dp_move *move)
{
	const struct dp_station *s = p->station;
	struct dp_move at;
	int rc;

	for (;;) {
		rc = go(p, DP_REGISTRAR, move);
		if (rc || move->reach || p->answered)
			return rc;
		if (!stop_there || move->point != s->at)
			continue;
		if (!s->returned)
			return 0;
		at = *move;
		rc = come_back(p, &at, move);
		if (rc || move->reach || p->answered || is_there(s, move))
			return rc;
	}
}

/* Which functions it has passed instead. */
static int say_not_passed(struct play *p, const struct dp_move *last)
{
	size_t used = 0, count = dp_json_count(p->moves);
	char passed[240] = "none";

	for (size_t i = 0; i < count && used < sizeof(passed); i++) {
		struct json_object *move = json_object_array_get_idx(p->moves, i);
		const char *point = dp_json_text(move, "point"),
			   *function = dp_json_text(move, "function");

		if (point && function && strcmp(point, dp_point_name(DP_POINT_RETURNED)) &&
		    !dp_json_bool_or(move, "returned", false))
			used += (size_t)snprintf(passed + used, sizeof(passed) - used, "%s%s()",
						 used ? ", " : "", function);
	}
	if (!dp_hands_have(&p->hands, p->station->at))
		return end_as(p, "not passed", "this kernel has no function for the point %s",
			      dp_point_name(p->station->at));
	return end_as(p, "not passed",
		      "a registration here does not come to where %s: it passes %s%s",
		      p->station->what, passed,
		      last->returned && p->station->success ? ", which fails" : "");
}

/* A registration without an event, held at the station for a while, and its release. */
static int control(struct play *p)
{
	const struct dp_station *s = p->station;
	bool stops = s->kind == DP_HOLD_REGISTRAR;
	struct dp_move move;
	/* Some mappings have no page in the page table before they are registered once. */
	int rc = tell(p, DP_WORD_REGISTER, &move);

	if (!rc && !move.value)
		rc = tell(p, DP_WORD_RELEASE, &move);
	if (!rc && (s->unmapped || s->renewed))
		rc = tell(p, DP_WORD_UNMAP, &move);
	if (!rc)
		rc = begin(p, DP_WORD_REGISTER);
	if (!rc)
		rc = pass(p, stops, &move);
	if (!rc && stops && !is_there(s, &move))
		return say_not_passed(p, &move);
	if (!rc && stops)
		rc = dp_hands_hold(&p->hands, &move);
	if (!rc && stops)
		rc = dp_hands_pause(&p->hands, CONTROL_MS);
	if (!rc && stops)
		rc = pass(p, false, &move);
	if (!rc && move.reach)
		return end_as(p, "stuck", "a registration does not end without an event");
	if (!rc && !move.value)
		rc = tell(p, DP_WORD_RELEASE, &move);
	else if (!rc && s->kind == DP_HOLD_RELEASE)
		return end_as(p, "not passed", "nothing is registered that could be released");
	return rc;
}

/* Whether the event is where it is to be held. */
static bool is_at(const struct dp_move *m, enum dp_point point)
{
	return !m->reach && m->point == DP_POINT_TAKE && m->returned == (point == DP_POINT_TAKEN);
}

/* ---- the event ---------------------------------------------------------------------------- */

static int begin_event(struct play *p, struct dp_move *move)
{
	int rc;

	if (!dp_hands_have(&p->hands, DP_POINT_UNMAP))
		return end_as(p, "not passed",
			      "this kernel has no function where the event unmaps");
	rc = dp_hands_tell(&p->hands, DP_EVENT_SIDE, DP_WORD_EVENT);
	p->points[DP_EVENT_SIDE] = DP_POINT_BIT(DP_POINT_UNMAP);
	expect(p, DP_EVENT_SIDE);
	if (!rc)
		rc = go(p, DP_EVENT_SIDE, move);
	if (!rc && (move->reach || p->completed))
		return end_as(p, "not passed", "the event %s%s before it unmaps anything",
			      move->reach ? "waits" : "is over",
			      !move->reach && move->value ? " (it failed)" : "");
	p->points[DP_EVENT_SIDE] = EVENT_POINTS;
	expect(p, DP_EVENT_SIDE);
	return rc;
}

/* As far as it comes, point by point. @until: and no further, or DP_POINTS. @last: its last move */
static int advance_event(struct play *p, enum dp_point until, struct dp_move *last)
{
	int rc = 0;

	while (!rc && !p->completed) {
		rc = go(p, DP_EVENT_SIDE, last);
		if (rc || last->reach)
			break;
		if (until != DP_POINTS && is_at(last, until))
			break;
	}
	return rc;
}

/* ---- the orders --------------------------------------------------------------------------- */

static int hold_registrar(struct play *p)
{
	struct dp_move move, event;
	const struct dp_station *s = p->station;
	int rc = s->unmapped || s->renewed ? tell(p, DP_WORD_UNMAP, &move) : 0;

	if (!rc)
		rc = begin_event(p, &event);
	if (!rc)
		rc = dp_hands_hold(&p->hands, &event);
	if (!rc)
		rc = begin(p, DP_WORD_REGISTER);
	if (!rc)
		rc = pass(p, true, &move);
	if (rc)
		return rc;
	if (!is_there(p->station, &move))
		p->state = "not reached";
	rc = dp_hands_hold(&p->hands, &move);
	p->held = true;
	if (!rc)
		rc = advance_event(p, DP_POINTS, &event);
	p->held = false;
	if (!rc && !p->answered)
		rc = pass(p, false, &move);
	return rc;
}

static int hold_event(struct play *p)
{
	bool releases = p->station->kind == DP_HOLD_RELEASE;
	struct dp_move move, event;
	int rc = releases ? begin(p, DP_WORD_REGISTER) : 0;

	/* Its points are those of the control; here it is only to be there. */
	p->points[DP_REGISTRAR] = 0;
	if (releases && !rc) {
		expect(p, DP_REGISTRAR);
		rc = go(p, DP_REGISTRAR, &move);
	}
	if (!rc)
		rc = begin_event(p, &event);
	p->held = true;
	if (!rc)
		rc = advance_event(p, p->station->at, &event);
	p->held = false;
	if (rc)
		return rc;
	if (!is_at(&event, p->station->at))
		p->state = "not reached";
	rc = dp_hands_hold(&p->hands, &event);
	if (!rc)
		rc = begin(p, releases ? DP_WORD_RELEASE : DP_WORD_REGISTER);
	return rc ? rc : pass(p, false, &move);
}

/* Both run, until nothing moves any more. */
static int end_both(struct play *p)
{
	struct dp_move move;
	int rc = dp_hands_free(&p->hands, DP_REGISTRAR);

	if (!rc)
		rc = dp_hands_free(&p->hands, DP_EVENT_SIDE);
	if (!rc && !p->completed)
		rc = advance_event(p, DP_POINTS, &move);
	if (rc || p->answered)
		return rc;
	rc = pass(p, false, &move);
	/* What was held up by the registrar goes on now. */
	if (!rc && !p->completed && p->answered)
		rc = advance_event(p, DP_POINTS, &move);
	return rc;
}

static int play(struct play *p)
{
	int rc;

	p->moves = p->control;
	rc = control(p);
	if (rc)
		return rc;
	p->moves = p->order;
	rc = p->station->kind == DP_HOLD_REGISTRAR ? hold_registrar(p) : hold_event(p);
	return rc ? rc : end_both(p);
}

/* Both leave their loops, or will when they come back to them. */
static void dismiss(struct play *p)
{
	dp_hands_end(&p->hands);
	dp_hands_tell(&p->hands, DP_REGISTRAR, DP_WORD_END);
	dp_hands_tell(&p->hands, DP_EVENT_SIDE, DP_WORD_END);
}

static void explain(struct play *p, int rc)
{
	if (!rc || rc == -ECANCELED)
		return;
	p->state = rc == -EPIPE ? "died" : "failed";
	snprintf(p->text, sizeof(p->text), "%s",
		 rc == -EPIPE     ? "the guest ended meanwhile"
		 : rc == -ESRCH   ? "the guest's processes are not where they should be"
		 : rc == -EBADMSG ? "what the guest wants is unclear"
				  : strerror(-rc));
}

static struct json_object *tell_all(const struct play *p)
{
	struct json_object *obj = dp_step_new(DP_STEP_ORDER), *counts = json_object_new_object();

	dp_step_set_text(obj, DP_FIELD_STATION, p->station ? p->station->name : "");
	dp_step_set_text(obj, DP_FIELD_STATE, p->state);
	dp_step_set_text(obj, DP_FIELD_TEXT, p->text);
	dp_json_add_int(counts, dp_field_name(DP_FIELD_MOVES), (int64_t)dp_json_count(p->order));
	dp_json_add_int(counts, dp_field_name(DP_FIELD_CONTROL),
			(int64_t)dp_json_count(p->control));
	dp_step_set(obj, DP_FIELD_COUNTS, counts);
	dp_step_set(obj, DP_FIELD_MOVES, p->order);
	dp_step_set(obj, DP_FIELD_CONTROL, p->control);
	return obj;
}

struct json_object *dp_order_play(struct json_object *asked, const struct dp_vcpus *vcpus)
{
	struct play p = { .control = json_object_new_array(),
			  .order = json_object_new_array(),
			  .state = "played" };
	struct dp_request request;
	int rc = dp_request_from_json(asked, &request);

	p.station = request.station;
	if (!rc)
		rc = dp_hands_begin(&p.hands, &request, vcpus);
	if (!rc)
		rc = play(&p);
	if (rc != -EPIPE && rc != -EBADMSG)
		dismiss(&p);
	explain(&p, rc);
	return tell_all(&p);
}
