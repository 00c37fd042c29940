/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line on a terminal that says how a run gets on:
 *
 *     37 of 288, 2 failed, about 40 s left: check/devdax-4K/local-read
 *
 * It goes to stderr, and is not drawn if that is no terminal.
 */
#ifndef DAXPIN_CLI_PROGRESS_H
#define DAXPIN_CLI_PROGRESS_H

#include <pthread.h>

#include "course.h"

/* One of zeros has not begun, and ends without a trace. It stays where it is while it is used. */
struct cli_progress {
	struct dp_progress told;
	bool shown;
	pthread_mutex_t mutex; /* for all below */
	struct cli_course course;
	char line[256]; /* as it is on the terminal, "" for none */
	uint64_t drawn; /* when, ms */
};

/**
 * cli_progress_begin - be told how something gets on
 * @progress: zeros; end it with cli_progress_end()
 *
 * Return: who is to be told; NULL if nobody would see it.
 */
const struct dp_progress *cli_progress_begin(struct cli_progress *progress);

/* Takes the line off the terminal, as something else is about to be printed there. */
void cli_progress_pause(struct cli_progress *progress);

/*
 * Takes the line off the terminal for good, and keeps how long things took for the next run. May be
 * called again.
 */
void cli_progress_end(struct cli_progress *progress);

#endif
