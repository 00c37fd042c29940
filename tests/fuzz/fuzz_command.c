// SPDX-License-Identifier: GPL-2.0-or-later
/* A command from anywhere: what is accepted, written and read again, is the same. */
#include <errno.h>

#include "fuzz.h"

#include "daxpin/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_cleanup(dp_command_clear) struct dp_command command = { 0 }, again = { 0 };
	dp_autofree char *first = NULL, *second = NULL;
	struct dp_error err = { 0 };
	int rc = dp_command_from_json((const char *)data, size, &command, &err);

	HOLDS(!rc == !err.code);
	if (rc)
		return 0;
	/* Escapes may be longer than what they stand for: then the line does not fit any more. */
	rc = dp_command_to_json(&command, &first, &err);
	HOLDS(!rc || rc == -E2BIG);
	if (rc)
		return 0;
	HOLDS(!dp_command_from_json(first, strlen(first), &again, &err));
	HOLDS(again.kind == command.kind);
	HOLDS(!dp_command_to_json(&again, &second, &err));
	HOLDS(!strcmp(first, second));
	return 0;
}
