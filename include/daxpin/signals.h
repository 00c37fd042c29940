/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGINT and SIGTERM as a descriptor to poll, so that code that waits can clean up.
 */
#ifndef DAXPIN_SIGNALS_H
#define DAXPIN_SIGNALS_H

#include <stdbool.h>

/**
 * dp_signals_catch - block SIGINT and SIGTERM; from now on they make dp_signals_fd() readable
 *
 * Call it once, before any child or thread is made. SIGPIPE and SIGXFSZ are ignored as
 * well: what cannot be written is told by an errno.
 *
 * Return: 0 or a negative errno.
 */
int dp_signals_catch(void);

/*
 * A descriptor that is readable after a signal; -1 before dp_signals_catch(). Do not read from it:
 * others poll it, too.
 */
int dp_signals_fd(void);

/* Whether SIGINT or SIGTERM has arrived. */
bool dp_interrupted(void);

#endif
