// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "hands.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/text.h"

/* How long a parked processor is waited for at a time, and at all, ms. */
#define SLICE_MS 200
#define LIMIT_MS 90000
/* Both processes turn in a loop that reads their words. */
#define FIND_TRIES 2000

uint64_t dp_table_of(uint64_t cr3)
{
	return cr3 & 0x000ffffffffff000ULL;
}

unsigned int dp_hands_runners(const struct dp_hands *hands)
{
	unsigned int who = 0;

	for (int i = 0; i < DP_ORDER_SIDES; i++)
		if (hands->sides[i].bond != DP_STOPPED)
			who |= DP_VCPU(hands->sides[i].cpu);
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
		if (there && (!s->cr3 || s->cr3 == dp_table_of(state.cr3))) {
			s->cr3 = dp_table_of(state.cr3);
			return 0;
		}
		rc = h->vcpus->run(h->vcpus->arg, dp_hands_runners(h), NULL, 0, 1, &stop);
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

const char *dp_hands_place(const struct dp_hands *hands, uint64_t ip)
{
	const struct dp_passages *p = &hands->request->passages;

	for (size_t i = 0; i < p->nplaces; i++)
		if (ip >= p->places[i].start && ip < p->places[i].end)
			return p->places[i].function;
	return NULL;
}

/* There is padding before a function, or after one. */
int dp_hands_make_turn(struct dp_hands *hands)
{
	const struct dp_passages *p = &hands->request->passages;
	int rc = 0;

	for (size_t i = 0; i < p->nplaces && !rc && !hands->turn; i++) {
		rc = try_turn(hands, p->places[i].start - sizeof(hands->padding));
		if (!rc && !hands->turn && p->places[i].end)
			rc = try_turn(hands, p->places[i].end - sizeof(hands->padding));
	}
	return rc;
}

void dp_hands_undo_turn(struct dp_hands *hands)
{
	const struct dp_vcpus *v = hands->vcpus;

	if (hands->turn)
		v->write(v->arg, DP_REGISTRAR, hands->turn, hands->padding, sizeof(hands->padding));
	hands->turn = 0;
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
	return rc ? rc : dp_hands_make_turn(hands);
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
		rc = hands->vcpus->run(hands->vcpus->arg, dp_hands_runners(hands), NULL, 0, 1,
				       &stop);
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

/* Bits of an entry: there is one, and it maps a page instead of a table. */
#define PRESENT 1U
#define LEAF    128U

/* Four levels of 9 bits each, whoever is before the processor. */
int dp_hands_entry(struct dp_hands *hands, enum dp_entry *entry)
{
	const struct dp_vcpus *v = hands->vcpus;
	uint64_t at = hands->request->region, word = hands->sides[DP_REGISTRAR].cr3;

	*entry = DP_ENTRY_UNKNOWN;
	if (!at)
		return 0;
	for (int shift = 39; shift >= 12; shift -= 9) {
		int rc = v->read_physical(v->arg, dp_table_of(word) + (at >> shift & 511) * 8,
					  &word);

		if (rc)
			return rc == -EFAULT ? 0 : rc;
		*entry = word & PRESENT ? DP_ENTRY_THERE : DP_ENTRY_GONE;
		if (!(word & PRESENT) || word & LEAF)
			break;
	}
	return 0;
}

/* ---- holding ------------------------------------------------------------------------------ */

const char *dp_bond_name(enum dp_bond bond)
{
	static const char *const names[] = { "free", "parked", "stopped" };

	return names[bond];
}

bool dp_is_answer(enum dp_point point)
{
	return point == DP_POINT_RETURNED || point == DP_POINT_COMPLETED;
}

int dp_hands_hold(struct dp_hands *hands, const struct dp_move *move)
{
	struct dp_side *s = &hands->sides[move->side];
	struct dp_vcpu_state state;
	int rc;

	/* One that has not come to a point is not held: it waits, or is where nobody knows. */
	if (move->reach || dp_is_answer(move->point))
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
		if (state.ip == hands->turn && dp_table_of(state.cr3) == s->cr3)
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
	dp_hands_free(hands, DP_REGISTRAR);
	dp_hands_free(hands, DP_EVENT_SIDE);
	dp_hands_undo_turn(hands);
}

int dp_hands_pause(struct dp_hands *hands, uint64_t ms)
{
	struct dp_vcpu_stop stop;
	int rc = hands->vcpus->run(hands->vcpus->arg, dp_hands_runners(hands), NULL, 0, ms, &stop);

	return rc == -ETIME ? 0 : rc;
}
