/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Actors: child processes that make system calls from which a broken kernel may never return. The
 * parent watches them and tells a task that waits from one that is slow.
 */
#ifndef DAXPIN_ACTOR_H
#define DAXPIN_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The answer of an actor. */
struct dp_reply {
	int rc;         /* 0 or a negative errno */
	int64_t number; /* a result whose meaning depends on the command */
	char text[320]; /* context of a failure, or a list */
};

enum dp_fate {
	DP_DONE,  /* it has answered */
	DP_WAITS, /* it sleeps in the kernel and makes no progress */
	DP_RUNS,  /* it is still busy when the limit has passed */
	DP_DIED,  /* it ended without an answer */
};

/* "completed", "waits", "runs", "died" */
const char *dp_fate_name(enum dp_fate fate);

struct dp_actor {
	pid_t pid;  /* 0 if there is none, or after it was reaped */
	int fd;     /* socket to it, -1 if there is none */
	int status; /* wait status, once it was reaped */
};

#define DP_NO_ACTOR                                                                                \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/**
 * dp_actor_start - start an actor
 * @actor: receives it; release with dp_actor_clear()
 * @body: runs in the child; reads command bytes from @fd and writes struct dp_reply to it
 * @arg: passed to @body
 *
 * The child is killed when its parent ends (PR_SET_PDEATHSIG), unless the kernel holds it.
 *
 * Return: 0 or a negative errno.
 */
int dp_actor_start(struct dp_actor *actor, void (*body)(int fd, void *arg), void *arg);

/**
 * dp_actor_wait - wait until an actor has answered, has died, or is seen to wait
 * @actor: the actor
 * @limit_ms: how long it may be busy, milliseconds
 * @reply: receives the answer if the return value is DP_DONE
 *
 * A busy machine is slow, so the clock alone does not show that a task waits. It counts as waiting
 * once it was found asleep, without a context switch in between, in 30 looks in a row; or, for
 * kernel code that polls, once nearly all looks found it asleep in the same kernel functions.
 *
 * Return: DP_DONE, DP_DIED, DP_WAITS, or DP_RUNS after @limit_ms.
 */
enum dp_fate dp_actor_wait(struct dp_actor *actor, uint64_t limit_ms, struct dp_reply *reply);

/* As dp_actor_wait(), for the end of the actor: DP_DIED once it has ended, DP_WAITS or DP_RUNS. */
enum dp_fate dp_actor_wait_end(struct dp_actor *actor, uint64_t limit_ms);

/*
 * As dp_actor_wait(), by the clock alone: for an actor whose threads do the work while its main
 * thread sleeps. Return: DP_DONE, DP_DIED, or DP_RUNS after @limit_ms.
 */
enum dp_fate dp_actor_hear(struct dp_actor *actor, uint64_t limit_ms, struct dp_reply *reply);

/* Sends one command byte. Return: false if the actor has ended. */
bool dp_actor_tell(struct dp_actor *actor, char command);

/**
 * dp_actor_where - the kernel stack of a task, innermost function first
 * @pid: the task
 * @text: receives up to 12 function names, separated by blanks; "" if /proc/PID/stack cannot be
 *        read, which takes root
 * @size: size of @text in bytes
 */
void dp_actor_where(pid_t pid, char *text, size_t size);

/**
 * dp_actor_look - the same, also of a task that runs
 * @pid: the task
 * @text: receives the functions; "" too if the task has the processor for itself
 * @size: size of @text in bytes
 *
 * A task that runs on another processor has no stack that can be read: __unwind_start(),
 * arch/x86/kernel/unwind_orc.c, refuses it, and other unwinders read an old one. So the stack is
 * read by a process on the task's own processor, within 2 s.
 */
void dp_actor_look(pid_t pid, char *text, size_t size);

/**
 * dp_task_slept - whether a task has slept since the last look at it
 * @pid: the task
 * @switches: its context switches at the last look, -1 before the first; receives those of now
 *
 * Return: whether it sleeps, and no context switch came between; false if it cannot be looked at.
 */
bool dp_task_slept(pid_t pid, int64_t *switches);

/* Kills the actor and reaps it. One that the kernel holds is left behind after 200 ms. */
void dp_actor_clear(struct dp_actor *actor);

#endif
