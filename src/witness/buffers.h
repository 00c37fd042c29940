/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring buffers of the instance, one for each CPU. What is recorded is what one thread does, and
 * it stays on its CPU meanwhile: so all of it is in one buffer, in the order of time, and nothing
 * has to be read of the others.
 */
#ifndef DAXPIN_WITNESS_BUFFERS_H
#define DAXPIN_WITNESS_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_buffers;
struct dp_error;
struct tracefs_instance;

/* Told a record; @data begins with the fields that all events have. */
typedef void (*dp_record_fn)(void *arg, void *data, size_t size, uint64_t ts);

/**
 * dp_buffers_open - find the buffers
 * @instance: whose; outlives them
 * @err: context on failure
 *
 * Return: NULL on failure; release with dp_buffers_close().
 */
struct dp_buffers *dp_buffers_open(struct tracefs_instance *instance, struct dp_error *err);

void dp_buffers_close(struct dp_buffers *buffers);

/**
 * dp_buffers_begin - hold the calling thread on its CPU, and record
 * @buffers: the buffers; what an earlier recording has left is discarded
 * @bytes: that will be recorded; the buffer is made larger if need be, up to a limit
 *
 * Return: 0, or a negative errno: then nothing is recorded.
 */
int dp_buffers_begin(struct dp_buffers *buffers, uint64_t bytes);

/**
 * dp_buffers_end - stop recording, and let the thread go
 * @buffers: the buffers
 * @take: called with each record, in the order of time
 * @arg: for @take
 *
 * Return: 0, -ENOBUFS if some found no room, or another negative errno if they cannot be read.
 */
int dp_buffers_end(struct dp_buffers *buffers, dp_record_fn take, void *arg);

/* The size of the buffer that was last recorded to, KiB. */
long dp_buffers_kib(const struct dp_buffers *buffers);

#endif
