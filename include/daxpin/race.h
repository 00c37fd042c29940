/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "can a registration slip past a teardown?". gup-fast takes its reference while the
 * page table entry is in place, or falls back to the slow path, which checks again whether the
 * device is there. So each registration that races with a teardown must either succeed and hold the
 * device, or fail with a clean error.
 */
#ifndef DAXPIN_RACE_H
#define DAXPIN_RACE_H

#include "daxpin/teardown.h"

/**
 * dp_race_run - carry out one race
 * @scenario: made by dp_scenarios_make() with race set
 * @options: iterations or duration_ms limit the number of rounds; seed decides the delays
 * @fd: stream that receives the observations
 * @err: context on failure
 *
 * In each round, several threads register and deregister while the event takes the device away;
 * then the device is brought back. The race ends early with the first round that breaks a clause of
 * the contract.
 *
 * Return: 0 once the race has ended, whatever was seen, or could not begin for a reason that the
 * stream tells; a negative errno without memory.
 */
int dp_race_run(const struct dp_scenario *scenario, const struct dp_teardown_options *options,
		int fd, struct dp_error *err);

#endif
