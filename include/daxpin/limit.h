/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions on what limits a registration, besides the kind of memory: RLIMIT_MEMLOCK, which
 * ib_umem_get() (drivers/infiniband/core/umem.c) holds mm->pinned_vm against. Each question is one
 * file in src/limit/questions that ends in its descriptor: what is done, one attempt after the
 * other, in a process whose limit is DP_LIMIT_PAGES. The same table says what is right: an attempt
 * that stays within the limit, or whose process has CAP_IPC_LOCK, succeeds; any other is refused
 * with ENOMEM, and is not charged.
 */
#ifndef DAXPIN_LIMIT_H
#define DAXPIN_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/registry.h"

struct dp_error;

/* RLIMIT_MEMLOCK of the process that asks, in pages of the machine. */
#define DP_LIMIT_PAGES 16
/* The longest list of attempts. */
#define DP_LIMIT_ATTEMPTS 6

/* Who registers. */
enum dp_limit_who {
	DP_LIMIT_SELF,
	DP_LIMIT_THREAD, /* another thread of it */
	DP_LIMIT_CHILD,  /* a child made by fork(), with an adapter that it opened itself */
	DP_LIMIT_SHARER, /* a child with the same memory (CLONE_VM), killed once it has registered
			  */
	DP_LIMIT_WHO,
};

enum dp_limit_what {
	DP_LIMIT_REGISTER,
	DP_LIMIT_RELEASE, /* deregister everything that this process has registered */
	DP_LIMIT_WHAT,
};

struct dp_limit_attempt {
	enum dp_limit_what what;
	enum dp_limit_who who;
	uint64_t pages; /* that are touched; 0 only of a release */
	bool unaligned; /* the region begins in the middle of a page, and ends in the middle of one
			 */
	bool capable;   /* with CAP_IPC_LOCK */
};

struct dp_limit {
	const char *name;
	const char *what; /* one line for people */
	unsigned int rank;
	struct dp_limit_attempt attempts[DP_LIMIT_ATTEMPTS]; /* ended by one of zeros */
};

#define DP_LIMIT(ident, ...) DP_REGISTER(struct dp_limit, dp_limit_all, ident, __VA_ARGS__)

/* All questions, in order of rank; @count receives how many. Return: a static array. */
const struct dp_limit *const *dp_limit_all(size_t *count);

/* A question by its whole name; NULL if there is none. */
const struct dp_limit *dp_limit_find(const char *name);

/* How many attempts a question has. */
size_t dp_limit_length(const struct dp_limit *limit);

/* "self", "thread", "child", "sharer" */
const char *dp_limit_who_name(enum dp_limit_who who);

/* "register", "release" */
const char *dp_limit_what_name(enum dp_limit_what what);

/**
 * dp_limit_expect - what is right for an attempt, if everything before it was right
 * @limit: the question
 * @i: which of its attempts
 * @charged: receives the pages that the memory of whoever makes it is charged with before it
 *
 * Return: whether it succeeds.
 */
bool dp_limit_expect(const struct dp_limit *limit, size_t i, uint64_t *charged);

struct dp_limit_item {
	const struct dp_limit *limit;
	char id[96];
};

struct dp_limits {
	struct dp_limit_item *list;
	size_t count;
};

/**
 * dp_limits_make - the questions whose id matches one of the globs
 * @only: shell patterns
 * @nonly: how many; none selects all
 * @limits: receives them; release with dp_limits_clear()
 * @err: names the first glob that matches nothing (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_limits_make(const char *const *only, size_t nonly, struct dp_limits *limits,
		   struct dp_error *err);

void dp_limits_clear(struct dp_limits *limits);

/**
 * dp_limits_run - ask, each question in a process of its own
 * @limits: what is asked
 * @rdma: adapter, NULL for the first
 * @fd: the stream of observations
 * @err: context on failure
 *
 * A question that this machine cannot be asked is skipped with the reason. Nothing is left behind.
 *
 * Return: 0 or a negative errno.
 */
int dp_limits_run(const struct dp_limits *limits, const char *rdma, int fd, struct dp_error *err);

#endif
