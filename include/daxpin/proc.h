/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running other programs. Each has a time limit, and none outlives daxpin.
 */
#ifndef DAXPIN_PROC_H
#define DAXPIN_PROC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct dp_error;

/**
 * dp_run - run a program to its end, with stdin from /dev/null
 * @argv: NULL-terminated; argv[0] is looked up by dp_find_program()
 * @limit_ms: time limit, milliseconds; the program is killed when it has passed
 * @output: receives the last 64 KiB of stdout and stderr, NUL-terminated, also if the status is not
 *          0; release with free(); may be NULL
 * @err: context on failure, with the last line of the output
 *
 * Return: 0; -ENOENT if there is no such program; -ETIMEDOUT; -EINTR after SIGINT or SIGTERM; -EIO
 * if it ended with a status other than 0.
 */
int dp_run(const char *const *argv, uint64_t limit_ms, char **output, struct dp_error *err);

/* Called with output while the program runs. */
struct dp_watcher {
	void (*line)(void *arg, const char *line);
	void *arg;
};

/**
 * dp_run_watched - dp_run() with a callback for its output
 * @watcher: called with the latest whole line each time that output arrives
 *
 * As dp_run().
 */
int dp_run_watched(const char *const *argv, uint64_t limit_ms, const struct dp_watcher *watcher,
		   char **output, struct dp_error *err);

/**
 * dp_need_descriptors - have as many descriptors as this machine allows (RLIMIT_NOFILE)
 * @least: how many are needed
 * @err: says how many there are
 *
 * What fails for want of a descriptor cannot be tidied up either: folders are opened for that.
 *
 * Return: 0, or -EMFILE if there may not be so many.
 */
int dp_need_descriptors(unsigned int least, struct dp_error *err);

/**
 * dp_spawn - start a program that dies with its parent (PR_SET_PDEATHSIG)
 * @argv: NULL-terminated; looked up as for dp_run()
 * @in: descriptor for its stdin, -1 for /dev/null
 * @out: descriptor for its stdout and stderr, -1 for /dev/null
 * @keep: descriptors that the program inherits, under the same numbers
 * @nkeep: number of descriptors
 * @err: context on failure
 *
 * Return: the process id, or a negative errno.
 */
pid_t dp_spawn(const char *const *argv, int in, int out, const int *keep, size_t nkeep,
	       struct dp_error *err);

/**
 * dp_reap - wait for a child to end
 * @pid: the child
 * @limit_ms: time limit, milliseconds; 0 does not wait
 * @status: receives the wait status, may be NULL
 *
 * Return: 0 once it has ended, -ETIMEDOUT while it runs, -ECHILD if it is no child.
 */
int dp_reap(pid_t pid, uint64_t limit_ms, int *status);

/**
 * dp_find_program - look a program up in PATH, then /usr/sbin and /sbin
 * @name: its name
 * @path: receives the path
 * @size: size of @path in bytes
 *
 * Return: 0, -ENOENT or -ENOMEM.
 */
int dp_find_program(const char *name, char *path, size_t size);

#endif
