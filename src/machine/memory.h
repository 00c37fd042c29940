/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RAM of a saved guest, copied for each one that is restored. */
#ifndef DAXPIN_MACHINE_MEMORY_H
#define DAXPIN_MACHINE_MEMORY_H

#include <pthread.h>
#include <stdbool.h>

struct dp_boot;
struct dp_error;

/* A guest's own copy, which it may write to. */
struct dp_copy {
	int from, to; /* to: -1 without one */
	pthread_t thread;
	bool running;
	int rc;
};

/**
 * dp_copy_begin - begin to copy the RAM of a saved guest
 * @boot: that is restored
 * @copy: receives the descriptor at once; release with dp_copy_clear() in any case
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_copy_begin(const struct dp_boot *boot, struct dp_copy *copy, struct dp_error *err);

/* Waits until all is copied. Return: 0 or a negative errno. */
int dp_copy_end(struct dp_copy *copy, struct dp_error *err);

void dp_copy_clear(struct dp_copy *copy);

#endif
