// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Benches: one guest, whose instructions are counted, is asked about each mapping; or this machine,
 * by time.
 */
#include <errno.h>
#include <stdlib.h>

#include "ask.h"
#include "host.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

/* A guest is asked about one mapping, and one kind: what is loaded for a kind is in no other. */
static size_t benches_alike(const struct dp_benches *benches, size_t from)
{
	const struct dp_bench *first = &benches->list[from];
	size_t to = from + 1;

	while (to < benches->count && benches->list[to].mapping == first->mapping &&
	       benches->list[to].kind == first->kind)
		to++;
	return to - from;
}

static int begin(const struct campaign *c, const struct dp_bench *list, size_t count, size_t round,
		 struct dp_task *task, struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = DP_COMMAND_BENCH,
		.bench = { .rdma = dp_text_copy(c->ask->rdma) },
	};
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++)
		rc = dp_words_add(&command.bench.only, list[i].id);
	if (!rc)
		rc = dp_task_begin(c, &command, count, task, err);
	for (size_t i = 0; i < count && !rc; i++)
		dp_collect_add(dp_task_collect(task), list[i].id);
	if (!rc)
		dp_task_set_round(c, task, round);
	return rc;
}

int dp_ask_benches(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_benches *benches = &c->selection->benches;
	size_t rounds = dp_rounds(c), ntasks = 0;
	struct dp_task *tasks = calloc(benches->count * rounds, sizeof(*tasks));
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0, n; i < benches->count && !rc; i += n) {
		n = benches_alike(benches, i);
		for (size_t k = 0; k < rounds && !rc; k++)
			rc = begin(c, &benches->list[i], n, k, &tasks[ntasks++], err);
	}
	if (!rc)
		rc = dp_tasks_run(c, tasks, ntasks, false, run, err);
	dp_tasks_free(tasks, ntasks);
	return rc;
}

/* ---- this machine ------------------------------------------------------------------------ */

struct executor {
	const struct dp_benches *benches;
	const struct dp_bench_options *options;
};

static void carry_out(int fd, void *arg)
{
	const struct executor *e = arg;
	struct dp_error failure = { 0 };

	if (dp_bench_run(e->benches, e->options, fd, &failure))
		dp_emit_failure(fd, &failure);
	else
		dp_emit_text(fd, "done", NULL, NULL);
}

static int bench_once(const struct host_job *job, const struct dp_ask *ask,
		      struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_benches *benches = job->questions;
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_cleanup(dp_dirs_clear) struct dp_dirs dirs = { 0 };
	struct dp_bench_options options = { .rdma = ask->rdma,
					    .rounds = ask->rounds,
					    .threads = ask->threads };
	struct executor executor = { benches, &options };
	int rc = dp_host_rdma(ask->rdma, err);

	if (!rc)
		rc = dp_dirs_read(job->host, &dirs);
	if (!rc)
		rc = dp_collect_init(&collect, benches->count);
	for (size_t i = 0; i < benches->count && !rc; i++)
		dp_collect_add(&collect, benches->list[i].id);
	options.env.dirs = dirs.list;
	options.env.ndirs = dirs.count;
	return rc ? rc : dp_host_answer(ask, carry_out, &executor, true, &collect, run, err);
}

int dp_host_bench(const struct dp_host *host, const struct dp_benches *benches,
		  const struct dp_ask *ask, struct dp_run_record *run, struct dp_error *err)
{
	return dp_host_rounds(bench_once, &(struct host_job){ .host = host, .questions = benches },
			      ask, run, err);
}
