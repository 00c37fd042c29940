/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reader of a log is made of: the grammar, the traces, the hangs. */
#ifndef DAXPIN_OBSERVE_SPLAT_PARTS_H
#define DAXPIN_OBSERVE_SPLAT_PARTS_H

#include "daxpin/splat.h"

/* The text of a line, without what the log and its reader put before it. */
const char *dp_log_text(const char *line);

/* The start of a second line that stands in the same one, from its time stamp on; NULL if none. */
const char *dp_log_second(const char *line);

/* The kind that a text begins, as in struct dp_splat; NULL if it begins no splat. */
const char *dp_splat_kind(const char *text);

/* Whether a text stands between two reports. */
bool dp_splat_border(const char *text);

/* Whether a first line of @kind is part of the splat @now: a page fault also prints "Oops: ". */
bool dp_splat_continues(const struct dp_splat *now, const char *kind);

/* Whether one of the last line and the next, of @kind, is a WARN and the other its message. */
bool dp_is_message(const struct dp_splat *now, const char *kind);

/* Whether the panic in @text is that of a watchdog, which panics as it was told to. */
bool dp_is_watchdog_panic(const char *text);

/* Whether a splat of this kind tells of a task or a CPU that makes no progress. */
bool dp_is_hang(const char *kind);

/* Reads the splat's function in the text of its newest line, if it is not known yet. */
void dp_read_function(struct dp_splat *splat, const char *text);

/*
 * Whether the splat is a hang of which the reader has been told before, by the same or another
 * watchdog. Remembers it if it is a new one.
 */
bool dp_told_again(struct dp_recogniser *r, const struct dp_splat *splat);

#endif
