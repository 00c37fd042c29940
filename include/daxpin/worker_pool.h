/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that have opened the adapter before anybody knows what for. A guest is saved with them
 * standing by: restored, it has neither to fork nor to open, which is a quarter of what a question
 * costs under emulation, where code that runs for the first time is translated first.
 */
#ifndef DAXPIN_WORKER_POOL_H
#define DAXPIN_WORKER_POOL_H

#include "daxpin/actor.h"

struct dp_error;
struct dp_rdma;

/* Members that stand by: one for each CPU of the guest. */
#define DP_WORKER_POOL_MEMBERS 2
/* Bytes of the memory that they share with whoever calls them: a plan with all questions fits. */
#define DP_WORKER_POOL_MEMORY (64UL << 10)

/**
 * dp_member_fn - what a member is called for; it stands by again when this returns
 * @fd: to the caller, see dp_actor_start()
 * @rdma: the adapter, or zeros if this one has not opened it: then it does so, and says if it
 * cannot
 * @arg: in memory that is shared with the caller
 */
typedef void (*dp_member_fn)(int fd, struct dp_rdma *rdma, void *arg);

struct dp_worker_pool {
	struct dp_actor
		idle[DP_WORKER_POOL_MEMBERS]; /* without a pid where there is none (any more) */
	void *memory;                         /* NULL without a pool */
};

/**
 * dp_worker_pool_start - have processes stand by, the first adapter open
 * @pool: receives it; release with dp_worker_pool_close()
 * @err: context on failure
 *
 * Return: 0 or a negative errno. A member that cannot open the adapter is no failure here: whoever
 * calls it is told.
 */
int dp_worker_pool_start(struct dp_worker_pool *pool, struct dp_error *err);

/**
 * dp_worker_pool_call - have somebody do something: a member that stands by, or a new process
 * @pool: may be NULL or without idle members
 * @actor: receives it; release with dp_actor_clear()
 * @body: what to do
 * @arg: for @body
 *
 * Return: 0 or a negative errno.
 */
int dp_worker_pool_call(struct dp_worker_pool *pool, struct dp_actor *actor, dp_member_fn body,
			void *arg);

/**
 * dp_worker_pool_return - have somebody stand by again
 * @pool: NULL, or full: then it is ended
 * @actor: from dp_worker_pool_call(), and its body returns; nobody's afterwards
 */
void dp_worker_pool_return(struct dp_worker_pool *pool, struct dp_actor *actor);

/* Ends those that still stand by. The memory stays: others may have been called. NULL is left
 * alone. */
void dp_worker_pool_dismiss(struct dp_worker_pool *pool);

/* dp_worker_pool_dismiss(), and gives the memory back; a zero struct is left alone. */
void dp_worker_pool_close(struct dp_worker_pool *pool);

#endif
