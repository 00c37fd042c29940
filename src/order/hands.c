// SPDX-License-Identifier: GPL-2.0-or-later
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
/* A wait for another processor is one only if it was emulated meanwhile for so long, ms. */
#define SPUN_MS 100
/* A part of an order takes a second; a busy host is slower. */
#define LIMIT_MS 90000
/* Both processes turn in a loop that reads their words. */
#define FIND_TRIES 2000

/* Without the number of the address space, and without what says that it is kept. */
static uint64_t table_of(uint64_t cr3)
{
	return cr3 & 0x000ffffffffff000ULL;
}

/* Which processors run while one side goes on. */
static unsigned int runners(const struct dp_hands *h)
{
	unsigned int who = 0;

	for (int i = 0; i < DP_ORDER_SIDES; i++)
		if (h->sides[i].bond != DP_STOPPED)
			who |= DP_VCPU(h->sides[i].cpu);
	return who;
}

/* ---- finding them ------------------------------------------------------------------------- */

/* Whether the processor of a side has its process's memory before it. */
static int sees(const struct dp_hands *h, enum dp_order_side side, bool *there)
{
	unsigned int cpu = h->sides[side].cpu;
	uint64_t magic = 0;
	int rc =
		h->vcpus->read(h->vcpus->arg, cpu, h->request->owners[side], &magic, sizeof(magic));

	*there = !rc && magic == h->request->magic[side];
	return rc == -EFAULT ? 0 : rc;
}

static int find(struct dp_hands *h, enum dp_order_side side)
{
	struct dp_side *s = &h->sides[side];
	struct dp_vcpu_state state;
	struct dp_vcpu_stop stop;

	for (int i = 0; i < FIND_TRIES; i++) {
		bool there;
		int rc = sees(h, side, &there);

		if (!rc && there)
			rc = h->vcpus->look(h->vcpus->arg, s->cpu, &state);
		if (rc)
			return rc;
		if (there && (!s->cr3 || s->cr3 == table_of(state.cr3))) {
			s->cr3 = table_of(state.cr3);
			return 0;
		}
		rc = h->vcpus->run(h->vcpus->arg, runners(h), NULL, 0, 1, &stop);
		if (rc && rc != -ETIME)
			return rc;
	}
	return -ESRCH;
}

static bool is_padding(uint8_t byte)
{
	return byte == 0x90 || byte == 0xcc;
}

/* Has two bytes be a jump to itself, if nobody comes there. */
static int try_turn(struct dp_hands *h, uint64_t at)
{
	static const uint8_t jump[2] = { 0xeb, 0xfe };
	const struct dp_vcpus *v = h->vcpus;
	int rc = v->read(v->arg, DP_REGISTRAR, at, h->padding, sizeof(h->padding));

	if (rc || !is_padding(h->padding[0]) || !is_padding(h->padding[1]))
		return rc == -EFAULT ? 0 : rc;
	rc = v->write(v->arg, DP_REGISTRAR, at, jump, sizeof(jump));
	h->turn = rc ? 0 : at;
	return rc;
}

/* There is padding before a function, or after one. */
static int make_turn(struct dp_hands *h)
{
	const struct dp_passages *p = &h->request->passages;
	int rc = 0;

	for (size_t i = 0; i < p->nplaces && !rc && !h->turn; i++) {
		rc = try_turn(h, p->places[i].start - sizeof(h->padding));
		if (!rc && !h->turn && p->places[i].end)
			rc = try_turn(h, p->places[i].end - sizeof(h->padding));
	}
	return rc;
}

int dp_hands_begin(struct dp_hands *hands, const struct dp_request *request,
		   const struct dp_vcpus *vcpus)
{
	int rc;

	*hands = (struct dp_hands){
		.request = request,
		.vcpus = vcpus,
		.sides = { { .cpu = DP_REGISTRAR }, { .cpu = DP_EVENT_SIDE } },
	};
	rc = find(hands, DP_REGISTRAR);
	if (!rc)
		rc = find(hands, DP_EVENT_SIDE);
	return rc ? rc : make_turn(hands);
}

/* Whoever is before the processor may have other memory there: the word must be the last one. */
static int write_word(struct dp_hands *h, enum dp_order_side side, uint64_t at, uint64_t last,
		      uint64_t next)
{
	unsigned int cpu = h->sides[side].cpu;
	uint64_t have = ~last;
	int rc = h->vcpus->read(h->vcpus->arg, cpu, at, &have, sizeof(have));

	if (rc)
		return rc;
	if (have != last)
		return -EFAULT;
	return h->vcpus->write(h->vcpus->arg, cpu, at, &next, sizeof(next));
}

int dp_hands_tell(struct dp_hands *hands, enum dp_order_side side, enum dp_order_word word)
{
	struct dp_side *s = &hands->sides[side];
	uint64_t at = hands->request->mailboxes[side] + offsetof(struct dp_mailbox, word);
	uint64_t next = ((s->word >> 8) + 1) << 8 | (uint64_t)word;
	struct dp_vcpu_stop stop;

	for (int i = 0; i < FIND_TRIES; i++) {
		int rc = write_word(hands, side, at, s->word, next);

		if (!rc)
			s->word = next;
		if (rc != -EFAULT)
			return rc;
		rc = hands->vcpus->run(hands->vcpus->arg, runners(hands), NULL, 0, 1, &stop);
		if (rc && rc != -ETIME)
			return rc;
	}
	return -ESRCH;
}

bool dp_hands_have(const struct dp_hands *hands, enum dp_point point)
{
	const struct dp_passages *p = &hands->request->passages;

	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].point == point)
			return true;
	return false;
}

/* ---- holding ------------------------------------------------------------------------------ */

const char *dp_bond_name(enum dp_bond bond)
{
	static const char *const names[] = { "free", "parked", "stopped" };

	return names[bond];
}

static bool is_answer(enum dp_point point)
{
	return point == DP_POINT_RETURNED || point == DP_POINT_COMPLETED;
}

int dp_hands_hold(struct dp_hands *hands, const struct dp_move *move)
{
	struct dp_side *s = &hands->sides[move->side];
	struct dp_vcpu_state state;
	int rc;

	/* One that has not come to a point is not held: it waits, or is where nobody knows. */
	if (move->reach || is_answer(move->point))
		return 0;
	s->bond = DP_STOPPED;
	if (!move->interrupts || !hands->turn)
		return 0;
	rc = hands->vcpus->look(hands->vcpus->arg, s->cpu, &state);
	if (rc)
		return rc;
	s->parked = state.ip;
	rc = hands->vcpus->jump(hands->vcpus->arg, s->cpu, hands->turn);
	if (!rc)
		s->bond = DP_PARKED;
	return rc;
}

int dp_hands_free(struct dp_hands *hands, enum dp_order_side side)
{
	struct dp_side *s = &hands->sides[side];
	uint64_t end = dp_now_ms() + LIMIT_MS;
	enum dp_bond bond = s->bond;

	s->bond = DP_FREE;
	while (bond == DP_PARKED && dp_now_ms() < end) {
		struct dp_vcpu_state state;
		struct dp_vcpu_stop stop;
		int rc = hands->vcpus->look(hands->vcpus->arg, s->cpu, &state);

		if (rc)
			return rc;
		if (state.ip == hands->turn && table_of(state.cr3) == s->cr3)
			return hands->vcpus->jump(hands->vcpus->arg, s->cpu, s->parked);
		/* In an interrupt, or behind another task. */
		rc = hands->vcpus->run(hands->vcpus->arg, DP_VCPU(s->cpu), &hands->turn, 1,
				       SLICE_MS, &stop);
		if (rc && rc != -ETIME)
			return rc;
	}
	return bond == DP_PARKED ? -ESRCH : 0;
}

void dp_hands_end(struct dp_hands *hands)
{
	const struct dp_vcpus *v = hands->vcpus;

	dp_hands_free(hands, DP_REGISTRAR);
	dp_hands_free(hands, DP_EVENT_SIDE);
	if (hands->turn)
		v->write(v->arg, DP_REGISTRAR, hands->turn, hands->padding, sizeof(hands->padding));
	hands->turn = 0;
}

/* ---- where one stands --------------------------------------------------------------------- */

static const char *place_of(const struct dp_request *r, uint64_t ip)
{
	const struct dp_passages *p = &r->passages;

	for (size_t i = 0; i < p->nplaces; i++)
		if (ip >= p->places[i].start && ip < p->places[i].end)
			return p->places[i].function;
	return NULL;
}

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
	uint64_t begun;
};

/* Looks at it once. @stands: receives whether the looks together show that it waits */
static int look_once(struct dp_hands *h, enum dp_order_side side, struct sight *sight, bool *stands)
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
	place = place_of(h->request, state.ip);
	if (!place || place != sight->place) {
		*sight = (struct sight){ place, place ? 1 : 0, busy, sight->begun };
		*stands = false;
		return 0;
	}
	sight->still++;
	*stands = sight->still >= STILL && (is_idle(place) || busy - sight->busy >= SPUN_MS);
	return 0;
}

/* ---- going on ----------------------------------------------------------------------------- */

static size_t stops_of(const struct dp_hands *h, unsigned int points, const struct dp_move *from,
		       uint64_t *stops)
{
	const struct dp_passages *p = &h->request->passages;
	size_t count = 0;

	for (size_t i = 0; i < p->count && count + 1 < DP_VCPU_STOPS; i++)
		if (points & DP_POINT_BIT(p->list[i].point))
			stops[count++] = p->list[i].address;
	if (from)
		stops[count++] = from->back;
	return count;
}

static void name_point(const struct dp_hands *h, unsigned int points, uint64_t address,
		       struct dp_move *move)
{
	const struct dp_passages *p = &h->request->passages;

	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].address == address && points & DP_POINT_BIT(p->list[i].point)) {
			move->point = p->list[i].point;
			move->function = p->list[i].function;
			return;
		}
}

/* Bytes of a struct dev_pagemap that hold its ranges, whatever the version. */
#define PGMAP_BYTES 256

/*
 * Whether the pages that memunmap_pages() takes away are those of the order: a region has other
 * devices, too. A struct dev_pagemap has its ranges as pairs of a first and a last address.
 */
static int is_other_memory(struct dp_hands *h, const struct dp_vcpu_state *state,
			   const struct dp_move *move, bool *other)
{
	uint64_t words[PGMAP_BYTES / sizeof(uint64_t)], frame = h->request->frame;
	int rc;

	*other = false;
	if (!frame || !move->function || strcmp(move->function, "memunmap_pages"))
		return 0;
	rc = h->vcpus->read(h->vcpus->arg, h->sides[move->side].cpu, state->rdi, words,
			    sizeof(words));
	*other = true;
	for (size_t i = 0; i + 1 < DP_ARRAY_SIZE(words) && !rc; i++)
		if (words[i] % 4096 == 0 && (words[i + 1] + 1) % 4096 == 0 && words[i] <= frame &&
		    frame < words[i + 1] && words[i])
			*other = false;
	return rc;
}

/* Whether it is the watched process that came there; if so, what it looks like. */
static int take_stop(struct dp_hands *h, unsigned int points, const struct dp_move *from,
		     const struct dp_vcpu_stop *stop, struct dp_move *move, bool *ours)
{
	const struct dp_side *s = &h->sides[move->side];
	struct dp_vcpu_state state;
	bool other;
	int rc;

	*ours = false;
	if (stop->cpu != s->cpu)
		return 0;
	rc = h->vcpus->look(h->vcpus->arg, s->cpu, &state);
	if (rc || table_of(state.cr3) != s->cr3)
		return rc;
	move->interrupts = state.interrupts;
	move->sp = state.sp;
	if (from && stop->address == from->back) {
		/* Another call of the same function, further down or up, is not the one. */
		if (state.sp != from->sp + 8)
			return 0;
		move->point = from->point;
		move->function = from->function;
		move->returned = true;
		move->value = (int64_t)state.rax;
		*ours = true;
		return 0;
	}
	name_point(h, points, stop->address, move);
	rc = is_other_memory(h, &state, move, &other);
	if (rc || other)
		return rc;
	*ours = true;
	move->value = is_answer(move->point) ? (int64_t)state.rdi : 0;
	return h->vcpus->read(h->vcpus->arg, s->cpu, state.sp, &move->back, sizeof(move->back));
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

int dp_hands_go(struct dp_hands *hands, enum dp_order_side side, unsigned int points,
		const struct dp_move *from, struct dp_move *move)
{
	uint64_t stops[DP_VCPU_STOPS], begun = dp_now_ms();
	size_t nstops = stops_of(hands, points, from, stops);
	struct sight sight = { .begun = begun };
	bool ours = false, stands = false;
	int rc = dp_hands_free(hands, side);

	*move = (struct dp_move){ .side = side,
				  .other = hands->sides[!side].bond,
				  .point = DP_POINTS };
	while (!rc && !ours && !stands && dp_now_ms() - begun < LIMIT_MS) {
		struct dp_vcpu_stop stop;

		rc = hands->vcpus->run(hands->vcpus->arg, runners(hands), stops, nstops, SLICE_MS,
				       &stop);
		if (!rc)
			rc = take_stop(hands, points, from, &stop, move, &ours);
		else if (rc == -ETIME)
			rc = look_once(hands, side, &sight, &stands);
	}
	if (!rc && !ours)
		rc = give_up(hands, stands ? DP_STANDS : DP_BUSY, &sight, move);
	move->ms = dp_now_ms() - begun;
	return rc;
}

int dp_hands_pause(struct dp_hands *hands, uint64_t ms)
{
	struct dp_vcpu_stop stop;
	int rc = hands->vcpus->run(hands->vcpus->arg, runners(hands), NULL, 0, ms, &stop);

	return rc == -ETIME ? 0 : rc;
}
