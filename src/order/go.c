// SPDX-License-Identifier: GPL-2.0-or-later
/* One of the two goes on, and how far it comes. */
#include <errno.h>
#include <string.h>

#include "hands.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/text.h"

/* Time between two looks at one that does not come to a point, ms. */
#define SLICE_MS 200
/* It waits once it was found in the same place in so many looks in a row. */
#define STILL 12
/* What a look that finds it elsewhere takes away. */
#define ELSEWHERE 3
/* A wait for another processor is one only if it was emulated meanwhile for so long, ms. */
#define SPUN_MS 100
/* One that was emulated for so long, ms, and has come to no point, runs in a loop. */
#define LOOP_MS 10000
/* A part of an order takes a second; a busy host is slower. */
#define LIMIT_MS 90000

/* ---- where one stands --------------------------------------------------------------------- */

static bool is_idle(const char *function)
{
	return strstr(function, "idle") || strstr(function, "halt");
}

/* What its watcher has last seen; the watcher is on the same processor. */
static int read_sleeps(struct dp_hands *h, enum dp_order_side side, char *sleeps)
{
	uint64_t at = h->request->mailboxes[side] + offsetof(struct dp_mailbox, sleeps);
	struct dp_vcpu_stop stop;
	int rc = -EFAULT;

	sleeps[0] = '\0';
	for (int i = 0; i < STILL && rc == -EFAULT; i++) {
		rc = h->vcpus->read(h->vcpus->arg, h->sides[side].cpu, at, sleeps, DP_SLEEP_SIZE);
		sleeps[DP_SLEEP_SIZE - 1] = '\0';
		dp_printable(sleeps);
		/* Nobody's memory is before an idle processor, or a kernel thread's. */
		if (rc == -EFAULT)
			h->vcpus->run(h->vcpus->arg, DP_VCPU(h->sides[side].cpu), NULL, 0, 20,
				      &stop);
	}
	if (rc == -EFAULT)
		sleeps[0] = '\0';
	return rc == -EFAULT ? 0 : rc;
}

/* What the looks at one have shown so far. */
struct sight {
	const char *place;
	int still;
	uint64_t busy; /* when it came there, ms of emulation */
	uint64_t from; /* when the first look was made */
};

/* Looks at it once. @stands, @loops: receive whether the looks together show that it waits, or
 * comes to no point. */
static int look_once(struct dp_hands *h, enum dp_order_side side, struct sight *sight, bool *stands,
		     bool *loops)
{
	unsigned int cpu = h->sides[side].cpu;
	struct dp_vcpu_state state;
	const char *place;
	uint64_t busy;
	int rc = h->vcpus->look(h->vcpus->arg, cpu, &state);

	if (!rc)
		rc = h->vcpus->busy(h->vcpus->arg, cpu, &busy);
	if (rc)
		return rc;
	if (!sight->from)
		sight->from = busy;
	place = dp_hands_place(h, state.ip);
	*loops = busy - sight->from >= LOOP_MS;
	/* One look in an interrupt does not begin the count anew. */
	if (place != sight->place) {
		sight->still -= sight->still < ELSEWHERE ? sight->still : ELSEWHERE;
		if (!sight->still)
			*sight = (struct sight){ place, place ? 1 : 0, busy, sight->from };
		*stands = false;
		return 0;
	}
	if (!place)
		return 0;
	sight->still++;
	*stands = sight->still >= STILL && (is_idle(place) || busy - sight->busy >= SPUN_MS);
	return 0;
}

/* ---- going on ----------------------------------------------------------------------------- */

static size_t stops_of(const struct dp_hands *h, uint64_t *stops)
{
	const struct dp_passages *p = &h->request->passages;
	unsigned int points = h->sides[0].points | h->sides[1].points;
	size_t count = 0;

	for (size_t i = 0; i < p->count && count + DP_ORDER_SIDES < DP_VCPU_STOPS; i++)
		if (points & DP_POINT_BIT(p->list[i].point))
			stops[count++] = p->list[i].address;
	for (int i = 0; i < DP_ORDER_SIDES; i++)
		if (h->sides[i].returns)
			stops[count++] = h->sides[i].from.back;
	return count;
}

static bool name_point(const struct dp_hands *h, unsigned int points, uint64_t address,
		       struct dp_move *move)
{
	const struct dp_passages *p = &h->request->passages;

	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].address == address && points & DP_POINT_BIT(p->list[i].point)) {
			move->point = p->list[i].point;
			move->function = p->list[i].function;
			return true;
		}
	return false;
}

/* Bytes of a struct dev_pagemap, and of a struct inode, that are looked at. */
#define OBJECT_BYTES 512

/* A struct dev_pagemap has its ranges as pairs of a first and a last address. */
static bool has_frame(const uint64_t *words, uint64_t frame)
{
	for (size_t i = 0; i + 1 < OBJECT_BYTES / sizeof(*words); i++)
		if (words[i] && words[i] % 4096 == 0 && (words[i + 1] + 1) % 4096 == 0 &&
		    words[i] <= frame && frame < words[i + 1])
			return true;
	return false;
}

/* A struct inode has the number of its device, i_rdev, in 32 bits. */
static bool has_device(const uint64_t *words, uint64_t device)
{
	for (size_t i = 0; i < OBJECT_BYTES / sizeof(*words); i++)
		if ((uint32_t)words[i] == device || words[i] >> 32 == device)
			return true;
	return false;
}

/*
 * A region has several devices. Where the members are differs by version, what they hold does not.
 */
int dp_hands_is_other(struct dp_hands *hands, unsigned int cpu, const char *function,
		      const struct dp_vcpu_state *state, bool *other)
{
	const struct dp_request *r = hands->request;
	const struct dp_vcpus *v = hands->vcpus;
	bool pages = r->frame && !strcmp(function, "memunmap_pages");
	bool mapping = r->device && !strcmp(function, "unmap_mapping_range");
	uint64_t words[OBJECT_BYTES / sizeof(uint64_t)], at = state->rdi;
	int rc = 0;

	*other = false;
	if (!pages && !mapping)
		return 0;
	/* The first member of a struct address_space is its host. */
	if (mapping)
		rc = v->read(v->arg, cpu, state->rdi, &at, sizeof(at));
	if (!rc)
		rc = v->read(v->arg, cpu, at, words, sizeof(words));
	if (!rc)
		*other = pages ? !has_frame(words, r->frame) : !has_device(words, r->device);
	return rc;
}

/* The function that was let return has; another call of it, further up or down, is not the one. */
static bool is_back(const struct dp_side *s, const struct dp_vcpu_state *state)
{
	return s->returns && state->ip == s->from.back && state->sp == s->from.sp + 8;
}

/* Whether it is a side's process that came to where that is to be stopped; what it looks like. */
static int take_stop(struct dp_hands *h, const struct dp_vcpu_stop *stop, struct dp_move *move,
		     bool *ours)
{
	const struct dp_side *s = &h->sides[move->side];
	struct dp_vcpu_state state;
	bool other;
	int rc;

	*ours = false;
	if (stop->cpu != s->cpu)
		return 0;
	rc = h->vcpus->look(h->vcpus->arg, s->cpu, &state);
	if (rc || dp_table_of(state.cr3) != s->cr3)
		return rc;
	move->interrupts = state.interrupts;
	move->sp = state.sp;
	if (is_back(s, &state)) {
		move->point = s->from.point;
		move->function = s->from.function;
		move->returned = true;
		move->value = (int64_t)state.rax;
		*ours = true;
		return 0;
	}
	if (!name_point(h, s->points, stop->address, move))
		return 0;
	/* A processor that is interrupted where it was stopped comes there once more. */
	if (dp_is_answer(move->point) && state.rsi != s->word)
		return 0;
	rc = dp_hands_is_other(h, s->cpu, move->function, &state, &other);
	if (rc || other)
		return rc;
	*ours = true;
	move->value = dp_is_answer(move->point) ? (int64_t)state.rdi : 0;
	return h->vcpus->read(h->vcpus->arg, s->cpu, state.sp, &move->back, sizeof(move->back));
}

/* The other one has come to where it is to be stopped: it is held there. */
static int catch_other(struct dp_hands *h, enum dp_order_side side, const struct dp_vcpu_stop *stop)
{
	struct dp_side *s = &h->sides[side];
	struct dp_move move = { .side = side, .other = h->sides[!side].bond, .point = DP_POINTS };
	bool ours = false;
	int rc = s->caught ? 0 : take_stop(h, stop, &move, &ours);

	if (rc || !ours)
		return rc;
	s->move = move;
	s->caught = true;
	return dp_hands_hold(h, &move);
}

static int give_up(struct dp_hands *h, enum dp_reach reach, const struct sight *sight,
		   struct dp_move *move)
{
	struct dp_vcpu_state state;
	int rc = h->vcpus->look(h->vcpus->arg, h->sides[move->side].cpu, &state);

	move->reach = reach;
	move->function = sight->place;
	if (rc)
		return rc;
	move->interrupts = state.interrupts;
	return sight->place && is_idle(sight->place) ? read_sleeps(h, move->side, move->sleeps) : 0;
}

void dp_hands_expect(struct dp_hands *hands, enum dp_order_side side, unsigned int points,
		     const struct dp_move *from)
{
	struct dp_side *s = &hands->sides[side];

	s->points = points;
	s->returns = from && from->back;
	if (s->returns)
		s->from = *from;
}

static int go(struct dp_hands *h, enum dp_order_side side, struct dp_move *move)
{
	uint64_t stops[DP_VCPU_STOPS], begun = dp_now_ms();
	size_t nstops = stops_of(h, stops);
	struct sight sight = { 0 };
	bool ours = false, stands = false, loops = false;
	int rc = dp_hands_free(h, side);

	while (!rc && !ours && !stands && !loops && dp_now_ms() - begun < LIMIT_MS) {
		struct dp_vcpu_stop stop;

		rc = h->vcpus->run(h->vcpus->arg, dp_hands_runners(h), stops, nstops, SLICE_MS,
				   &stop);
		if (rc == -ETIME) {
			rc = look_once(h, side, &sight, &stands, &loops);
			continue;
		}
		if (!rc)
			rc = take_stop(h, &stop, move, &ours);
		if (!rc && !ours)
			rc = catch_other(h, !side, &stop);
	}
	if (!rc && !ours)
		rc = give_up(h, stands ? DP_STANDS : DP_BUSY, &sight, move);
	move->ms = dp_now_ms() - begun;
	return rc;
}

/*
 * What keeps a side, as it is told: one that was free, and is held because it has come to its next
 * point by now, has come there sooner or later.
 */
static enum dp_bond bond_of(const struct dp_side *side)
{
	return side->caught ? DP_FREE : side->bond;
}

int dp_hands_go(struct dp_hands *hands, enum dp_order_side side, struct dp_move *move)
{
	struct dp_side *s = &hands->sides[side];

	if (s->caught) {
		s->caught = false;
		*move = s->move;
		return 0;
	}
	*move = (struct dp_move){ .side = side,
				  .other = bond_of(&hands->sides[!side]),
				  .point = DP_POINTS };
	return go(hands, side, move);
}
