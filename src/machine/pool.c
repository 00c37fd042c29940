// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/gate.h"
#include "daxpin/machine.h"
#include "daxpin/session.h"

/* What a guest takes at most, of the memory that is free: RAM, and what QEMU needs itself. */
#define GUEST_KIB (1200 << 10)
/* How often it is told that time passes, ms. */
#define TICK_MS 100
#define MS_NS   1000000L

struct pool {
	const struct dp_boot *boot;
	struct dp_task *tasks;
	size_t *order; /* in which they begin */
	size_t count;
	const struct dp_session_limits *limits;
	atomic_size_t next;
	pthread_mutex_t mutex; /* for those below */
	pthread_cond_t ended;  /* one of the running has */
	unsigned int running;
	int rc;
	struct dp_error error;
};

/* Guests that fit into the memory that is free. */
unsigned int dp_pool_most(void)
{
	uint64_t bytes, jobs;

	/* Of memory that nobody knows one guest is the least. */
	if (dp_memory_available(&bytes))
		return 1;
	jobs = (bytes >> 10) / GUEST_KIB;
	return jobs < 1 ? 1 : jobs > DP_GUESTS_MOST ? DP_GUESTS_MOST : (unsigned int)jobs;
}

unsigned int dp_pool_jobs(unsigned int cpus)
{
	long jobs = sysconf(_SC_NPROCESSORS_ONLN) / cpus, most = dp_pool_most();

	jobs = jobs < most ? jobs : most;
	return jobs < 1 ? 1 : (unsigned int)jobs;
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
		struct dp_task *task = &pool->tasks[pool->order[i]];
		struct dp_boot boot = *pool->boot;
		struct dp_error err = { 0 };
		int rc;

		boot.at_once = task->at_once;
		rc = dp_session_run(&boot, task->command, pool->limits, &task->sink, NULL,
				    &task->end, &err);
		if (rc)
			give_up(pool, rc, &err);
		else if (task->ended)
			task->ended(task);
	}
	pthread_mutex_lock(&pool->mutex);
	pool->running--;
	pthread_cond_signal(&pool->ended);
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* What waits long goes on beside the others, where it would be waited for at the end. */
static void put_in_order(struct pool *pool)
{
	size_t n = 0;

	for (size_t i = 0; i < pool->count; i++)
		if (pool->tasks[i].waits)
			pool->order[n++] = i;
	for (size_t i = 0; i < pool->count; i++)
		if (!pool->tasks[i].waits)
			pool->order[n++] = i;
}

/* Until none runs any more; that time passes is told meanwhile. */
static void wait_for_all(struct pool *pool, const struct dp_progress *progress)
{
	pthread_mutex_lock(&pool->mutex);
	while (pool->running) {
		struct timespec tick;

		dp_progress_tick(progress);
		clock_gettime(CLOCK_REALTIME, &tick);
		tick.tv_nsec += TICK_MS * MS_NS;
		tick.tv_sec += tick.tv_nsec / (1000 * MS_NS);
		tick.tv_nsec %= 1000 * MS_NS;
		pthread_cond_timedwait(&pool->ended, &pool->mutex, &tick);
	}
	pthread_mutex_unlock(&pool->mutex);
}

int dp_pool_run(const struct dp_boot *boot, struct dp_task *tasks, size_t count, unsigned int jobs,
		const struct dp_session_limits *limits, const struct dp_progress *progress,
		struct dp_error *err)
{
	struct pool pool = { .boot = boot,
			     .tasks = tasks,
			     .count = count,
			     .limits = limits,
			     .mutex = PTHREAD_MUTEX_INITIALIZER,
			     .ended = PTHREAD_COND_INITIALIZER };
	dp_autofree size_t *order = calloc(count, sizeof(*order));
	pthread_t threads[DP_GUESTS_MOST];
	unsigned int started = 0;

	if (!order)
		return -ENOMEM;
	pool.order = order;
	put_in_order(&pool);
	jobs = jobs > DP_GUESTS_MOST ? DP_GUESTS_MOST : jobs;
	jobs = jobs > count ? (unsigned int)count : jobs;
	pool.running = jobs;
	for (; started < jobs; started++) {
		int rc = pthread_create(&threads[started], NULL, work, &pool);

		if (rc) {
			struct dp_error failure = { 0 };

			dp_fail(&failure, -rc, "cannot start a thread");
			give_up(&pool, -rc, &failure);
			pthread_mutex_lock(&pool.mutex);
			pool.running -= jobs - started;
			pthread_mutex_unlock(&pool.mutex);
			break;
		}
	}
	wait_for_all(&pool, progress);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (pool.rc && err)
		*err = pool.error;
	return pool.rc;
}
