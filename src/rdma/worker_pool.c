// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "daxpin/worker_pool.h"

#include "daxpin/error.h"
#include "daxpin/rdma.h"

/* Opening takes milliseconds; under emulation, a second. */
#define OPEN_LIMIT_MS 60000

struct call {
	dp_member_fn body;
	void *arg;
};

/* A member: opens the adapter, reports it, and does what it is called for. */
static void run_member(int fd, void *arg)
{
	struct dp_rdma rdma;
	struct dp_reply reply = { .rc = dp_rdma_open(NULL, &rdma, NULL) };
	struct call call;

	(void)arg;
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	while (recv(fd, &call, sizeof(call), 0) == sizeof(call))
		call.body(fd, &rdma, call.arg);
}

/* A process that was started for one call. */
static void run_once(int fd, void *arg)
{
	const struct call *call = arg;
	struct dp_rdma rdma = { 0 };

	call->body(fd, &rdma, call->arg);
}

int dp_worker_pool_start(struct dp_worker_pool *pool, struct dp_error *err)
{
	struct dp_reply reply;
	int rc = 0;

	*pool = (struct dp_worker_pool){ .idle = { DP_NO_ACTOR, DP_NO_ACTOR } };
	pool->memory = mmap(NULL, DP_WORKER_POOL_MEMORY, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pool->memory == MAP_FAILED) {
		pool->memory = NULL;
		return dp_fail(err, -errno, "cannot share memory with a child");
	}
	for (int i = 0; i < DP_WORKER_POOL_MEMBERS && !rc; i++)
		rc = dp_actor_start(&pool->idle[i], run_member, NULL);
	for (int i = 0; i < DP_WORKER_POOL_MEMBERS && !rc; i++)
		if (dp_actor_hear(&pool->idle[i], OPEN_LIMIT_MS, &reply) != DP_DONE)
			rc = -ETIMEDOUT;
	if (!rc)
		return 0;
	dp_worker_pool_close(pool);
	return dp_fail(err, rc, "the worker pool does not start");
}

int dp_worker_pool_call(struct dp_worker_pool *pool, struct dp_actor *actor, dp_member_fn body,
			void *arg)
{
	struct call call = { body, arg };

	for (int i = 0; pool && i < DP_WORKER_POOL_MEMBERS; i++) {
		if (!pool->idle[i].pid)
			continue;
		*actor = pool->idle[i];
		pool->idle[i] = (struct dp_actor)DP_NO_ACTOR;
		return send(actor->fd, &call, sizeof(call), MSG_NOSIGNAL) < 0 ? -errno : 0;
	}
	return dp_actor_start(actor, run_once, &call);
}

void dp_worker_pool_return(struct dp_worker_pool *pool, struct dp_actor *actor)
{
	for (int i = 0; pool && i < DP_WORKER_POOL_MEMBERS && actor->pid; i++) {
		if (pool->idle[i].pid)
			continue;
		pool->idle[i] = *actor;
		*actor = (struct dp_actor)DP_NO_ACTOR;
	}
	dp_actor_clear(actor);
}

void dp_worker_pool_dismiss(struct dp_worker_pool *pool)
{
	for (int i = 0; pool && pool->memory && i < DP_WORKER_POOL_MEMBERS; i++)
		dp_actor_clear(&pool->idle[i]);
}

void dp_worker_pool_close(struct dp_worker_pool *pool)
{
	dp_worker_pool_dismiss(pool);
	if (pool->memory)
		munmap(pool->memory, DP_WORKER_POOL_MEMORY);
	pool->memory = NULL;
}
