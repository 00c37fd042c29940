/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGINT and SIGTERM as something to poll for, so that whoever waits can clean up.
 */
#ifndef DAXPIN_SIGNALS_H
#define DAXPIN_SIGNALS_H

#include <stdbool.h>

/**
 * dp_signals_catch - from now on SIGINT and SIGTERM only make dp_signals_fd() readable
 *
 * To be called once, before any child or thread is made. SIGPIPE is ignored as well.
 *
 * Return: 0 or a negative errno.
 */
int dp_signals_catch(void);

/* A descriptor that polls readable after a signal, -1 before dp_signals_catch(). Never read it. */
int dp_signals_fd(void);

/* Whether a signal has come. */
bool dp_interrupted(void);

#endif
