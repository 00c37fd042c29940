// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counters of the processor, with events that every machine has; and that those of the hardware
 * are counted, or said not to be.
 */
#include "test.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include "daxpin/error.h"

#include "../../src/bench/pmu.h"
#include "../../src/bench/stopwatch.h"

/* Both count nanoseconds. */
static const struct dp_pmu_event clocks[DP_PMU_EVENTS] = {
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK },
};

/* No page is faulted in while a counter is read. */
static const struct dp_pmu_event faults[DP_PMU_EVENTS] = {
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ },
	{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS },
};

/* Neither root nor CAP_PERFMON, and a kernel that keeps everything to itself. */
static bool is_kept_from_us(int rc)
{
	return rc == -EACCES || rc == -EPERM || rc == -ENOSYS;
}

static void counts_what_this_thread_does(void **state)
{
	struct dp_stopwatch watch;
	struct dp_pmu pmu = DP_NO_PMU;
	struct dp_error err = { 0 };
	uint64_t before[DP_PMU_EVENTS], after[DP_PMU_EVENTS], ticks;
	int rc = dp_pmu_open(clocks, &pmu, &err);

	(void)state;
	if (is_kept_from_us(rc))
		skip();
	assert_int_equal(rc, 0);
	assert_true(dp_pmu_read(&pmu, before));
	for (volatile int i = 0; i < 1000000; i++)
		;
	assert_true(dp_pmu_read(&pmu, after));
	for (int i = 0; i < DP_PMU_EVENTS; i++) {
		assert_true(pmu.cost[i] > 0);
		assert_true(after[i] - before[i] > 2 * pmu.cost[i]);
	}

	/* With the stopwatch: nothing of the reading is in its time, and all of the loop is. */
	assert_int_equal(dp_stopwatch_calibrate(false, &watch, &err), 0);
	watch.pmu = &pmu;
	dp_stopwatch_begin(&watch);
	for (volatile int i = 0; i < 1000000; i++)
		;
	assert_true(dp_stopwatch_end(&watch, &ticks) > 0);
	assert_false(watch.uncounted);
	assert_true(watch.counted[0] > pmu.cost[0]);
	dp_pmu_close(&pmu);
	assert_false(dp_pmu_read(&pmu, after));
	dp_stopwatch_begin(&watch);
	dp_stopwatch_end(&watch, &ticks);
	assert_true(watch.uncounted);
}

static void says_that_counters_stand_still(void **state)
{
	struct dp_pmu pmu = DP_NO_PMU;
	struct dp_error err = { 0 };
	int rc = dp_pmu_open(faults, &pmu, &err);

	(void)state;
	if (is_kept_from_us(rc))
		skip();
	assert_int_equal(rc, -ENODATA);
	assert_non_null(strstr(err.what, "do not count"));
	assert_int_equal(pmu.fds[0], -1);
}

static void counts_cycles_or_says_why_not(void **state)
{
	struct dp_pmu pmu = DP_NO_PMU;
	struct dp_error err = { 0 };
	uint64_t counts[DP_PMU_EVENTS];
	int rc = dp_pmu_open(dp_pmu_hardware, &pmu, &err);

	(void)state;
	if (rc) {
		assert_int_equal(err.code, rc);
		assert_true(err.what[0]);
		assert_false(dp_pmu_read(&pmu, counts));
	} else if (dp_pmu_read(&pmu, counts)) {
		assert_true(counts[0] > 0 && counts[1] > 0);
	}
	dp_pmu_close(&pmu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_this_thread_does),
		cmocka_unit_test(says_that_counters_stand_still),
		cmocka_unit_test(counts_cycles_or_says_why_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
