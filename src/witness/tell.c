// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One event as a line for people, with all that was fetched and nothing that is concluded from it:
 *
 *     +   12.345 us  try_grab_folio_fast(pages=512, flags=0x…, pgmap=0x…, type=4)
 *     +   13.210 us  try_grab_folio_fast = 0xffffea0004000000
 */
#include <event-parse.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes.h"
#include "tell.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"

/* What a pointer in place of an errno goes to; a count of pages is below that. */
#define MAX_ERRNO  4095
#define MAX_NUMBER (1 << 24)

void dp_tell_value(int64_t value, char *text, size_t size)
{
	if (value < 0 && value >= -MAX_ERRNO)
		snprintf(text, size, "%" PRId64 " (%s)", value, dp_errno_name((int)-value));
	else if (value >= 0 && value < MAX_NUMBER)
		snprintf(text, size, "%" PRId64, value);
	else
		snprintf(text, size, "%#" PRIx64, (uint64_t)value);
}

/* Where a probe stands is in its name. */
static bool is_fetched(const struct tep_format_field *field)
{
	return strncmp(field->name, "__probe", 7) != 0;
}

static void append(char *line, size_t size, const char *text)
{
	size_t used = strlen(line);

	snprintf(line + used, size - used, "%s", text);
}

static void add_field(struct tep_format_field *field, struct tep_record *record, bool returns,
		      bool first, char *line, size_t size)
{
	unsigned long long value = 0;
	char text[48], whole[96];

	if (tep_read_number_field(field, record->data, &value))
		return;
	/* A field of 32 bits that may be negative comes without its sign. */
	if (field->size == 4 && field->flags & TEP_FIELD_IS_SIGNED)
		value = (unsigned long long)(int64_t)(int32_t)value;
	dp_tell_value((int64_t)value, text, sizeof(text));
	if (returns)
		snprintf(whole, sizeof(whole), " = %s", text);
	else
		snprintf(whole, sizeof(whole), "%s%.40s=%s", first ? "" : ", ", field->name, text);
	append(line, size, whole);
}

void dp_tell_event(struct tep_event *event, struct tep_record *record, uint64_t since, char *line,
		   size_t size)
{
	bool returns = false, first = true;
	const struct dp_probe *probe = dp_probe_of(event->name, &returns);
	dp_autofree struct tep_format_field **fields = tep_event_fields(event);

	snprintf(line, size, "+%10.3f us  %s%s", (double)(record->ts - since) / 1000,
		 probe ? probe->function : event->name, returns ? "" : "(");
	for (size_t i = 0; fields && fields[i]; i++) {
		if (!is_fetched(fields[i]))
			continue;
		add_field(fields[i], record, returns, first, line, size);
		first = false;
	}
	if (!returns)
		append(line, size, ")");
}
