/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function that fails returns a negative errno. The context goes into one struct dp_error, which
 * the caller owns: the function that knows what failed records it once, and those above only return
 * the errno.
 */
#ifndef DAXPIN_ERROR_H
#define DAXPIN_ERROR_H

#include <stdbool.h>

/* Returned where a question cannot be asked on this machine; the error holds the reason. */
#define DP_SKIP 1

struct dp_error {
	int code;       /* negative errno, 0 while nothing failed */
	bool input;     /* the user's input is at fault: exit code 2 rather than 3 */
	char what[768]; /* what failed, on what */
	char hint[256]; /* what to do about it, may be empty */
};

/**
 * dp_fail - record a failure, with the meaning of the errno appended in parentheses
 * @err: where to record it, may be NULL; an error that is already recorded is kept, because the
 *       first one is nearest the cause
 * @code: negative errno
 * @fmt: what failed, on what
 *
 * Return: @code, so that callers can `return dp_fail(...)`.
 */
int dp_fail(struct dp_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * dp_report - record a failure without appending the meaning of the errno
 *
 * As dp_fail(), for a sentence that already says what went wrong.
 */
int dp_report(struct dp_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * dp_bad_input - record that the user's input cannot be accepted (exit code 2)
 * @err: where to record it, may be NULL
 * @fmt: the whole sentence
 *
 * Return: -EINVAL.
 */
int dp_bad_input(struct dp_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * dp_skip - record why a question cannot be asked here
 * @why: where to record it
 * @fmt: the reason, a sentence without full stop
 *
 * Return: DP_SKIP.
 */
int dp_skip(struct dp_error *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * dp_hint - add what to do about the failure that was just recorded
 * @err: the error, may be NULL
 * @fmt: an instruction to the user
 *
 * Return: the code recorded in @err, or -EINVAL without one.
 */
int dp_hint(struct dp_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * dp_errno_name - symbolic name of an errno
 * @code: errno, positive or negative
 *
 * Return: a static string such as "EOPNOTSUPP"; "E?" for a number that has no name.
 */
const char *dp_errno_name(int code);

/**
 * dp_errno_from_name - number of a symbolic errno name
 * @name: such as "EFAULT"
 *
 * Return: the positive errno, or 0 if there is no such name.
 */
int dp_errno_from_name(const char *name);

#endif
