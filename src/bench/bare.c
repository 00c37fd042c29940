// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference: a loop of bare verbs calls over the same mapping, with one reading of the clock
 * around each half of them, and the same loop with each call timed as the phases are. How far the
 * two are apart is what the harness adds. And the bare loop by several threads at once.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "asker.h"
#include "room.h"

#include "daxpin/cleanup.h"

/* Calls, an even number; of large regions, which take long. */
#define CALLS       8
#define CALLS_LARGE 2
/* The first two are of what is not warm yet. */
#define TO_WARM 2

static unsigned int calls_of(uint64_t pages)
{
	return dp_bench_is_large(pages) ? CALLS_LARGE : CALLS;
}

/* Return: the errno of a registration; or a negative errno, if what it gave cannot be given back */
static int call(const struct dp_bench_asker *a, const struct dp_area *area)
{
	struct ibv_mr *mr;

	errno = 0;
	mr = ibv_reg_mr(a->rdma.pd, area->addr, area->len, DP_BENCH_ACCESS);
	if (!mr)
		return errno ? errno : -EIO;
	return -ibv_dereg_mr(mr);
}

/* Return: as call(); -EIO if they do not all answer the same. */
static int call_times(const struct dp_bench_asker *a, const struct dp_area *area,
		      unsigned int calls)
{
	int code = call(a, area);

	for (unsigned int i = 1; i < calls; i++)
		if (call(a, area) != code)
			return -EIO;
	return code;
}

/* One of two equal parts. */
static void time_bare(struct dp_bench_asker *a, const struct dp_area *area, int *code)
{
	uint64_t ticks;

	dp_stopwatch_begin(&a->watch);
	*code = call_times(a, area, a->bare.calls / 2);
	a->bare.samples[a->round] += dp_stopwatch_end(&a->watch, &ticks);
}

static void time_each(struct dp_bench_asker *a, const struct dp_area *area)
{
	uint64_t *sum = &a->bare.timed[a->round], ticks;

	for (unsigned int i = 0; i < a->bare.calls / 2; i++) {
		struct ibv_mr *mr;

		dp_stopwatch_begin(&a->watch);
		mr = ibv_reg_mr(a->rdma.pd, area->addr, area->len, DP_BENCH_ACCESS);
		*sum += dp_stopwatch_end(&a->watch, &ticks);
		if (!mr)
			continue;
		dp_stopwatch_begin(&a->watch);
		ibv_dereg_mr(mr);
		*sum += dp_stopwatch_end(&a->watch, &ticks);
	}
}

static int open_warm(struct dp_bench_asker *a, const struct dp_env *env, struct dp_area *area)
{
	int rc = dp_bench_room_touched(a->bench->mapping, env, area, &a->err);

	if (rc)
		return rc;
	rc = call_times(a, area, TO_WARM);
	return rc < 0 ? dp_fail(&a->err, rc, "a call of the reference") : 0;
}

static int time_alone(struct dp_bench_asker *a, const struct dp_env *env)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	struct dp_bench_bare *bare = &a->bare;
	int rc = open_warm(a, env, &area), code = 0;

	if (rc)
		return rc;
	/* What grows slower or faster meanwhile does so for both: one's half, the other, the half.
	 */
	for (int part = 0; part < 4 && code >= 0; part++)
		if ((part == 1 || part == 2) == (a->round % 2))
			time_bare(a, &area, &code);
		else
			time_each(a, &area);
	if (code < 0)
		return dp_fail(&a->err, code, "a call of the reference");
	bare->differs |= a->round && code != bare->code;
	bare->code = code;
	return 0;
}

/* ---- several threads ---------------------------------------------------------------------- */

struct hands {
	struct dp_bench_asker *a;
	struct hand {
		struct hands *all;
		struct dp_area area;
		pthread_t thread;
		uint64_t from, to;
		int code;
	} * list;
	unsigned int count, started;
	pthread_rwlock_t gate; /* it is held until all of them are there */
};

static void hands_clear(struct hands *hands)
{
	for (unsigned int i = 0; i < hands->count; i++)
		dp_area_close(&hands->list[i].area);
	free(hands->list);
}

static void *work(void *arg)
{
	struct hand *hand = arg;
	const struct dp_bench_asker *a = hand->all->a;

	pthread_rwlock_rdlock(&hand->all->gate);
	hand->from = dp_stopwatch_now(&a->watch);
	hand->code = call_times(a, &hand->area, a->bare.calls * DP_BENCH_BY_THREADS);
	hand->to = dp_stopwatch_now(&a->watch);
	pthread_rwlock_unlock(&hand->all->gate);
	return NULL;
}

static int start(struct hands *hands)
{
	int rc = 0;

	pthread_rwlock_init(&hands->gate, NULL);
	pthread_rwlock_wrlock(&hands->gate);
	for (unsigned int i = 0; i < hands->count && !rc; i++) {
		rc = -pthread_create(&hands->list[i].thread, NULL, work, &hands->list[i]);
		hands->started += !rc;
	}
	pthread_rwlock_unlock(&hands->gate);
	for (unsigned int i = 0; i < hands->started; i++)
		pthread_join(hands->list[i].thread, NULL);
	pthread_rwlock_destroy(&hands->gate);
	return rc ? dp_fail(&hands->a->err, rc, "cannot start a thread") : 0;
}

/* From the first that began to the last that was done. */
static int sum_up(const struct hands *hands)
{
	struct dp_bench_bare *bare = &hands->a->bare;
	uint64_t from = UINT64_MAX, to = 0;

	for (unsigned int i = 0; i < hands->count; i++) {
		const struct hand *hand = &hands->list[i];

		if (hand->code != bare->code)
			return dp_skip(&hands->a->err, "%u at once are not answered as one is",
				       hands->count);
		from = hand->from < from ? hand->from : from;
		to = hand->to > to ? hand->to : to;
	}
	bare->together[hands->a->round] = to - from;
	return 0;
}

static int time_together(struct dp_bench_asker *a, const struct dp_env *env)
{
	unsigned int threads = a->options->threads;
	dp_cleanup(hands_clear) struct hands hands = {
		.a = a, .list = calloc(threads, sizeof(*hands.list))
	};
	int rc = hands.list ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < threads && !rc; i++) {
		hands.list[i] = (struct hand){ .all = &hands, .area = { .fd = -1 } };
		rc = open_warm(a, env, &hands.list[i].area);
		hands.count += !rc;
	}
	if (!rc)
		rc = start(&hands);
	return rc ? rc : sum_up(&hands);
}

int dp_bench_round_bare(struct dp_bench_asker *a)
{
	struct dp_env env = a->options->env;
	int rc;

	env.size = a->bench->size->bytes;
	a->bare.calls = calls_of(env.size / a->page);
	rc = time_alone(a, &env);
	if (rc || a->options->threads < 2 || a->bare.alone.code)
		return rc;
	rc = time_together(a, &env);
	if (rc != DP_SKIP)
		return rc;
	/* There is room for one, and not for all of them. */
	a->bare.alone = a->err;
	a->err = (struct dp_error){ 0 };
	return 0;
}
