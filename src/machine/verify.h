/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the files of a saved guest hold what was saved: looked at by a thread while QEMU starts.
 */
#ifndef DAXPIN_MACHINE_VERIFY_H
#define DAXPIN_MACHINE_VERIFY_H

#include <stdbool.h>

#include "daxpin/machine.h"

/* The memories and the state of the devices. */
#define DP_SAVED_FILES (DP_MEMORIES + 1)

struct dp_verification;

/**
 * dp_content_hash - hash of what a file holds, blocks of zeros left out
 * @fd: the file
 * @copy: where to write a copy, without those blocks; -1 for nowhere
 * @hex: receives 32 digits and a NUL
 *
 * Return: 0 or a negative errno.
 */
int dp_content_hash(int fd, int copy, char hex[33]);

/**
 * dp_verify_begin - begin to look
 * @fds: the files; to stay open until dp_verify_end()
 * @wanted: the hash that each must have
 * @manifest: is removed if one has another: so the saved guest is gone
 *
 * Return: a new object, NULL without memory.
 */
struct dp_verification *dp_verify_begin(const int fds[DP_SAVED_FILES],
					const char wanted[DP_SAVED_FILES][33],
					const char *manifest);

/* Waits until all has been looked at. Return: whether it is what was saved; true for NULL. */
bool dp_verified(struct dp_verification *v);

/* Waits, and releases it; NULL is left alone. */
void dp_verify_end(struct dp_verification *v);

#endif
