// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/cgroup.h"
#include "daxpin/rdma.h"

static void knows_a_group_that_is_full(void **state)
{
	static const struct {
		const char *max, *current;
		bool full;
		uint64_t most;
	} cases[] = {
		{ "rxe0 hca_handle=2 hca_object=3\n", "rxe0 hca_handle=1 hca_object=3\n", true, 3 },
		{ "rxe0 hca_handle=2 hca_object=3\n", "rxe0 hca_handle=2 hca_object=2\n", false,
		  0 },
		{ "rxe0 hca_handle=1 hca_object=max\n", "rxe0 hca_handle=1 hca_object=900\n", false,
		  0 },
		{ "mlx5_0 hca_handle=1 hca_object=1\nrxe0 hca_handle=9 hca_object=9\n",
		  "mlx5_0 hca_handle=1 hca_object=1\nrxe0 hca_handle=1 hca_object=1\n", false, 0 },
		{ "mlx5_0 hca_handle=1 hca_object=8\nrxe0 hca_handle=9 hca_object=9",
		  "rxe0 hca_handle=1 hca_object=9", true, 9 },
		{ "rxe0 hca_object=0", "rxe0 hca_object=0", true, 0 },
		{ "rxe0 hca_object=5", "", false, 0 },
		{ "", "rxe0 hca_object=5", false, 0 },
		{ "rxe0", "rxe0", false, 0 },
		{ "rxe0 hca_object=", "rxe0 hca_object=", false, 0 },
		{ "rxe0 hca_object=5x", "rxe0 hca_object=9", false, 0 },
		{ "rxe0 hca_objects=5", "rxe0 hca_object=9", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		uint64_t most = 0;
		bool full = dp_rdma_cgroup_full(cases[i].max, cases[i].current, "rxe0", &most);

		if (full != cases[i].full || (full && most != cases[i].most))
			fail_msg("\"%s\" of \"%s\": %d, %llu", cases[i].current, cases[i].max, full,
				 (unsigned long long)most);
	}
}

static void counts_kills(void **state)
{
	(void)state;
	assert_int_equal(
		dp_oom_kills("low 0\nhigh 0\nmax 21\noom 3\noom_kill 2\noom_group_kill 9\n"), 2);
	assert_int_equal(dp_oom_kills("oom_kill 7"), 7);
	assert_int_equal(dp_oom_kills("oom 3\nx oom_kill 7\noom_kills 4\n"), 0);
	assert_int_equal(dp_oom_kills(""), 0);
	assert_int_equal(dp_oom_kills("\n\n"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_a_group_that_is_full),
		cmocka_unit_test(counts_kills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
