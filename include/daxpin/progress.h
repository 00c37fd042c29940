/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is told to whoever waits while something long goes on.
 */
#ifndef DAXPIN_PROGRESS_H
#define DAXPIN_PROGRESS_H

/* Called while something long goes on: what, and how far, 0 to 100; -1 when it ended. */
typedef void (*dp_progress_fn)(const char *what, int percent);

#endif
