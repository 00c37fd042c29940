/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is held in a biased race: one at a time, for as long as was drawn. */
#ifndef DAXPIN_ORDER_HELD_H
#define DAXPIN_ORDER_HELD_H

#include "hands.h"
#include "windows.h"

struct dp_held {
	struct dp_window *window; /* NULL: nobody */
	enum dp_bond bond;
	unsigned int cpu;
	uint64_t ip, sp;     /* where, and on which stack */
	bool over;           /* for as long as was drawn */
	uint64_t us;         /* for how long they have run since; whoever has them run counts it */
	uint64_t busy_ms;    /* how long the other processor had been emulated when it came there */
	unsigned int passed; /* DP_POINT_BIT of what the other side has passed meanwhile */
};

/**
 * dp_held_begin - hold one at the station that it has come to
 * @held: nobody so far
 * @hands: with the processors, and where one can turn
 * @window: of the station
 * @cpu: that it is before, and that stands
 * @state: of that
 *
 * Return: 0 or a negative errno.
 */
int dp_held_begin(struct dp_held *held, struct dp_hands *hands, struct dp_window *window,
		  unsigned int cpu, const struct dp_vcpu_state *state);

/**
 * dp_held_end - let it go on, if its time has passed and it is there
 * @held: whoever is held; nobody once it has gone on, and its window has been told
 * @hands: as above
 *
 * One whose time has passed, and that others have taken the processor from, is there when it comes
 * to hands->turn: held->over is set then.
 *
 * Return: 0 or a negative errno.
 */
int dp_held_end(struct dp_held *held, struct dp_hands *hands);

/* The side that runs meanwhile. */
enum dp_order_side dp_held_other(const struct dp_held *held);

/* A side has passed a point. */
void dp_held_note(struct dp_held *held, enum dp_order_side side, enum dp_point point);

#endif
