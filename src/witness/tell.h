/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_WITNESS_TELL_H
#define DAXPIN_WITNESS_TELL_H

#include <stddef.h>
#include <stdint.h>

struct tep_event;
struct tep_record;

/* An errno with its name, a small number as one, and anything else in hexadecimal. */
void dp_tell_value(int64_t value, char *text, size_t size);

/* One event as a line. @since: when the first one was, ns */
void dp_tell_event(struct tep_event *event, struct tep_record *record, uint64_t since, char *line,
		   size_t size);

#endif
