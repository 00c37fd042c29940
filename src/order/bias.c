// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a race is biased. Between the event's beginning and its end, whoever comes to a station that
 * was drawn is held there, one at a time, while the others run. Who has interrupts on turns in
 * place (hands.h), so that its processor answers the others, and others may run there: it is known
 * by its stack. Who has them off must not answer, and its processor stands.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "held.h"
#include "holds.h"

#include "daxpin/bias.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/json.h"
#include "daxpin/steps.h"

/* A round has parts of 30 s each. One that says nothing for so long, ms, is not waited for. */
#define SILENCE_MS 240000
/* Between two looks at whether it is silent, ms. */
#define SLICE_MS 1000
/* In a round, somebody is held for so long at most, ms by the host's clock. */
#define ROUND_MS 2000
/* Functions that are waited for until they return, at most. */
#define BACKS 12

/* A function that is to be seen to return. */
struct back {
	uint64_t address, sp;
	enum dp_order_side side;
	enum dp_point point;
};

struct bias {
	struct dp_hands hands;
	struct dp_request request;
	struct dp_windows windows;
	struct dp_held held;
	struct back backs[BACKS];
	size_t nbacks;
	bool begun, ended; /* the race */
	bool under_way;    /* the event */
	bool unmapping;    /* it has begun to */
	int64_t rounds;
	uint64_t held_us; /* in this round */
	uint64_t heard_ms;
	const char *state;
	char text[160];
};

/* It has come to a station, and is held there if nobody is. */
static int arrive(struct bias *b, struct dp_window *w, unsigned int cpu,
		  const struct dp_vcpu_state *state)
{
	w->reached++;
	w->left--;
	return b->held.window ? 0 : dp_held_begin(&b->held, &b->hands, w, cpu, state);
}

/* ---- what they pass ----------------------------------------------------------------------- */

/* What a registration passes once, whichever way it is made. */
static bool is_registration(enum dp_point point)
{
	return point == DP_POINT_FAST || point == DP_POINT_ON_DEMAND;
}

/* Whether somebody is to be stopped at a point. Each stop takes time of the race. */
static bool is_wanted(const struct bias *b, enum dp_point point)
{
	if (!b->under_way)
		return false;
	if (dp_windows_want(&b->windows, point) || point == DP_POINT_UNMAP ||
	    point == DP_POINT_TAKE)
		return true;
	if (!b->held.window)
		return false;
	return dp_held_other(&b->held) == DP_EVENT_SIDE ? point == DP_POINT_FLUSH && b->unmapping
							: is_registration(point);
}

static size_t stops_of(const struct bias *b, uint64_t *stops)
{
	const struct dp_passages *p = &b->request.passages;
	size_t count = 0;

	stops[count++] = b->request.point;
	/* Whoever has been put aside is met when it has its turn. */
	if (b->held.over && b->held.bond == DP_PARKED)
		stops[count++] = b->hands.turn;
	for (size_t i = 0; i < b->nbacks; i++)
		stops[count++] = b->backs[i].address;
	for (size_t i = 0; i < p->count && count < DP_VCPU_STOPS; i++)
		if (is_wanted(b, p->list[i].point))
			stops[count++] = p->list[i].address;
	return count;
}

/* Whether what follows a point begins when its function has returned. */
static bool is_awaited(const struct bias *b, enum dp_point point)
{
	if (point == DP_POINT_TAKE)
		return true;
	for (size_t i = 0; i < b->windows.count; i++) {
		const struct dp_window *w = &b->windows.list[i];

		if (w->left && w->station->at == point && w->station->returned)
			return true;
	}
	return false;
}

static int await_return(struct bias *b, enum dp_order_side side, enum dp_point point,
			unsigned int cpu, const struct dp_vcpu_state *state)
{
	const struct dp_vcpus *v = b->hands.vcpus;
	struct back *back = &b->backs[b->nbacks];
	int rc;

	if (b->nbacks == BACKS || !is_awaited(b, point))
		return 0;
	*back = (struct back){ .sp = state->sp + 8, .side = side, .point = point };
	rc = v->read(v->arg, cpu, state->sp, &back->address, sizeof(back->address));
	b->nbacks += !rc;
	return rc;
}

static int pass(struct bias *b, enum dp_order_side side, enum dp_point point, bool returned,
		unsigned int cpu, const struct dp_vcpu_state *state)
{
	struct dp_window *w;

	if (returned && point == DP_POINT_TAKE) {
		point = DP_POINT_TAKEN;
		returned = false;
	}
	if (side == DP_EVENT_SIDE ? point >= DP_POINT_UNMAP : is_registration(point) && !returned)
		dp_held_note(&b->held, side, point);
	b->unmapping |= point == DP_POINT_UNMAP;
	w = dp_windows_at(&b->windows, point, returned, (int)state->rax);
	if (!w || (w->station->kind == DP_HOLD_REGISTRAR) != (side == DP_REGISTRAR))
		return 0;
	return arrive(b, w, cpu, state);
}

/* A function that was waited for has returned; another call of it is not the one. */
static int take_return(struct bias *b, enum dp_order_side side, unsigned int cpu,
		       const struct dp_vcpu_state *state, bool *taken)
{
	for (size_t i = 0; i < b->nbacks; i++) {
		struct back back = b->backs[i];

		if (back.address != state->ip || back.sp != state->sp || back.side != side)
			continue;
		b->backs[i] = b->backs[--b->nbacks];
		*taken = true;
		return pass(b, side, back.point, true, cpu, state);
	}
	return 0;
}

static int take_entry(struct bias *b, enum dp_order_side side, unsigned int cpu,
		      const struct dp_vcpu_state *state)
{
	const struct dp_passages *p = &b->request.passages;
	bool other = false;
	int rc = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct dp_passage *passage = &p->list[i];

		if (passage->address != state->ip || !is_wanted(b, passage->point))
			continue;
		if (side == DP_EVENT_SIDE)
			rc = dp_hands_is_other(&b->hands, cpu, passage->function, state, &other);
		if (rc || other)
			return rc;
		rc = await_return(b, side, passage->point, cpu, state);
		return rc ? rc : pass(b, side, passage->point, false, cpu, state);
	}
	return 0;
}

/* ---- what they say ------------------------------------------------------------------------ */

static int answer(struct bias *b, unsigned int cpu)
{
	const struct dp_vcpus *v = b->hands.vcpus;
	uint64_t word = 1;

	b->begun = true;
	return v->write(v->arg, cpu, b->request.answered, &word, sizeof(word));
}

static void begin_event(struct bias *b, uint64_t round)
{
	b->rounds++;
	b->under_way = true;
	b->unmapping = false;
	b->nbacks = 0;
	b->held_us = 0;
	dp_windows_draw(&b->windows, b->request.seed, round);
}

static void end_event(struct bias *b)
{
	dp_held_note(&b->held, DP_EVENT_SIDE, DP_POINT_COMPLETED);
	b->under_way = false;
	b->nbacks = 0;
	dp_windows_close(&b->windows);
}

static int take_word(struct bias *b, unsigned int cpu, uint64_t magic,
		     const struct dp_vcpu_state *state)
{
	bool main = magic == b->request.main, event = magic == b->request.magic[DP_EVENT_SIDE];

	if (!main && !event)
		return 0;
	b->heard_ms = dp_now_ms();
	if (main && state->rdi == DP_HOLDS_BEGIN && !b->begun)
		return answer(b, cpu);
	b->ended |= main && state->rdi == DP_HOLDS_END;
	if (event && state->rdi == DP_HOLDS_EVENT && !b->under_way && !b->ended)
		begin_event(b, state->rsi);
	else if (b->under_way && (b->ended || (event && state->rdi == DP_HOLDS_EVENT_ENDED)))
		end_event(b);
	return 0;
}

/* Whose processor it is is told by what is in the memory before it. */
static int take_stop(struct bias *b, const struct dp_vcpu_stop *stop)
{
	const struct dp_vcpus *v = b->hands.vcpus;
	enum dp_order_side side;
	struct dp_vcpu_state state;
	uint64_t magic = 0;
	bool taken = false;
	int rc = v->read(v->arg, stop->cpu, b->request.owners[0], &magic, sizeof(magic));

	if (!rc)
		rc = v->look(v->arg, stop->cpu, &state);
	if (rc)
		return rc == -EFAULT ? 0 : rc;
	if (stop->address == b->request.point)
		return take_word(b, stop->cpu, magic, &state);
	for (side = DP_REGISTRAR; side < DP_ORDER_SIDES; side++)
		if (magic == b->request.magic[side])
			break;
	if (side == DP_ORDER_SIDES)
		return 0;
	rc = take_return(b, side, stop->cpu, &state, &taken);
	return rc || taken ? rc : take_entry(b, side, stop->cpu, &state);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static unsigned int runners(const struct bias *b)
{
	unsigned int all = DP_VCPU(b->hands.vcpus->count) - 1;

	return b->held.bond == DP_STOPPED ? all & ~DP_VCPU(b->held.cpu) : all;
}

/* Lets them run until one stops, or the one who is held is to go on. */
static int run_on(struct bias *b)
{
	const struct dp_vcpus *v = b->hands.vcpus;
	struct dp_held *h = &b->held;
	uint64_t stops[DP_VCPU_STOPS];
	uint64_t ms = h->us / 1000;
	uint64_t limit = !h->window || h->over ? SLICE_MS
			 : ms < h->window->ms  ? h->window->ms - ms
					       : 1;
	struct dp_vcpu_stop stop = { 0 };
	size_t nstops = stops_of(b, stops);
	int rc = v->run(v->arg, runners(b), stops, nstops, limit, &stop);

	if (h->window) {
		h->us += stop.us;
		b->held_us += stop.us;
	}
	if (b->held_us > ROUND_MS * 1000)
		dp_windows_close(&b->windows);
	if (!rc)
		rc = take_stop(b, &stop);
	else if (rc == -ETIME)
		rc = dp_now_ms() - b->heard_ms > SILENCE_MS ? -ETIMEDOUT : 0;
	if (!rc && h->window)
		rc = dp_held_end(h, &b->hands);
	return rc;
}

static int play(struct bias *b)
{
	int rc = dp_hands_make_turn(&b->hands);

	b->heard_ms = dp_now_ms();
	while (!rc && !(b->ended && !b->held.window))
		rc = run_on(b);
	/* Somebody who still turns there would go on in the padding. */
	if (!b->held.window)
		dp_hands_undo_turn(&b->hands);
	return rc;
}

static void explain(struct bias *b, int rc)
{
	if (!rc)
		return;
	b->state = rc == -EPIPE ? "died" : "failed";
	snprintf(b->text, sizeof(b->text), "%s",
		 rc == -EPIPE       ? "the guest ended meanwhile"
		 : rc == -ETIMEDOUT ? "no round has begun or ended for minutes"
		 : rc == -EINTR     ? "the run was to end"
		 : rc == -EBADMSG   ? "what the guest wants is unclear"
				    : strerror(-rc));
}

struct json_object *dp_bias_play(struct json_object *asked, const struct dp_vcpus *vcpus)
{
	struct bias b = { .state = "played" };
	struct json_object *step = dp_step_new(DP_STEP_HOLDS);
	int rc = dp_holds_from_json(asked, &b.request);

	b.hands = (struct dp_hands){ .request = &b.request, .vcpus = vcpus };
	dp_windows_begin(&b.windows, &b.request);
	if (!rc)
		rc = play(&b);
	explain(&b, rc);
	dp_step_set_text(step, DP_FIELD_STATE, b.state);
	dp_step_set_text(step, DP_FIELD_TEXT, b.text);
	dp_step_set_int(step, DP_FIELD_SEED, (int64_t)b.request.seed);
	dp_step_set_int(step, DP_FIELD_RACES, b.rounds);
	dp_step_set(step, DP_FIELD_WINDOWS, dp_windows_to_json(&b.windows));
	return step;
}
