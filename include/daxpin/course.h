/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The course of a teardown: which kernel functions its tasks enter and leave, when they sleep, and
 * who wakes them. Kprobe events and those of the scheduler, in the tracefs instance of the witness
 * (witness.h). What was seen is emitted as it is; what it means is for the judge.
 *
 *   {"kind":"course","step":"event","returns":true,"lost":0,"not_probed":["dax_break_layout"],
 *    "events":[{"us":812,"pid":90,"task":"teardown","what":"enter","function":"memunmap_pages"},…]}
 *
 * "task" is "teardown", "owner", "release", "interrupt" (its "pid" is below zero) or "other".
 * "what" is "enter" and "leave" (with "value", of functions that return an errno), "pass" (of a
 * function that is probed at its entry only; with "times" if it is passed again and again),
 * "sleep", "wake" (with "by", "by_task" and, of others, "by_name") or "run". Where it could not be
 * looked, the only other member is "missing", with the reason.
 */
#ifndef DAXPIN_COURSE_H
#define DAXPIN_COURSE_H

#include <stdbool.h>
#include <sys/types.h>

struct dp_error;

/* Names of processes whose sleep is recorded; they take them by dp_course_join(). */
#define DP_COURSE_TEARDOWN "dp-teardown"
#define DP_COURSE_RELEASE  "dp-release"
#define DP_COURSE_OWNER    "dp-owner"

/* The calling process is one of a teardown's. @name: one of the above */
void dp_course_join(const char *name);

/**
 * dp_course_arm - make the instance, and set the probes
 * @err: what this kernel or this user may not do
 *
 * As dp_witness_arm(), which it replaces. A function that cannot be probed is left out. Functions
 * are probed at their return only where that leaves /proc/PID/stack as it was (Linux 5.15), because
 * whether a task waits is told by that.
 *
 * Return: 0 or a negative errno; nothing is left then.
 */
int dp_course_arm(struct dp_error *err);

/* A process that reads the events. */
struct dp_course;

/**
 * dp_course_open - begin to read, after dp_course_arm()
 * @err: context on failure
 *
 * Return: a reader, to be released with dp_course_close(); NULL on failure.
 */
struct dp_course *dp_course_open(struct dp_error *err);

void dp_course_close(struct dp_course *course);

/* From now on it is recorded, and times are counted. */
void dp_course_begin(struct dp_course *course);

/* It is recorded no more. */
void dp_course_end(struct dp_course *course);

/* Who is who; 0 where there is nobody. */
struct dp_cast {
	pid_t teardown, owner, release;
};

/**
 * dp_course_emit - write what has happened since the last time to the stream
 * @course: the reader
 * @cast: the processes of the teardown
 * @step: during which it has happened
 * @fd: the stream
 *
 * May be called in a child: the events are taken from the kernel, so that each is read once.
 */
void dp_course_emit(struct dp_course *course, const struct dp_cast *cast, const char *step, int fd);

/* Writes that nothing can be seen, and why. */
void dp_course_emit_missing(const char *why, const char *step, int fd);

#endif
