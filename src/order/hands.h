/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two of an order, in the hands of whoever plays it. */
#ifndef DAXPIN_ORDER_HANDS_H
#define DAXPIN_ORDER_HANDS_H

#include "request.h"

#include "daxpin/vcpu.h"

/* A set of points. */
#define DP_POINT_BIT(point) (1U << (point))

enum dp_reach {
	DP_REACHED,
	DP_STANDS, /* it waits, and nothing that runs will change that */
	DP_BUSY,   /* it still runs when the limit has passed */
};

/*
 * What keeps a side from going on. One that is parked turns in place, on a jump to itself, with
 * interrupts on: its processor answers others, as it would in the middle of that function. One
 * whose interrupts are off must not answer, and its processor stands.
 */
enum dp_bond { DP_FREE, DP_PARKED, DP_STOPPED };

const char *dp_bond_name(enum dp_bond bond);

/* Whether the registrar's page table leads to a page. */
enum dp_entry { DP_ENTRY_UNKNOWN, DP_ENTRY_THERE, DP_ENTRY_GONE };

/* One of the two has gone on, and how far. */
struct dp_move {
	enum dp_order_side side;
	enum dp_bond other; /* what kept the other one meanwhile */
	enum dp_reach reach;
	enum dp_point point;  /* that it has come to */
	const char *function; /* of the point, or in which its processor stands */
	bool returned;        /* the function has returned */
	int64_t value;        /* what it returns, or an answer */
	bool interrupts;
	enum dp_entry entry; /* of the region's first page, after it; only of the event's */
	uint64_t sp, back;   /* of a point: the stack pointer, and the address it will return to */
	char sleeps[DP_SLEEP_SIZE]; /* the kernel functions in which its task sleeps, or "" */
	uint64_t ms;
};

struct dp_side {
	unsigned int cpu;
	enum dp_bond bond;
	uint64_t parked; /* where it goes on */
	/* Where it is stopped next, whoever is watched; and the function that is let return. */
	unsigned int points;
	struct dp_move from;
	bool returns;
	/* It came to one of them while the other was watched, and is held there. */
	bool caught;
	struct dp_move move;
	uint64_t cr3;  /* of its process */
	uint64_t word; /* that it was told last */
};

struct dp_hands {
	const struct dp_request *request;
	const struct dp_vcpus *vcpus;
	struct dp_side sides[DP_ORDER_SIDES];
	uint64_t turn;      /* the jump to itself; 0 if there is no room for one */
	uint8_t padding[2]; /* that was there */
};

/* Finds both processes. Return: 0 or a negative errno. */
int dp_hands_begin(struct dp_hands *hands, const struct dp_request *request,
		   const struct dp_vcpus *vcpus);

/*
 * Makes the jump to itself on which whoever is parked turns, and has the padding back. Without room
 * for one hands->turn stays 0. Return: 0 or a negative errno.
 */
int dp_hands_make_turn(struct dp_hands *hands);
void dp_hands_undo_turn(struct dp_hands *hands);

/* The function of those in which a processor waits or has nothing to do that @ip is in; or NULL. */
const char *dp_hands_place(const struct dp_hands *hands, uint64_t ip);

/**
 * dp_hands_is_other - whether what is unmapped, or taken away, is of another device
 * @hands: with the request, and the processors
 * @cpu: stands where @function begins
 * @function: that was come to
 * @state: of the processor
 * @other: receives it
 *
 * Return: 0 or a negative errno.
 */
int dp_hands_is_other(struct dp_hands *hands, unsigned int cpu, const char *function,
		      const struct dp_vcpu_state *state, bool *other);

/* Frees both, and leaves the guest's memory as it was. */
void dp_hands_end(struct dp_hands *hands);

/* Holds one where its last move ended. Return: 0 or a negative errno. */
int dp_hands_hold(struct dp_hands *hands, const struct dp_move *move);

/* Lets it go on whenever its processor runs. Return: 0 or a negative errno. */
int dp_hands_free(struct dp_hands *hands, enum dp_order_side side);

/* Tells one of them to go on to something. Return: 0 or a negative errno. */
int dp_hands_tell(struct dp_hands *hands, enum dp_order_side side, enum dp_order_word word);

/* Whether this kernel has a function for a point. */
bool dp_hands_have(const struct dp_hands *hands, enum dp_point point);

/**
 * dp_hands_expect - say where a side is to be stopped next
 * @hands: both
 * @side: who
 * @points: DP_POINT_BIT of each; 0 for nowhere
 * @from: a move that ended at a point, whose function is let return: that is a stop, too; or NULL
 */
void dp_hands_expect(struct dp_hands *hands, enum dp_order_side side, unsigned int points,
		     const struct dp_move *from);

/**
 * dp_hands_go - let one side go on; the other one, too, unless it is held
 * @hands: both
 * @side: who is watched, and freed if it was held
 * @move: receives how far it came
 *
 * If the other one comes to where it is to be stopped, it is held there, and its next move is that.
 * A task that waits is told from one that is slow by where its processor stands: in the idle loop,
 * or in a function that waits for another processor, in many looks in a row.
 *
 * Return: 0 or a negative errno.
 */
int dp_hands_go(struct dp_hands *hands, enum dp_order_side side, struct dp_move *move);

/* The processors of those that are not stopped. */
unsigned int dp_hands_runners(const struct dp_hands *hands);

/* The root of a page table, without the bits of CR3 that are none of it. */
uint64_t dp_table_of(uint64_t cr3);

/* Whether a point is where one says that it is done. */
bool dp_is_answer(enum dp_point point);

/* Looks through the registrar's page table. */
int dp_hands_entry(struct dp_hands *hands, enum dp_entry *entry);

/* Lets what is not held run for a while, to wherever it comes. */
int dp_hands_pause(struct dp_hands *hands, uint64_t ms);

#endif
