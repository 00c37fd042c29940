// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several registrations of one buffer: what the eighth takes, while seven are held that have pinned
 * the same pages, against one of them alone.
 */
#include <errno.h>

#include "asker.h"
#include "room.h"

#include "daxpin/cleanup.h"
#include "daxpin/text.h"

#define HELD 7
/* The first two are of what is not warm yet. */
#define TO_WARM 2

struct held {
	struct ibv_mr *list[HELD];
	size_t count;
};

static void release(struct held *held)
{
	for (size_t i = 0; i < held->count; i++)
		ibv_dereg_mr(held->list[i]);
	held->count = 0;
}

/* Return: the errno of the registration, or 0 */
static int hold(const struct dp_bench_asker *a, const struct dp_area *area, struct held *held)
{
	struct ibv_mr *mr;

	errno = 0;
	mr = ibv_reg_mr(a->rdma.pd, area->addr, area->len, DP_BENCH_ACCESS);
	if (!mr)
		return errno ? errno : EIO;
	held->list[held->count++] = mr;
	return 0;
}

/* Return: as hold() */
static int time_one(struct dp_bench_asker *a, const struct dp_area *area, enum dp_bench_phase phase)
{
	struct ibv_mr *mr;
	int code;

	dp_stopwatch_begin(&a->watch);
	errno = 0;
	mr = ibv_reg_mr(a->rdma.pd, area->addr, area->len, DP_BENCH_ACCESS);
	code = mr ? 0 : errno ? errno : EIO;
	dp_bench_stop(a, phase, code);
	if (mr)
		ibv_dereg_mr(mr);
	return code;
}

int dp_bench_round_again(struct dp_bench_asker *a, const struct dp_env *env)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	dp_cleanup(release) struct held held = { .count = 0 };
	int rc = dp_bench_room_touched(a->bench->mapping, env, &area, &a->err), code = 0;

	if (rc)
		return rc;
	for (int i = 0; i < TO_WARM; i++) {
		hold(a, &area, &held);
		release(&held);
	}
	if (time_one(a, &area, DP_BENCH_ALONE))
		return 0;
	for (int i = 0; i < HELD && !code; i++)
		code = hold(a, &area, &held);
	if (!code)
		code = time_one(a, &area, DP_BENCH_EIGHTH);
	return code ? dp_skip(&a->err, "of eight registrations of one buffer one is refused: %s",
			      dp_errno_name(code))
		    : 0;
}
