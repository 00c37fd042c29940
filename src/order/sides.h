/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of an order: the registrar, the event, and who watches where they sleep. */
#ifndef DAXPIN_ORDER_SIDES_H
#define DAXPIN_ORDER_SIDES_H

#include "mailbox.h"
#include "points.h"
#include "request.h"

#include "daxpin/actor.h"
#include "daxpin/bias.h"
#include "daxpin/order.h"

/* What the registrar obeys; each is answered. */
enum dp_registrar_command {
	DP_REGISTRAR_MAP = 'm',     /* open the adapter, and map; the number is the descriptor */
	DP_REGISTRAR_PLAY = 'p',    /* obey the mailbox until it says DP_WORD_END; the number is
				       the errno of the last registration */
	DP_REGISTRAR_RELEASE = 'd', /* deregister what is registered */
	DP_REGISTRAR_CLOSE = 'c',   /* close the adapter, and all that it holds */
	DP_REGISTRAR_LEAVE = 'l',   /* unmap, and close the file */
	DP_REGISTRAR_AGAIN = 'a',   /* map and register anew; the number is the errno */
};

/* In memory that all of them share, and that is never paged. */
struct dp_order_shared {
	struct dp_mailbox mailboxes[DP_ORDER_SIDES];
	uint64_t magic[DP_ORDER_SIDES];
	const struct dp_order *order;
	const struct dp_teardown_options *options;
	struct dp_target target;
	char provider[32];
	uint64_t region; /* its address in the registrar */
	struct dp_bias_memory memory;
	bool odp, on_demand;
	_Atomic int tasks[DP_ORDER_SIDES]; /* whom the watchers watch */
	_Atomic bool turning[DP_ORDER_SIDES];
	_Atomic bool registered; /* there is a region now */
	struct dp_reply event;   /* of an event in the registrar's own process */
	_Atomic bool event_done;
	struct dp_error error;
};

int dp_registrar_start(struct dp_actor *actor, struct dp_order_shared *shared);
int dp_order_event_start(struct dp_actor *actor, struct dp_order_shared *shared);
int dp_order_watcher_start(struct dp_actor *actor, struct dp_order_shared *shared,
			   enum dp_order_side side);

/* Whether the event is carried out by a thread of the registrar. */
bool dp_order_is_own(const struct dp_order *order);

/* Adds where the two say that they have their answers, and where their mailboxes are. */
void dp_sides_describe(const struct dp_order_shared *shared, struct dp_request *request);

#endif
