// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Times the phases. Each round has two mappings of its own. One is registered before anybody has
 * touched it: the cold registration faults its pages in. The other is touched for the first time,
 * and registered three times: the third is the warm one. Nothing is written to the stream
 * meanwhile: what is observed of a size is told once all of its rounds are over.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "room.h"
#include "stopwatch.h"

#include "daxpin/actor.h"
#include "daxpin/bench.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/rdma.h"

/* How long one id may take, ms: 1 GiB by 4 KiB pages under emulation is minutes. */
#define BENCH_MS 600000
#define ROUNDS   8
/* What a remote write needs. */
#define ACCESS (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)

/* What was read in each round of one phase. */
struct phase {
	uint64_t samples[ROUNDS], ticks[ROUNDS];
	int code; /* errno, of each round */
};

struct asker {
	const struct dp_bench *bench;
	const struct dp_bench_options *options;
	int fd;
	uint64_t page;
	struct dp_rdma rdma;
	struct dp_stopwatch watch;
	struct phase phases[DP_BENCH_PHASES];
	uint64_t loop; /* over pages that are there */
	unsigned int round;
	bool differs; /* a round has answered otherwise than the one before */
	struct dp_error err;
};

static void stop(struct asker *a, int phase, int code)
{
	struct phase *p = &a->phases[phase];

	p->samples[a->round] = dp_stopwatch_end(&a->watch, &p->ticks[a->round]);
	a->differs |= a->round && p->code != code;
	p->code = code;
}

static void touch(struct asker *a, const struct dp_area *area)
{
	uint64_t again, ticks;

	if (!dp_bench_touches(a->bench->mapping))
		return;
	dp_stopwatch_begin(&a->watch);
	dp_area_touch(a->bench->mapping, &a->options->env, area);
	stop(a, DP_BENCH_FIRST_TOUCH, 0);
	dp_stopwatch_begin(&a->watch);
	dp_area_touch(a->bench->mapping, &a->options->env, area);
	again = dp_stopwatch_end(&a->watch, &ticks);
	again -= a->watch.cost + ticks * a->watch.tick;
	a->loop = !a->round || again < a->loop ? again : a->loop;
}

/* @phase, @end: where to keep it; -1 for nowhere. Return: 0 or a negative errno */
static int register_once(struct asker *a, const struct dp_area *area, int phase, int end)
{
	struct ibv_mr *mr;
	uint64_t ticks;
	int rc, code;

	dp_stopwatch_begin(&a->watch);
	errno = 0;
	mr = ibv_reg_mr(a->rdma.pd, area->addr, area->len, ACCESS);
	code = mr ? 0 : errno;
	if (phase >= 0)
		stop(a, phase, code);
	else
		dp_stopwatch_end(&a->watch, &ticks);
	if (!mr)
		return code ? 0
			    : dp_report(&a->err, -EIO, "a registration failed without an errno");
	dp_stopwatch_begin(&a->watch);
	rc = ibv_dereg_mr(mr);
	if (end >= 0)
		stop(a, end, rc);
	return rc ? dp_fail(&a->err, -rc, "a region could not be deregistered") : 0;
}

static int take_cold(struct asker *a, const struct dp_env *env)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	int rc = dp_bench_room(a->bench->mapping, env, &area, &a->err);

	return rc ? rc : register_once(a, &area, DP_BENCH_COLD, -1);
}

static int take_warm(struct asker *a, const struct dp_env *env)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	int rc = dp_bench_room(a->bench->mapping, env, &area, &a->err);

	if (rc)
		return rc;
	touch(a, &area);
	for (int i = 0; i < 2 && !rc; i++)
		rc = register_once(a, &area, -1, -1);
	return rc ? rc : register_once(a, &area, DP_BENCH_WARM, DP_BENCH_DEREGISTER);
}

static int take_round(struct asker *a, const struct dp_env *env)
{
	int rc = take_cold(a, env);

	return rc ? rc : take_warm(a, env);
}

static struct json_object *numbers(const uint64_t *list, unsigned int count)
{
	struct json_object *array = json_object_new_array();

	for (unsigned int i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_int64((int64_t)list[i]));
	return array;
}

static void tell_phase(const struct asker *a, int phase, uint64_t pages, unsigned int rounds)
{
	const struct phase *p = &a->phases[phase];
	enum dp_step step = dp_bench_phases[phase].step;
	struct json_object *obj;

	if (phase == DP_BENCH_FIRST_TOUCH && !dp_bench_touches(a->bench->mapping))
		return;
	if (phase == DP_BENCH_DEREGISTER && a->phases[DP_BENCH_WARM].code)
		return;
	obj = dp_step_new(step);
	dp_step_set_int(obj, DP_FIELD_PAGES, (int64_t)pages);
	dp_step_set(obj, DP_FIELD_SAMPLES, numbers(p->samples, rounds));
	dp_step_set(obj, DP_FIELD_TICKS, numbers(p->ticks, rounds));
	if (phase == DP_BENCH_FIRST_TOUCH)
		dp_step_set_int(obj, DP_FIELD_LOOP, (int64_t)a->loop);
	else
		dp_step_add_errno(obj, p->code);
	dp_emit(a->fd, obj);
}

static int time_size(struct asker *a, uint64_t pages)
{
	unsigned int rounds = dp_bench_rounds(pages);
	struct dp_env env = a->options->env;
	int rc = 0;

	env.size = pages * a->page;
	for (a->round = 0; a->round < rounds && !rc; a->round++)
		rc = take_round(a, &env);
	if (!rc && a->differs)
		rc = dp_report(
			&a->err, -EIO,
			"a registration of %llu pages answers otherwise in one round than in another",
			(unsigned long long)pages);
	for (int i = 0; i < DP_BENCH_PHASES && !rc; i++)
		tell_phase(a, i, pages, rounds);
	dp_emit_text(a->fd, "alive", NULL, NULL);
	return rc;
}

static void tell_clock(const struct asker *a)
{
	struct json_object *obj = dp_step_new(DP_STEP_CLOCK);

	dp_step_set_text(obj, DP_FIELD_UNIT, a->watch.counts ? "instructions" : "ns");
	dp_step_set_int(obj, DP_FIELD_COST, (int64_t)a->watch.cost);
	dp_step_set_int(obj, DP_FIELD_TICK, (int64_t)a->watch.tick);
	dp_step_set_int(obj, DP_FIELD_PAGE, (int64_t)a->page);
	dp_emit(a->fd, obj);
}

/* Once there is nothing to say why a size cannot be asked about, the largest decides. */
static int find_room(struct asker *a)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	struct dp_env env = a->options->env;

	env.size = a->bench->size->bytes;
	return dp_bench_room(a->bench->mapping, &env, &area, &a->err);
}

static int time_all(struct asker *a)
{
	uint64_t points[DP_BENCH_POINTS];
	size_t count = dp_bench_points(a->bench->size, a->page, points);
	int rc = find_room(a);

	if (!rc)
		rc = dp_rdma_open(a->options->rdma, &a->rdma, &a->err);
	if (rc)
		return rc;
	dp_rdma_emit(a->fd, a->rdma.device, a->rdma.provider, a->rdma.odp);
	rc = dp_stopwatch_calibrate(a->options->counts, &a->watch, &a->err);
	if (rc)
		return rc;
	tell_clock(a);
	if (!dp_bench_touches(a->bench->mapping))
		dp_emit_left_out(a->fd, DP_STEP_FIRST_TOUCH,
				 "the processor faults no page of this mapping in");
	for (size_t i = 0; i < count && !rc; i++)
		rc = time_size(a, points[i]);
	if (!rc && a->phases[DP_BENCH_WARM].code)
		dp_emit_left_out(a->fd, DP_STEP_DEREGISTER, "the registration was refused");
	return rc;
}

static void ask(int fd, void *arg)
{
	struct asker *a = arg;
	struct dp_reply reply = { .rc = time_all(a) };

	snprintf(reply.text, sizeof(reply.text), "%.300s", a->err.what);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	dp_rdma_close(&a->rdma);
}

static int ask_one(const struct dp_bench *bench, const struct dp_bench_options *options, int fd,
		   struct dp_error *err)
{
	struct asker asker = { .bench = bench,
			       .options = options,
			       .fd = fd,
			       .page = (uint64_t)sysconf(_SC_PAGESIZE) };

	return dp_ask_apart(bench->id, ask, &asker, BENCH_MS, fd, err);
}

int dp_bench_run(const struct dp_benches *benches, const struct dp_bench_options *options, int fd,
		 struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < benches->count && !rc; i++)
		rc = ask_one(&benches->list[i], options, fd, err);
	return rc;
}
