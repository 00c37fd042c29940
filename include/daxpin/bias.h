/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A race that is biased: whoever runs the guest holds tasks of the race at the stations of an order
 * (order.h), each for a time that the seed draws. In each round, each station is drawn a time of 0
 * to DP_BIAS_MS ms; at one with 0 nobody is held. Holds are made from the beginning of the event to
 * its end, and one at a time. What is drawn is the same for the same seed; what comes of it is not,
 * as the race remains one.
 *
 * A hold is a hit if the other side was seen to pass one of its points meanwhile: the event, while
 * a task of the registrar is held; a registration, while the event is.
 */
#ifndef DAXPIN_BIAS_H
#define DAXPIN_BIAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/teardown.h"

struct dp_vcpus;
struct json_object;

/* The longest time that is drawn, ms. */
#define DP_BIAS_MS 5

/* ---- in the guest ------------------------------------------------------------------------- */

/* By what memory of a device is told from that of others. */
struct dp_bias_memory {
	uint64_t device; /* number of the character device, as dev_t has it in the kernel; or 0 */
	uint64_t frame;  /* physical address of the first page if it is a device's; or 0 */
};

/* What the memory of a mapping is. @memory: receives it */
void dp_bias_find_memory(const struct dp_mapping *mapping, const struct dp_area *area,
			 struct dp_bias_memory *memory);

struct dp_bias {
	bool playing;      /* whoever runs the guest holds it */
	int held;          /* where that one answers */
	char missing[160]; /* why nobody is held, or "" */
};

/* The processes of a race, and the processors; those that are neither are the race's own. */
enum dp_bias_side { DP_BIAS_REGISTRAR, DP_BIAS_EVENT };

/* Before the other processes are started: they are told apart by what this leaves in memory. */
void dp_bias_prepare(void);

/*
 * This process is that one from now on, and bound to a processor of its own, as in an order: behind
 * somebody who is held on the same one, the other side could not go on. Does nothing in a race that
 * is not biased.
 */
void dp_bias_be(enum dp_bias_side side);

/**
 * dp_bias_begin - ask whoever runs the guest to hold its processes
 * @bias: to be ended with dp_bias_end()
 * @mapping, @event: of the race
 * @memory: of the mapping
 * @seed: decides what is drawn
 * @held: where whoever runs the guest answers
 * @fd: the stream
 *
 * Without an answer bias->missing says why, and the race is one without holds.
 */
void dp_bias_begin(struct dp_bias *bias, const struct dp_mapping *mapping,
		   const struct dp_event *event, const struct dp_bias_memory *memory, uint64_t seed,
		   int held, int fd);

/* The event of this round, from 0, begins and has ended: said by its process. */
void dp_bias_event(uint64_t round);
void dp_bias_event_ended(uint64_t round);

/* Nobody is held any more. The step "holds" has been told of once this returns. */
void dp_bias_end(struct dp_bias *bias);

/* ---- whoever runs the guest --------------------------------------------------------------- */

/**
 * dp_bias_draw - the time that a station is drawn in a round, ms
 * @seed: of the race
 * @round: from 0
 * @station: its number in dp_stations()
 */
unsigned int dp_bias_draw(uint64_t seed, uint64_t round, size_t station);

/**
 * dp_bias_play - hold the tasks of a race, as a guest asks, until it says that the race is over
 * @asked: the guest's request
 * @vcpus: the guest's processors, which stand
 *
 * Return: the step "holds": how often each station was reached, and what the other side did
 * meanwhile; to be released. Never NULL.
 */
struct json_object *dp_bias_play(struct json_object *asked, const struct dp_vcpus *vcpus);

#endif
