/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An order that is being carried out in a guest. */
#ifndef DAXPIN_ORDER_RUN_H
#define DAXPIN_ORDER_RUN_H

#include "sides.h"

#include "daxpin/pin.h"

/* To make a mapping, and to come back, ms. */
#define DP_PART_LIMIT_MS 60000

struct dp_order_run {
	const struct dp_order *order;
	const struct dp_teardown_options *options;
	struct dp_order_shared *shared;
	struct dp_actor registrar, event, watchers[DP_ORDER_SIDES];
	struct dp_pins before;
	bool pins_known;
	enum dp_fate event_fate;
	int event_rc;
	uint64_t started;
	int held, fd;
};

/* Waits until somebody has answered, or is seen to wait. */
enum dp_fate dp_order_await(struct dp_actor *actor, uint64_t limit_ms, struct dp_reply *reply);

/* A command to the registrar, and what becomes of it. */
enum dp_fate dp_order_command(struct dp_order_run *run, enum dp_registrar_command what,
			      struct dp_reply *reply);

/* Takes the steps after the order (after.c). After a splat, what follows is no evidence. */
void dp_order_take_steps(struct dp_order_run *run);

#endif
