/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a processor counts of this thread, by perf_event_open(2). */
#ifndef DAXPIN_BENCH_PMU_H
#define DAXPIN_BENCH_PMU_H

#include <stdbool.h>
#include <stdint.h>

struct dp_error;

/* Two events that are counted at the same time: of the hardware, cycles and instructions. */
#define DP_PMU_EVENTS 2

struct dp_pmu_event {
	uint32_t type; /* PERF_TYPE_HARDWARE, … */
	uint64_t config;
};
extern const struct dp_pmu_event dp_pmu_hardware[DP_PMU_EVENTS];

struct dp_pmu {
	int fds[DP_PMU_EVENTS];       /* -1 where there is none; the first leads the group */
	uint64_t cost[DP_PMU_EVENTS]; /* what two readings in a row have between them */
};

#define DP_NO_PMU                                                                                  \
	{                                                                                          \
		.fds = { -1, -1 }                                                                  \
	}

/**
 * dp_pmu_open - count what this thread does, in the kernel and outside
 * @events: which
 * @pmu: receives them; release with dp_pmu_close() in any case
 * @err: why they are not counted: no PMU, or not for this user
 *
 * Return: 0; -ENOENT or -EOPNOTSUPP where the machine has none, -EACCES or -EPERM where they are
 * kept from this user, -ENODATA if they stand still, or another negative errno.
 */
int dp_pmu_open(const struct dp_pmu_event events[DP_PMU_EVENTS], struct dp_pmu *pmu,
		struct dp_error *err);

/* Return: false if there is nothing to be read, or others had the counters for a while. */
bool dp_pmu_read(const struct dp_pmu *pmu, uint64_t counts[DP_PMU_EVENTS]);

void dp_pmu_close(struct dp_pmu *pmu);

#endif
