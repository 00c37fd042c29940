/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of the witness's events, for reading their records. */
#ifndef DAXPIN_WITNESS_EVENTS_H
#define DAXPIN_WITNESS_EVENTS_H

#include <stddef.h>

struct tep_handle;

/**
 * dp_events_load - the formats of the witness's own events, and of others
 * @others: "sched/sched_switch"
 * @count: how many others
 *
 * tracefs_local_events_system() does the same and reads /proc/kallsyms, which takes some seconds
 * under emulation.
 *
 * Return: a handle, to be released with tep_free(); NULL with errno if a format cannot be read.
 */
struct tep_handle *dp_events_load(const char *const *others, size_t count);

#endif
