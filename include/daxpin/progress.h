/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress of long operations. */
#ifndef DAXPIN_PROGRESS_H
#define DAXPIN_PROGRESS_H

#include <stddef.h>
#include <stdio.h>

/*
 * Called while a long operation runs.
 * @what: the operation
 * @percent: 0 to 100; -1 when it has ended
 */
typedef void (*dp_progress_fn)(const char *what, int percent);

/* How many of the ids that were asked have their answers. */
static inline void dp_progress_asked(dp_progress_fn progress, size_t answered, size_t asked)
{
	char what[64];

	snprintf(what, sizeof(what), "asking: %zu of %zu answered", answered, asked);
	progress(what, (int)(100 * answered / (asked ? asked : 1)));
}

#endif
