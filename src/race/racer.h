/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The racer: a process whose threads register and deregister while a device is taken away. */
#ifndef DAXPIN_RACE_RACER_H
#define DAXPIN_RACE_RACER_H

#include <stdatomic.h>
#include <sys/types.h>

#include "daxpin/actor.h"
#include "daxpin/bias.h"
#include "daxpin/teardown.h"

/* Threads: more than the guest has CPUs, so that some are always interrupted half-way. */
#define DP_RACERS 4
/* How long a region may be held once the event has begun, ms, unless that sleeps; see racer.c. */
#define DP_HOLDER_MS 1000ULL
/* Larger than any errno of Linux. */
#define DP_ERRNOS 134

/* What one thread has seen, over all rounds. */
struct dp_tally {
	uint64_t allowed;
	uint64_t errors[DP_ERRNOS]; /* by errno */
	uint64_t during;            /* allowed and released while the event was under way */
	uint64_t early;             /* answered before the event, otherwise than the first one */
	uint64_t late;              /* allowed, and begun after the event had completed */
	uint64_t not_held;          /* allowed before, and still held when the event completed */
	uint64_t not_released;      /* could not be deregistered */
	int early_errno, release_errno; /* of the last one of these */
};

enum dp_racer_command {
	DP_RACER_MAP = 'm', /* make the mapping; the answer's number is its descriptor */
	DP_RACER_RUN = 'r', /* start the threads; answered when each has registered once */
	DP_RACER_END = 'e', /* wait for the threads, and unmap what the event took away */
};

/* In memory that the racer, the event's process and dp_race_run() share. */
struct dp_race {
	const struct dp_scenario *scenario;
	const struct dp_teardown_options *options;
	uint64_t round;

	/* When the event of this round began and completed, ns of CLOCK_MONOTONIC; 0: not yet. */
	atomic_ullong begun, ended;
	atomic_int event; /* the process that carries it out */
	atomic_uint over; /* counts what those who wait for the end of the event wake up for */
	atomic_bool stop; /* the threads must end, whatever has become of the event */

	struct dp_target target;
	struct dp_bias_memory memory;
	char provider[32];
	bool odp, on_demand;
	int first; /* the errno of the first registration of all, 0 if it was allowed */
	struct dp_tally tally[DP_RACERS];
	atomic_int thread[DP_RACERS]; /* thread ids, 0 for those that have ended */
	struct dp_error error;        /* why a command failed */
};

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t dp_race_now(void);

/* The event has ended, or the threads must: wakes those up who wait. */
void dp_race_is_over(struct dp_race *race);

/* The next number of a pseudo-random sequence (SplitMix64). @state: its seed, at first. */
uint64_t dp_race_random(uint64_t *state);

/**
 * dp_racer_start - start the racer, which obeys enum dp_racer_command and answers each
 * @actor: receives it; release with dp_actor_clear()
 * @race: in memory that is shared with children. With the first DP_RACER_MAP the racer fills in
 *        target, provider, odp, on_demand and first; on failure, error
 *
 * Return: 0 or a negative errno.
 */
int dp_racer_start(struct dp_actor *actor, struct dp_race *race);

#endif
