/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress of long operations. */
#ifndef DAXPIN_PROGRESS_H
#define DAXPIN_PROGRESS_H

/*
 * Called while a long operation runs.
 * @what: the operation
 * @percent: 0 to 100; -1 when it has ended
 */
typedef void (*dp_progress_fn)(const char *what, int percent);

#endif
