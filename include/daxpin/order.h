/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "what if the other one runs just now?": a registration and an event that takes its
 * memory away, one of which is held at a station while the other goes as far as it can. A race
 * hopes to meet such an order; here it is made.
 *
 * The registrar runs on processor 0 and the event on processor 1 of a guest. Whoever runs the
 * guest holds them: dp_order_play().
 */
#ifndef DAXPIN_ORDER_H
#define DAXPIN_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "daxpin/teardown.h"

struct dp_vcpus;
struct json_object;

/* A function that one of the two passes, by what it is to the order. */
enum dp_point {
	/* of the registrar */
	DP_POINT_FAST,      /* gup-fast begins */
	DP_POINT_FAST_GRAB, /* gup-fast has read an entry and is about to take its reference */
	DP_POINT_DROP,      /* gives references back */
	DP_POINT_SLOW,      /* the slow path begins */
	DP_POINT_CHECK,     /* the slow path looks at the VMA */
	DP_POINT_SLOW_GRAB, /* the slow path has followed an entry */
	DP_POINT_FAULT,     /* a page is faulted in */
	DP_POINT_MIGRATE,   /* pages are moved before they are pinned */
	DP_POINT_ON_DEMAND, /* an on-demand region looks for its pages */
	DP_POINT_RETURNED,  /* it has its answer */
	/* of the event */
	DP_POINT_UNMAP,     /* is about to take the mappings away */
	DP_POINT_FLUSH,     /* entries were cleared: other processors must forget them */
	DP_POINT_TAKE,      /* is about to take the memory away */
	DP_POINT_TAKEN,     /* has: the function has returned */
	DP_POINT_COMPLETED, /* has returned */
	DP_POINTS,
};

/* "fast", "fast-grab", …: in observations. */
const char *dp_point_name(enum dp_point point);
enum dp_point dp_point_find(const char *name);

enum dp_order_kind {
	DP_HOLD_REGISTRAR, /* the registrar is held, the event goes on */
	DP_HOLD_EVENT,     /* the event is held, a registration is made */
	DP_HOLD_RELEASE,   /* the event is held, a region from before is released */
};

struct dp_station {
	const char *name; /* the fixed name */
	const char *what; /* one line for people */
	enum dp_order_kind kind;
	enum dp_point at; /* who is held, is held there */
	bool returned;    /* once that function has returned */
	bool success;     /* and only if it has not failed */
	bool unmapped;    /* the pages are taken out of the page table first */
	bool renewed;     /* the pages are given back, and new ones faulted in, first */
	bool writes;      /* the region is registered for writing */
	bool on_demand;   /* and without a pin */
	/*
	 * An entry was read, or a page is held: the memory must not be taken away from there until
	 * the registrar has gone on.
	 */
	bool owns;
	bool (*applies)(const struct dp_mapping *mapping); /* NULL: to all */
};

/**
 * dp_stations - all stations, in the order in which a registration passes them
 * @count: receives how many
 */
const struct dp_station *dp_stations(size_t *count);

const struct dp_station *dp_station_find(const char *name);

/**
 * dp_order_event - an event of an order
 * @name: of an event of teardowns, or "munmap"
 *
 * Return: NULL if there is none.
 */
const struct dp_event *dp_order_event(const char *name);

/* Whether an event can be forced into an order with a registration of a mapping at a station. */
bool dp_order_applies(const struct dp_mapping *mapping, const struct dp_event *event,
		      const struct dp_station *station);

struct dp_order {
	const struct dp_mapping *mapping;
	const struct dp_event *event;
	const struct dp_station *station;
	char id[96]; /* order/MAPPING/EVENT/STATION */
};

struct dp_orders {
	struct dp_order *list;
	size_t count;
};

/**
 * dp_orders_make - all orders whose id matches one of the globs
 * @only, @nonly, @err: as for dp_scenarios_make()
 * @orders: receives them, station by station; release with dp_orders_clear()
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_orders_make(const char *const *only, size_t nonly, struct dp_orders *orders,
		   struct dp_error *err);

void dp_orders_clear(struct dp_orders *orders);

/**
 * dp_order_run - carry out one order, in a guest
 * @order: what to do
 * @options: as of a teardown
 * @held: where whoever holds the guest answers
 * @fd: stream that receives the observations
 * @err: context on failure
 *
 * Return: 0 once it has ended, however; a negative errno if it could not begin.
 */
int dp_order_run(const struct dp_order *order, const struct dp_teardown_options *options, int held,
		 int fd, struct dp_error *err);

/**
 * dp_order_play - force the order, as a guest asks
 * @asked: the guest's request
 * @vcpus: the guest's processors, which stand
 *
 * Return: the step "order": what was held where, how far the other one got, and how both went on;
 * to be released. Never NULL.
 */
struct json_object *dp_order_play(struct json_object *asked, const struct dp_vcpus *vcpus);

/* Bytes of a line of a drawing, and most lines of one. */
#define DP_DRAWING_WIDTH 160
#define DP_DRAWING_LINES 40

/**
 * dp_order_draw - draw an order, who came how far while the other was held; or the holds of a race
 * @steps: a result's steps, from wherever
 * @lines: receives the lines, as the steps have their texts
 * @most: how many there is room for
 *
 * Return: how many there are; 0 if nothing was seen.
 */
size_t dp_order_draw(struct json_object *steps, char (*lines)[DP_DRAWING_WIDTH], size_t most);

#endif
