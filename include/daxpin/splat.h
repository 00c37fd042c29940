/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel prints when something is wrong with it, recognised in the lines of its log.
 *
 * The log also says what was being done: whoever does it writes a mark before each step, so that a
 * splat belongs to the mark before it, whatever way and how late the log arrives.
 */
#ifndef DAXPIN_SPLAT_H
#define DAXPIN_SPLAT_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* Lines kept of one splat: an oops with its registers and call trace has some 60. */
#define DP_COMPLAINT_LINES 96

struct dp_splat {
	const char *kind;  /* "oops", "BUG", "WARN", "KASAN", "lockdep", "soft-lockup",
			      "hard-lockup", "hung-task", "rcu-stall", "panic" */
	char function[80]; /* in which it happened, "" if the lines do not tell */
	char step[32];     /* during which, "" if there was no mark yet */
	char *lines[DP_COMPLAINT_LINES];
	size_t nlines;
};

/* Someone who reads a log. */
struct dp_recogniser {
	struct dp_splat now; /* the one that is being read; kind is NULL without one */
	char step[32];       /* of the last mark */
	bool panicked;
	void (*take)(void *arg, const struct dp_splat *splat);
	void *arg;
};

/**
 * dp_recognise - read one line of a kernel's log
 * @r: zero at first, but for take and arg
 * @line: without newline, with or without a time stamp
 *
 * take is called with each splat once it is complete.
 */
void dp_recognise(struct dp_recogniser *r, const char *line);

/* There is no more: hands over a splat that is incomplete, and releases everything. */
void dp_recognise_end(struct dp_recogniser *r);

/* The mark of what is done when a scenario has ended: what the kernel says of it is no answer. */
#define DP_CLEANUP "cleanup"

/**
 * dp_mark_step - write into this kernel's log what is being done
 * @step: a word
 *
 * Needs root; without, splats are not attributed. Each mark is written through a descriptor of
 * its own, as the kernel limits the rate of each (devkmsg_write(), kernel/printk/printk.c).
 */
void dp_mark_step(const char *step);

/**
 * dp_kmsg_open - read this kernel's log from here on
 *
 * Return: a descriptor that polls readable, or a negative errno.
 */
int dp_kmsg_open(void);

/* Reads what is there, without waiting. */
void dp_kmsg_read(int fd, struct dp_recogniser *r);

/*
 * The kernel's taint flags of an oops, a BUG and a WARN (TAINT_DIE, TAINT_WARN; /proc/sys/kernel/
 * tainted); 0 if they cannot be read.
 */
unsigned long dp_kernel_taint(void);

/*
 * Whether this kernel has splatted since its taint was taken. What it does after that is no
 * evidence of anything.
 */
bool dp_kernel_has_splat(unsigned long before);

/* The splat as an observation {"kind":"kernel","splat":…,"function":…,"step":…,"lines":[…]}
 */
struct json_object *dp_splat_to_json(const struct dp_splat *splat);

#endif
