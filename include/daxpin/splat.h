/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Splats: what a kernel prints to its log about an oops, BUG, WARN, lockup or hung task.
 *
 * A scenario writes a mark to the log before each step. A splat belongs to the step of the last
 * mark before it, however late the log arrives.
 */
#ifndef DAXPIN_SPLAT_H
#define DAXPIN_SPLAT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* Lines kept of one splat. An oops with registers and call trace has some 60. */
#define DP_SPLAT_LINES 96

struct dp_splat {
	const char *kind;  /* "oops", "BUG", "WARN", "KASAN", "KFENCE", "KCSAN", "KMSAN", "UBSAN",
			      "lockdep", "soft-lockup", "hard-lockup", "hung-task", "rcu-stall",
			      "netdev-held", "panic" */
	char function[80]; /* the function in which it happened, "" if the lines do not name one;
			      of a hang, who called the primitive that waits; of a report of
			      lockdep, who takes the lock */
	char step[32];     /* the step during which it happened, "" before the first mark */
	char *lines[DP_SPLAT_LINES];
	size_t nlines;
	bool interrupt; /* the trace that is being read is an interrupt's */
};

/* Hangs that a reader remembers. The kernel tells of ten hung tasks (hung_task_warnings). */
#define DP_HANGS 16

/* What tells one hang from another. */
struct dp_hang {
	const char *kind;
	long task;         /* 0 if it is not known */
	char function[80]; /* "" if it is not known */
	char object[48];   /* the device, pool, CPU or grace period, or "" */
};

/* The state of a reader of a log. Zero at first, except for take and arg. */
struct dp_recogniser {
	struct dp_splat now; /* the splat that is being read; kind is NULL if there is none */
	char step[32];       /* the step of the last mark */
	bool panicked;       /* a panic was seen */
	/* A ring: a hang is one splat, however often and by whichever watchdogs it is told. */
	struct dp_hang hangs[DP_HANGS];
	size_t nhangs; /* that were told, also if the ring has forgotten them */
	/* Called with each splat once it is complete; NULL to ignore them. */
	void (*take)(void *arg, const struct dp_splat *splat);
	void *arg;
};

/**
 * dp_recognise - read one line of a kernel's log
 * @r: the reader
 * @line: without newline, with or without a time stamp; if a second time stamp stands in it, it is
 *        two lines
 */
void dp_recognise(struct dp_recogniser *r, const char *line);

/* Ends reading: reports a splat that is incomplete, and releases memory. */
void dp_recognise_end(struct dp_recogniser *r);

/* The mark after the end of a scenario. A splat after it does not count for the scenario. */
#define DP_CLEANUP "cleanup"

/**
 * dp_mark_step - write a mark to the log of the running kernel
 * @step: name of the step
 *
 * Needs root; without it, splats are not attributed to steps. Each mark is written through its own
 * descriptor, because the kernel limits the rate of each (devkmsg_write(), kernel/printk/printk.c).
 */
void dp_mark_step(const char *step);

/**
 * dp_kmsg_open - open the log of the running kernel, at its end
 *
 * Return: a descriptor that can be polled for reading, or a negative errno.
 */
int dp_kmsg_open(void);

/* Reads the records that are available, without waiting. */
void dp_kmsg_read(int fd, struct dp_recogniser *r);

/* Taint flags that could not be read: all of them, so that none is new. */
#define DP_TAINT_UNKNOWN ULONG_MAX

/**
 * dp_kernel_taint - the taint flags that a splat leaves behind
 * @taint: receives TAINT_BAD_PAGE, TAINT_DIE, TAINT_WARN and TAINT_SOFTLOCKUP of
 *         /proc/sys/kernel/tainted; DP_TAINT_UNKNOWN on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_kernel_taint(unsigned long *taint);

/*
 * Whether the kernel has set one more of these flags. What a kernel does after a splat is no
 * evidence. False if they cannot be read.
 */
bool dp_kernel_has_splat(unsigned long before);

/*
 * The splat as an observation, {"kind":"kernel","splat":…,"function":…,"step":…,"lines":[…]}.
 *
 * Return: a new object, or NULL without memory.
 */
struct json_object *dp_splat_to_json(const struct dp_splat *splat);

#endif
