// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pmu.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

#define PARANOID "/proc/sys/kernel/perf_event_paranoid"
/* Readings in a row, of which the cheapest counts. */
#define READINGS 64

const struct dp_pmu_event dp_pmu_hardware[DP_PMU_EVENTS] = {
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
};

/* PERF_FORMAT_GROUP, with both times: see perf_event_open(2). */
struct reading {
	uint64_t nr, enabled, running, values[DP_PMU_EVENTS];
};

static int open_event(const struct dp_pmu_event *event, int leader)
{
	struct perf_event_attr attr = {
		.type = event->type,
		.size = sizeof(attr),
		.config = event->config,
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		/* What the machine below does for this one is not this one's. */
		.exclude_hv = 1,
		/* The leader, until all of the group are there. */
		.disabled = leader < 0,
	};
	long fd = syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* perf_event_open() says the one and the other with several errnos. */
static int tell_refused(int rc, struct dp_error *err)
{
	dp_autofree char *paranoid = NULL;

	if (rc == -ENOENT || rc == -EOPNOTSUPP || rc == -ENODEV)
		return dp_report(err, rc, "this machine shows no performance counters (no PMU)");
	if (rc != -EACCES && rc != -EPERM)
		return dp_fail(err, rc, "perf_event_open()");
	dp_read_file(PARANOID, 32, &paranoid, NULL, NULL);
	return dp_report(err, rc, "the counters are kept from this user: " PARANOID " is %.*s",
			 paranoid ? (int)strcspn(paranoid, "\n") : 7, paranoid ?: "unknown");
}

bool dp_pmu_read(const struct dp_pmu *pmu, uint64_t counts[DP_PMU_EVENTS])
{
	struct reading now;

	if (pmu->fds[0] < 0 || read(pmu->fds[0], &now, sizeof(now)) != sizeof(now) ||
	    now.nr != DP_PMU_EVENTS || now.running != now.enabled)
		return false;
	memcpy(counts, now.values, sizeof(now.values));
	return true;
}

static bool measure_cost(struct dp_pmu *pmu)
{
	uint64_t from[DP_PMU_EVENTS], to[DP_PMU_EVENTS];

	for (int i = 0; i < DP_PMU_EVENTS; i++)
		pmu->cost[i] = UINT64_MAX;
	for (int k = 0; k < READINGS; k++) {
		if (!dp_pmu_read(pmu, from) || !dp_pmu_read(pmu, to))
			return false;
		for (int i = 0; i < DP_PMU_EVENTS; i++)
			if (to[i] - from[i] < pmu->cost[i])
				pmu->cost[i] = to[i] - from[i];
	}
	return true;
}

/* Some machines below show counters that do not count. */
static bool stand_still(const struct dp_pmu *pmu)
{
	uint64_t counts[DP_PMU_EVENTS];

	return !dp_pmu_read(pmu, counts) || !counts[0] || !counts[1];
}

int dp_pmu_open(const struct dp_pmu_event events[DP_PMU_EVENTS], struct dp_pmu *pmu,
		struct dp_error *err)
{
	*pmu = (struct dp_pmu)DP_NO_PMU;
	for (int i = 0; i < DP_PMU_EVENTS; i++) {
		pmu->fds[i] = open_event(&events[i], pmu->fds[0]);
		if (pmu->fds[i] < 0) {
			int rc = tell_refused(pmu->fds[i], err);

			dp_pmu_close(pmu);
			return rc;
		}
	}
	ioctl(pmu->fds[0], PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
	if (measure_cost(pmu) && !stand_still(pmu))
		return 0;
	dp_pmu_close(pmu);
	return dp_report(err, -ENODATA, "the performance counters of this machine do not count");
}

void dp_pmu_close(struct dp_pmu *pmu)
{
	for (int i = 0; i < DP_PMU_EVENTS; i++)
		dp_closep(&pmu->fds[i]);
	*pmu = (struct dp_pmu)DP_NO_PMU;
}
