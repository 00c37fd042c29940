/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors travel as a negative errno; the context travels beside it in one struct dp_error that the
 * caller owns. The function that knows what failed fills it once; those above only return.
 */
#ifndef DAXPIN_ERROR_H
#define DAXPIN_ERROR_H

#include <stdbool.h>

/* What a function that may find its question unaskable returns, with the reason in the error. */
#define DP_SKIP 1

struct dp_error {
	int code;       /* negative errno, 0 while nothing failed */
	bool input;     /* the caller's input is at fault: exit code 2 rather than 3 */
	char what[768]; /* what failed, on what */
	char hint[256]; /* what to do about it, may be empty */
};

/**
 * dp_fail - record a failure, with the meaning of the errno appended in parentheses
 * @err: where to record it, may be NULL; an error that is already there is kept (the first one,
 *       nearest the cause, is the one to read)
 * @code: negative errno
 * @fmt: what failed, on what
 *
 * Return: @code, so that callers can `return dp_fail(...)`.
 */
int dp_fail(struct dp_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * dp_report - record a failure whose sentence says all, where an errno would only repeat it
 * As dp_fail(), without the meaning of the errno appended.
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
