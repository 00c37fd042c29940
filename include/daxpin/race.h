/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The original question: gup-fast either takes its reference while the page table entry stands, or
 * falls back to the slow path, which looks again whether the device is there. So each registration
 * that races with a teardown must succeed and hold the device, or fail cleanly.
 */
#ifndef DAXPIN_RACE_H
#define DAXPIN_RACE_H

#include "daxpin/teardown.h"

/**
 * dp_race_run - carry out one race
 * @scenario: made by dp_scenarios_make() with race set
 * @options: how; iterations or duration_ms, and seed, say how often and when
 * @fd: stream that receives the observations
 * @err: context on failure
 *
 * Each round registers and deregisters on several threads, takes the device away in the middle of
 * it, and brings it back. A race ends early with the first clause that is seen to be broken.
 *
 * Return: 0 once it has ended, however; a negative errno if it could not begin.
 */
int dp_race_run(const struct dp_scenario *scenario, const struct dp_teardown_options *options,
		int fd, struct dp_error *err);

#endif
