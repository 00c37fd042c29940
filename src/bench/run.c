// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks each id in a process of its own, one after the other, and tells what was read. Nothing is
 * written to the stream meanwhile: what is observed of a size is told once all of its rounds are
 * over.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asker.h"

#include "daxpin/actor.h"
#include "daxpin/observe.h"

/* How long one id may take, ms: 1 GiB by 4 KiB pages under emulation is minutes. */
#define BENCH_MS 600000

static int time_size(struct dp_bench_asker *a, size_t point)
{
	unsigned int rounds = dp_bench_rounds(a->points[point].pages);
	int rc = 0;

	for (a->round = 0; a->round < rounds && !rc; a->round++)
		rc = dp_bench_round(a, point);
	if (!rc)
		rc = dp_bench_tell_point(a, point);
	dp_emit_text(a->fd, "alive", NULL, NULL);
	return rc;
}

static int time_all(struct dp_bench_asker *a)
{
	int rc = dp_bench_ready(a);

	if (rc)
		return rc;
	dp_bench_tell_clock(a);
	for (size_t i = 0; i < a->npoints && !rc; i++)
		rc = time_size(a, i);
	if (!rc)
		dp_bench_tell_left_out(a);
	return rc;
}

static void ask(int fd, void *arg)
{
	struct dp_bench_asker *a = arg;
	struct dp_reply reply = { .rc = time_all(a) };

	snprintf(reply.text, sizeof(reply.text), "%.300s", a->err.what);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	dp_bench_over(a);
}

static int ask_one(const struct dp_bench *bench, const struct dp_bench_options *options, int fd,
		   struct dp_error *err)
{
	struct dp_bench_asker asker = dp_bench_asker_of(bench, options, fd);

	return dp_ask_apart(bench->id, ask, &asker, BENCH_MS, fd, err);
}

int dp_bench_run(const struct dp_benches *benches, const struct dp_bench_options *options, int fd,
		 struct dp_error *err)
{
	int rc = 0;

	if (!options->counts)
		return dp_bench_take_turns(benches, options, fd, err);
	for (size_t i = 0; i < benches->count && !rc; i++)
		rc = ask_one(&benches->list[i], options, fd, err);
	return rc;
}
