/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the registrations of a race end inside the kernel, counted. */
#ifndef DAXPIN_RACE_INSIDE_H
#define DAXPIN_RACE_INSIDE_H

#include "daxpin/counters.h"
#include "daxpin/teardown.h"

struct json_object;

struct dp_inside {
	bool wanted;
	struct dp_counters counters;
	int64_t before[DP_COUNTERS];
	char missing[128]; /* why nobody counts, or "" */
};

/* Sets the probes if that is wanted; before any process of the race is started. */
void dp_inside_open(struct dp_inside *inside, const struct dp_teardown_options *options);

/* Counts from here. */
void dp_inside_begin(struct dp_inside *inside);

/* Adds the counts so far to the sums, or why there are none; nothing if they are not wanted. */
void dp_inside_add(const struct dp_inside *inside, struct json_object *sums);

void dp_inside_close(struct dp_inside *inside, const struct dp_teardown_options *options);

#endif
