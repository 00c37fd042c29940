// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * By the clock: a machine is slower at times, and grows warm. So the ids take turns, one round
 * each, and what is slow for a while is slow for all of them. Each has a process of its own, which
 * waits between its turns. Each turn begins its id anew in the stream, so that whatever the kernel
 * says belongs to it; what was read is told in a turn of its own, the last.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asker.h"

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"

/* How long one id may take in all of its turns, and in one, ms: then it is given up, before those
 * who listen take the silence for the end of everything (SILENCE_MS, src/campaign/host.c). */
#define BENCH_MS 600000
#define TURN_MS  150000
/* Enough rounds; or enough time, ms, once there are so many, or fewer of what takes long. */
#define ENOUGH_ROUNDS 50
#define ENOUGH_MS     4000
#define LEAST         15
#define LEAST_LARGE   5
/* What the kernel says comes to its log a little later, ms. */
#define LOG_MS 500

enum command { ROUND = 'r', TELL = 't' };

/* An id, and how far it is. */
struct turn {
	const struct dp_bench *bench;
	struct dp_actor actor;
	unsigned long before, after; /* the taint, of the turn in which it changed, or the last */
	unsigned int rounds;
	uint64_t took_ms;
};

struct table {
	const struct dp_bench_options *options;
	int fd;
	struct turn *turns;
	size_t count;
};

static void clear(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		dp_actor_clear(&t->turns[i].actor);
	free(t->turns);
}

/* ---- in the process of an id -------------------------------------------------------------- */

static int take_round(struct dp_bench_asker *a)
{
	int rc = 0;

	if (a->round == DP_BENCH_MAX_ROUNDS)
		return dp_report(&a->err, -E2BIG, "there are too many rounds");
	for (size_t i = 0; i < a->npoints && !rc; i++) {
		rc = dp_bench_round(a, i);
		dp_emit_text(a->fd, "alive", NULL, NULL);
	}
	if (!rc && a->bench->kind == DP_BENCH_REGISTRATION)
		rc = dp_bench_round_bare(a);
	a->round++;
	return rc;
}

static int tell_all(struct dp_bench_asker *a)
{
	int rc = 0;

	dp_bench_tell_clock(a);
	for (size_t i = 0; i < a->npoints && !rc; i++)
		rc = dp_bench_tell_point(a, i);
	if (!rc)
		dp_bench_tell_left_out(a);
	if (!rc && a->bench->kind == DP_BENCH_REGISTRATION)
		rc = dp_bench_tell_bare(a);
	return rc;
}

static bool answer(int fd, const struct dp_bench_asker *a, int rc)
{
	struct dp_reply reply = { .rc = rc };

	snprintf(reply.text, sizeof(reply.text), "%.300s", a->err.what);
	return send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) == sizeof(reply) && !rc;
}

static void obey(int fd, void *arg)
{
	struct dp_bench_asker *a = arg;
	bool on = answer(fd, a, dp_bench_ready(a));
	char command;

	while (on && recv(fd, &command, 1, 0) == 1)
		on = answer(fd, a, command == ROUND ? take_round(a) : tell_all(a));
	dp_bench_over(a);
}

/* ---- who gives the turns ------------------------------------------------------------------ */

static int start(struct table *t, struct turn *turn, struct dp_error *err)
{
	struct dp_bench_asker asker = dp_bench_asker_of(turn->bench, t->options, t->fd);
	int rc;

	fflush(NULL);
	rc = dp_actor_start(&turn->actor, obey, &asker);
	return rc ? dp_fail(err, rc, "cannot start a process") : 0;
}

/* Says why an id is asked no more. */
static void give_up(struct table *t, struct turn *turn, enum dp_fate fate,
		    const struct dp_reply *reply)
{
	dp_emit_id(t->fd, fate == DP_DONE && reply->rc == DP_SKIP ? "skip" : "died",
		   turn->bench->id,
		   fate == DP_DONE   ? reply->text
		   : fate == DP_DIED ? "the process that asked has died"
				     : "the process that asked does not answer");
	dp_actor_clear(&turn->actor);
}

/* Waits for what an id does in its turn. Return: whether it goes on */
static bool hear(struct table *t, struct turn *turn)
{
	uint64_t began = dp_now_ms(),
		 left = turn->took_ms < BENCH_MS ? BENCH_MS - turn->took_ms : 0;
	struct dp_reply reply;
	enum dp_fate fate = dp_actor_hear(&turn->actor, left < TURN_MS ? left : TURN_MS, &reply);

	turn->took_ms += dp_now_ms() - began;
	if (!(turn->after & ~turn->before))
		dp_kernel_taint(&turn->after);
	if (turn->after & ~turn->before)
		poll(NULL, 0, LOG_MS);
	if (fate == DP_DONE && !reply.rc)
		return true;
	give_up(t, turn, fate, &reply);
	return false;
}

static void begin(struct table *t, struct turn *turn)
{
	dp_emit_text(t->fd, "begin", "id", turn->bench->id);
	if (turn->after & ~turn->before)
		return;
	dp_kernel_taint(&turn->before);
	turn->after = turn->before;
}

static bool is_over(const struct table *t, const struct turn *turn)
{
	unsigned int wanted = t->options->rounds;
	uint64_t pages = turn->bench->size->bytes / (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned int least = dp_bench_is_large(pages) ? LEAST_LARGE : LEAST;

	if (wanted)
		return turn->rounds >= wanted;
	return turn->rounds >= ENOUGH_ROUNDS ||
	       (turn->took_ms >= ENOUGH_MS && turn->rounds >= least);
}

/* Return: whether it is to have another turn. */
static bool take_turn(struct table *t, struct turn *turn)
{
	if (!turn->actor.pid || is_over(t, turn))
		return false;
	begin(t, turn);
	dp_actor_tell(&turn->actor, ROUND);
	turn->rounds++;
	return hear(t, turn) && !is_over(t, turn);
}

static void finish(struct table *t, struct turn *turn)
{
	if (!turn->actor.pid)
		return;
	begin(t, turn);
	dp_actor_tell(&turn->actor, TELL);
	if (!hear(t, turn))
		return;
	dp_emit(t->fd, dp_step_taint_between(turn->before, turn->after));
	dp_emit_id(t->fd, "end", turn->bench->id, NULL);
	dp_actor_clear(&turn->actor);
}

int dp_bench_take_turns(const struct dp_benches *benches, const struct dp_bench_options *options,
			int fd, struct dp_error *err)
{
	dp_cleanup(clear) struct table t = { .options = options,
					     .fd = fd,
					     .turns = calloc(benches->count, sizeof(*t.turns)) };
	bool again = true;
	int rc = t.turns ? 0 : -ENOMEM;

	for (size_t i = 0; i < benches->count && !rc; i++) {
		t.turns[t.count] =
			(struct turn){ .bench = &benches->list[i], .actor = DP_NO_ACTOR };
		begin(&t, &t.turns[t.count]);
		rc = start(&t, &t.turns[t.count], err);
		if (!rc)
			hear(&t, &t.turns[t.count++]);
	}
	while (again && !rc) {
		again = false;
		for (size_t i = 0; i < t.count; i++)
			again |= take_turn(&t, &t.turns[i]);
	}
	for (size_t i = 0; i < t.count && !rc; i++)
		finish(&t, &t.turns[i]);
	return rc;
}
