/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The racer: a process whose threads register and deregister while a device is taken away.
 */
#ifndef DAXPIN_RACE_RACER_H
#define DAXPIN_RACE_RACER_H

#include <stdatomic.h>
#include <sys/types.h>

#include "daxpin/actor.h"
#include "daxpin/teardown.h"

/* More than the CPUs of the guest, so that some are always in the middle of it. */
#define DP_RACERS 4
/* How long a region may be kept once the event has begun, ms; see racer.c. */
#define DP_HOLDER_MS 1000ULL
/* Larger than any errno. */
#define DP_ERRNOS 134

/* What one thread has seen, over all rounds. */
struct dp_tally {
	uint64_t allowed;
	uint64_t errors[DP_ERRNOS]; /* by errno */
	uint64_t during;            /* allowed and released while the event was on */
	uint64_t early;             /* other than at first, before the event had begun */
	uint64_t late;              /* allowed, begun after the event had completed */
	uint64_t not_held;          /* allowed before, and not yet given back when it completed */
	uint64_t not_released;      /* that could not be deregistered */
	int early_errno, release_errno;
};

enum dp_racer_command {
	DP_RACER_MAP = 'm', /* makes the mapping; number: its descriptor */
	DP_RACER_RUN = 'r', /* starts the threads; answers when each has registered once */
	DP_RACER_END = 'e', /* waits for them, and gives the mapping up unless it is a file */
};

/* Shared between the racer, the event and whoever watches. */
struct dp_race {
	const struct dp_scenario *scenario;
	const struct dp_teardown_options *options;
	uint64_t round;

	/* When the event of this round began and completed, by CLOCK_MONOTONIC in ns; 0: not yet.
	 */
	atomic_ullong begun, ended;
	atomic_bool stop; /* the threads end, whatever has become of the event */

	struct dp_target target;
	char provider[32];
	bool odp, on_demand;
	int first; /* what the very first registration gave: 0 or its errno */
	struct dp_tally tally[DP_RACERS];
	atomic_int thread[DP_RACERS]; /* thread ids, 0 for those that have ended */
	int skip;
	struct dp_error error;
};

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t dp_race_now(void);

/* The next number of a sequence (splitmix64); @state is its seed at first. */
uint64_t dp_race_random(uint64_t *state);

/**
 * dp_racer_start - start the racer; it takes the orders above, and answers each
 * @actor: receives it
 * @race: in memory that is shared with children; the racer fills in target, provider, odp, skip
 *
 * Return: 0 or a negative errno.
 */
int dp_racer_start(struct dp_actor *actor, struct dp_race *race);

#endif
