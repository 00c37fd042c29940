/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings: the observations of a run as they came, to be judged again line by line.
 *
 * A recording is a file of JSON Lines. Each guest's stream begins with {"kind":"hello","kernel":…,
 * "ids":[…]}; the lines that follow are those of observe.h, and the kernel's splats where they were
 * heard. The streams of several guests follow each other, in the order in which the guests ended.
 */
#ifndef DAXPIN_RECORDER_H
#define DAXPIN_RECORDER_H

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#include "daxpin/error.h"

struct dp_collect;

struct dp_recorder {
	pthread_mutex_t mutex;
	FILE *out;
};

/* What was heard of one guest so far. */
struct dp_heard {
	struct dp_recorder *recorder; /* NULL: nothing is recorded */
	FILE *stream;
	char *text;
	size_t size;
};

/**
 * dp_recorder_open - begin a recording
 * @recorder: release with dp_recorder_close()
 * @path: the file; replaced if it is there
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_recorder_open(struct dp_recorder *recorder, const char *path, struct dp_error *err);

/* Return: 0, or -EIO if it could not be written. */
int dp_recorder_close(struct dp_recorder *recorder, struct dp_error *err);

/* Keeps one line, without its newline. */
void dp_recorder_hear(struct dp_heard *heard, const char *line, size_t len);

/* Writes what was heard of a guest, once nothing more comes from it. */
void dp_recorder_write(struct dp_collect *collect);

#endif
