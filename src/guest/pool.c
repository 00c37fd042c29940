// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/collect.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/guest.h"

#define MAX_JOBS 64
/* What a guest takes at most, of the memory that is free: RAM, and what QEMU needs itself. */
#define GUEST_KIB (1200 << 10)
/* How often progress is looked at, ms. */
#define TICK_MS 100

struct pool {
	const struct dp_boot *boot;
	struct dp_task *tasks;
	size_t count;
	const struct dp_session_limits *limits;
	atomic_size_t next;
	atomic_uint running;
	pthread_mutex_t mutex; /* for the two below */
	int rc;
	struct dp_error error;
};

unsigned int dp_pool_jobs(bool waiting)
{
	dp_autofree char *text = NULL;
	long jobs = sysconf(_SC_NPROCESSORS_ONLN);
	const char *line;

	jobs += waiting ? jobs / 2 : 0;
	if (dp_read_file("/proc/meminfo", 65536, &text, NULL, NULL))
		return 1;
	line = strstr(text, "MemAvailable:");
	if (line && atol(line + 13) / GUEST_KIB < jobs)
		jobs = atol(line + 13) / GUEST_KIB;
	return jobs < 1 ? 1 : jobs > MAX_JOBS ? MAX_JOBS : (unsigned int)jobs;
}

static void give_up(struct pool *pool, int rc, const struct dp_error *err)
{
	pthread_mutex_lock(&pool->mutex);
	if (!pool->rc) {
		pool->rc = rc;
		pool->error = *err;
	}
	pthread_mutex_unlock(&pool->mutex);
	atomic_store(&pool->next, pool->count);
}

static void *work(void *arg)
{
	struct pool *pool = arg;
	size_t i;

	while ((i = atomic_fetch_add(&pool->next, 1)) < pool->count) {
		struct dp_task *task = &pool->tasks[i];
		struct dp_error err = { 0 };
		int rc = dp_session_run(pool->boot, task->command, pool->limits, task->collect,
					NULL, &err);

		if (rc)
			give_up(pool, rc, &err);
	}
	atomic_fetch_sub(&pool->running, 1);
	return NULL;
}

static void show_progress(const struct pool *pool, dp_progress_fn progress)
{
	size_t answered = 0, asked = 0;

	for (size_t i = 0; i < pool->count; i++) {
		answered += atomic_load(&pool->tasks[i].collect->answered);
		asked += pool->tasks[i].collect->count;
	}
	progress("asking", (int)(100 * answered / (asked ? asked : 1)));
}

int dp_pool_run(const struct dp_boot *boot, struct dp_task *tasks, size_t count, unsigned int jobs,
		const struct dp_session_limits *limits, dp_progress_fn progress,
		struct dp_error *err)
{
	struct pool pool = { .boot = boot, .tasks = tasks, .count = count, .limits = limits };
	pthread_t threads[MAX_JOBS];
	unsigned int started = 0;

	pthread_mutex_init(&pool.mutex, NULL);
	jobs = jobs > MAX_JOBS ? MAX_JOBS : jobs;
	jobs = jobs > count ? (unsigned int)count : jobs;
	atomic_store(&pool.running, jobs);
	for (; started < jobs; started++) {
		int rc = pthread_create(&threads[started], NULL, work, &pool);

		if (rc) {
			struct dp_error failure = { 0 };

			dp_fail(&failure, -rc, "cannot start a thread");
			give_up(&pool, -rc, &failure);
			atomic_fetch_sub(&pool.running, jobs - started);
			break;
		}
	}
	while (progress && atomic_load(&pool.running)) {
		show_progress(&pool, progress);
		poll(NULL, 0, TICK_MS);
	}
	for (unsigned int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (progress)
		progress("", -1);
	pthread_mutex_destroy(&pool.mutex);
	if (pool.rc && err)
		*err = pool.error;
	return pool.rc;
}
