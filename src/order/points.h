/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the functions of an order are in this kernel. */
#ifndef DAXPIN_ORDER_POINTS_H
#define DAXPIN_ORDER_POINTS_H

#include <stdint.h>

#include "daxpin/order.h"

/* Most functions of one kernel that are a point, and most that are looked for by their range. */
#define DP_MAX_PASSAGES 40
#define DP_MAX_PLACES   40

struct dp_passage {
	enum dp_point point;
	const char *function;
	uint64_t address;
};

/* A function in which a processor stands when it waits. */
struct dp_place {
	const char *function;
	uint64_t start, end;
};

struct dp_passages {
	struct dp_passage list[DP_MAX_PASSAGES];
	size_t count;
	struct dp_place places[DP_MAX_PLACES];
	size_t nplaces;
};

/**
 * dp_passages_find - look the functions up in /proc/kallsyms
 * @order: whose event decides what is looked for
 * @passages: receives them
 * @err: context on failure
 *
 * Return: 0 or a negative errno. A function that this kernel does not have is left out.
 */
int dp_passages_find(const struct dp_order *order, struct dp_passages *passages,
		     struct dp_error *err);

#endif
