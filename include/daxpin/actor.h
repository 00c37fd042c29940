/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that do what a kernel might never return from, and somebody who watches them.
 */
#ifndef DAXPIN_ACTOR_H
#define DAXPIN_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What an actor answers. */
struct dp_reply {
	int rc;         /* 0 or a negative errno */
	int64_t number; /* whatever was asked for */
	char text[320]; /* context, or a list */
};

enum dp_fate {
	DP_DONE,  /* it has answered */
	DP_WAITS, /* it sleeps in the kernel, and nothing changes */
	DP_RUNS,  /* it is still busy after the limit */
	DP_DIED,  /* it has gone without an answer */
};

/* "completed", "waits", "runs", "died" */
const char *dp_fate_name(enum dp_fate fate);

struct dp_actor {
	pid_t pid;  /* 0 without one, or after it was reaped */
	int fd;     /* -1 without one */
	int status; /* once it was reaped */
};

#define DP_NO_ACTOR                                                                                \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/**
 * dp_actor_start - start a process
 * @actor: receives it; release with dp_actor_clear()
 * @body: what it does: reads commands from and writes struct dp_reply to its descriptor
 * @arg: for @body
 *
 * It dies with its parent (PR_SET_PDEATHSIG), if it can.
 *
 * Return: 0 or a negative errno.
 */
int dp_actor_start(struct dp_actor *actor, void (*body)(int fd, void *arg), void *arg);

/**
 * dp_actor_wait - wait until an actor has answered, has died, or is seen to wait
 * @actor: the actor
 * @limit_ms: how long it may be busy
 * @reply: receives the answer of DP_DONE
 *
 * Waiting is not told by the clock alone, as a busy machine is slow: the task must have been found
 * asleep, without a single switch of context, so many times in a row; or, as some wait by looking
 * again and again, asleep in the same place of the kernel nearly always.
 */
enum dp_fate dp_actor_wait(struct dp_actor *actor, uint64_t limit_ms, struct dp_reply *reply);

/* Waits in the same way for it to be gone: DP_DIED once it is, DP_WAITS or DP_RUNS otherwise. */
enum dp_fate dp_actor_wait_end(struct dp_actor *actor, uint64_t limit_ms);

/*
 * Waits by the clock alone, for those whose work is done by threads of theirs: DP_DONE, DP_DIED, or
 * DP_RUNS after the limit.
 */
enum dp_fate dp_actor_hear(struct dp_actor *actor, uint64_t limit_ms, struct dp_reply *reply);

/* Sends one command byte; false if nobody is there to take it. */
bool dp_actor_tell(struct dp_actor *actor, char command);

/**
 * dp_actor_where - the kernel functions in which a task is, the innermost first
 * @pid: the task
 * @text: receives them, blank-separated; "" if the kernel does not tell (root only)
 * @size: its size in bytes
 */
void dp_actor_where(pid_t pid, char *text, size_t size);

/* Kills it, waits shortly, and forgets about it if it cannot be killed. */
void dp_actor_clear(struct dp_actor *actor);

#endif
