// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/globs.h"
#include "daxpin/list.h"
#include "daxpin/order.h"
#include "daxpin/question.h"

/* The owner unmaps the region: its pages stay where they are, and pins keep them. */
static const struct dp_event unmap = {
	.name = "munmap",
	.what = "another thread of the owner unmaps the region",
	.effect = DP_KEEPS,
};

const struct dp_event *dp_order_event(const char *name)
{
	size_t count;
	const struct dp_event *const *all = dp_events(&count);

	if (!strcmp(name, unmap.name))
		return &unmap;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

/* Events that one write carries out, and that come back. */
static const char *const events[] = {
	"munmap",         "devdax-unbind",    "devdax-disable",   "namespace-disable",
	"region-disable", "fsdax-truncate",   "fsdax-punch-hole", "p2pdma-unbind",
	"kmem-offline",   "rdma-link-delete",
};

static bool is_wanted(const struct dp_mapping *mapping)
{
	return mapping->control || dp_is_devdax(mapping) || dp_is_fsdax(mapping) ||
	       dp_is_p2pdma(mapping) || (dp_is_kmem(mapping) && !strcmp(mapping->zone, "Movable"));
}

bool dp_order_applies(const struct dp_mapping *mapping, const struct dp_event *event,
		      const struct dp_station *station)
{
	if (!is_wanted(mapping) || (station->applies && !station->applies(mapping)))
		return false;
	/* Only what is taken away can have been taken away. */
	if (event == &unmap)
		return station->kind == DP_HOLD_REGISTRAR;
	if (!event->applies(mapping))
		return false;
	/* What may not be pinned for long has no region that could be released. */
	return station->kind != DP_HOLD_RELEASE || !dp_is_fsdax(mapping);
}

static int add(const struct dp_order *order, struct dp_globs *globs, struct dp_orders *orders)
{
	struct dp_order *added;

	if (!dp_order_applies(order->mapping, order->event, order->station) ||
	    !dp_globs_select(globs, order->id))
		return 0;
	added = dp_list_add(orders->list, orders->count);
	if (!added)
		return -ENOMEM;
	*added = *order;
	return 0;
}

static int add_mappings(const struct dp_event *event, const struct dp_station *station,
			struct dp_globs *globs, struct dp_orders *orders)
{
	size_t count;
	const struct dp_mapping *const *mappings = dp_mappings(&count);
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++) {
		struct dp_order order = { mappings[i], event, station, "" };

		snprintf(order.id, sizeof(order.id), "order/%s/%s/%s", mappings[i]->name,
			 event->name, station->name);
		rc = add(&order, globs, orders);
	}
	return rc;
}

int dp_orders_make(const char *const *only, size_t nonly, struct dp_orders *orders,
		   struct dp_error *err)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	size_t count;
	const struct dp_station *stations = dp_stations(&count);
	int rc = dp_globs_init(&globs, only, nonly);

	*orders = (struct dp_orders){ 0 };
	for (size_t e = 0; e < DP_ARRAY_SIZE(events) && !rc; e++)
		for (size_t s = 0; s < count && !rc; s++)
			rc = add_mappings(dp_order_event(events[e]), &stations[s], &globs, orders);
	if (!rc)
		rc = dp_question_globs_used(DP_QUESTION_ORDER, &globs, err);
	if (rc)
		dp_orders_clear(orders);
	return rc;
}

void dp_orders_clear(struct dp_orders *orders)
{
	free(orders->list);
	*orders = (struct dp_orders){ 0 };
}
