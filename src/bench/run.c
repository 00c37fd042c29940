// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks each id in a process of its own, and tells what was read. Nothing is written to the stream
 * meanwhile: what is observed of a size is told once all of its rounds are over.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asker.h"
#include "room.h"

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"

/* How long one id may take, ms: 1 GiB by 4 KiB pages under emulation is minutes. */
#define BENCH_MS 600000

static int (*const rounds_of[DP_BENCH_KINDS])(struct dp_bench_asker *a,
					      const struct dp_env *env) = {
	[DP_BENCH_REGISTRATION] = dp_bench_round_registration,
	[DP_BENCH_GUP] = dp_bench_round_gup,
	[DP_BENCH_FUNCTIONS] = dp_bench_round_functions,
};

static struct json_object *numbers(const uint64_t *list, unsigned int count)
{
	struct json_object *array = json_object_new_array();

	for (unsigned int i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_int64((int64_t)list[i]));
	return array;
}

/* Why a phase is not gone through; NULL if it is. */
static const char *why_not(const struct dp_bench_asker *a, int phase)
{
	int after = dp_bench_phases[phase].after;

	if (phase == DP_BENCH_FIRST_TOUCH && !dp_bench_touches(a->bench->mapping))
		return "the processor faults no page of this mapping in";
	return after != phase && a->phases[after].code ? "what comes before it was refused" : NULL;
}

static bool is_of_kind(const struct dp_bench_asker *a, int phase)
{
	return dp_bench_phases[phase].kind == a->bench->kind;
}

static void tell_phase(const struct dp_bench_asker *a, int phase, uint64_t pages,
		       unsigned int rounds)
{
	const struct dp_bench_readings *p = &a->phases[phase];
	struct json_object *obj;

	if (!is_of_kind(a, phase) || why_not(a, phase))
		return;
	obj = dp_step_new(dp_bench_phases[phase].step);
	dp_step_set_int(obj, DP_FIELD_PAGES, (int64_t)pages);
	dp_step_set(obj, DP_FIELD_SAMPLES, numbers(p->samples, rounds));
	dp_step_set(obj, DP_FIELD_TICKS, numbers(p->ticks, rounds));
	if (phase == DP_BENCH_FIRST_TOUCH)
		dp_step_set_int(obj, DP_FIELD_LOOP, (int64_t)a->loop);
	else
		dp_step_add_errno(obj, p->code);
	dp_emit(a->fd, obj);
}

static int time_size(struct dp_bench_asker *a, uint64_t pages)
{
	unsigned int rounds = dp_bench_rounds(pages);
	struct dp_env env = a->options->env;
	int rc = 0;

	env.size = pages * a->page;
	for (a->round = 0; a->round < rounds && !rc; a->round++)
		rc = rounds_of[a->bench->kind](a, &env);
	if (!rc && a->differs)
		rc = dp_report(&a->err, -EIO,
			       "%llu pages are answered otherwise in one round than in another",
			       (unsigned long long)pages);
	for (int i = 0; i < DP_BENCH_PHASES && !rc; i++)
		tell_phase(a, i, pages, rounds);
	dp_emit_text(a->fd, "alive", NULL, NULL);
	return rc;
}

static void tell_clock(const struct dp_bench_asker *a)
{
	struct json_object *obj = dp_step_new(DP_STEP_CLOCK);

	dp_step_set_text(obj, DP_FIELD_UNIT, a->watch.counts ? "instructions" : "ns");
	dp_step_set_int(obj, DP_FIELD_COST, (int64_t)a->watch.cost);
	dp_step_set_int(obj, DP_FIELD_TICK, (int64_t)a->watch.tick);
	dp_step_set_int(obj, DP_FIELD_PAGE, (int64_t)a->page);
	dp_emit(a->fd, obj);
}

/* Once there is nothing to say why a size cannot be asked about, the largest decides. */
static int find_room(struct dp_bench_asker *a)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	struct dp_env env = a->options->env;

	env.size = a->bench->size->bytes;
	return dp_bench_room(a->bench->mapping, &env, &area, &a->err);
}

static int time_all(struct dp_bench_asker *a)
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
	for (size_t i = 0; i < count && !rc; i++)
		rc = time_size(a, points[i]);
	for (int i = 0; i < DP_BENCH_PHASES && !rc; i++)
		if (is_of_kind(a, i) && why_not(a, i))
			dp_emit_left_out(a->fd, dp_bench_phases[i].step, why_not(a, i));
	return rc;
}

static void ask(int fd, void *arg)
{
	struct dp_bench_asker *a = arg;
	struct dp_reply reply = { .rc = time_all(a) };

	snprintf(reply.text, sizeof(reply.text), "%.300s", a->err.what);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	dp_rdma_close(&a->rdma);
}

static int ask_one(const struct dp_bench *bench, const struct dp_bench_options *options, int fd,
		   struct dp_error *err)
{
	struct dp_bench_asker asker = { .bench = bench,
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
