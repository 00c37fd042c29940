/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool of processes that have forked and opened the adapter in advance. A guest is saved with
 * them, so that a restored guest needs to do neither. That saves a quarter of the time of a
 * question under emulation, where code that runs for the first time must be translated first.
 */
#ifndef DAXPIN_WORKER_POOL_H
#define DAXPIN_WORKER_POOL_H

#include "daxpin/actor.h"

struct dp_error;
struct dp_rdma;

/* Members of the pool: one for each CPU of the guest. */
#define DP_WORKER_POOL_MEMBERS 2
/* Memory that the members share with their caller, bytes: a plan with all questions fits. */
#define DP_WORKER_POOL_MEMORY (64UL << 10)

/**
 * dp_member_fn - what a member does; it is idle again when this returns
 * @fd: to the caller, see dp_actor_start()
 * @rdma: the adapter; all zeros if this process has not opened it, or could not. Then the function
 *        opens it itself, and reports if that fails
 * @arg: in memory that is shared with the caller
 */
typedef void (*dp_member_fn)(int fd, struct dp_rdma *rdma, void *arg);

struct dp_worker_pool {
	/* Members that are idle; the pid is 0 if there is none in this place. */
	struct dp_actor idle[DP_WORKER_POOL_MEMBERS];
	void *memory; /* that is shared, NULL without a pool */
};

/**
 * dp_worker_pool_start - start the members, which open the first adapter
 * @pool: receives it; release with dp_worker_pool_close()
 * @err: context on failure
 *
 * A member that cannot open the adapter is no failure here: what it is called for reports that.
 *
 * Return: 0 or a negative errno.
 */
int dp_worker_pool_start(struct dp_worker_pool *pool, struct dp_error *err);

/**
 * dp_worker_pool_call - have an idle member, or else a new process, do something
 * @pool: may be NULL
 * @actor: receives the process; release with dp_worker_pool_return() or dp_actor_clear()
 * @body: what to do
 * @arg: for @body
 *
 * Return: 0 or a negative errno.
 */
int dp_worker_pool_call(struct dp_worker_pool *pool, struct dp_actor *actor, dp_member_fn body,
			void *arg);

/**
 * dp_worker_pool_return - give a process back to the pool
 * @pool: if it is NULL or full, the process is ended
 * @actor: from dp_worker_pool_call(), and its body has returned or is about to; empty afterwards
 */
void dp_worker_pool_return(struct dp_worker_pool *pool, struct dp_actor *actor);

/*
 * Ends the idle members. The memory stays, as members that were called may use it. NULL is left
 * alone.
 */
void dp_worker_pool_dismiss(struct dp_worker_pool *pool);

/* Ends the idle members and releases the memory; a pool that is all zeros is left alone. */
void dp_worker_pool_close(struct dp_worker_pool *pool);

#endif
