// SPDX-License-Identifier: GPL-2.0-or-later
/* A command from anywhere: what is accepted, printed and read again, is the same. */
#include "fuzz.h"

#include "daxpin/command.h"

static char *print(const struct dp_command *command)
{
	char *line = NULL;

	/* Numbers and escapes may be written longer than they were read. */
	return dp_command_to_json(command, &line, NULL) ? NULL : line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_cleanup(dp_command_clear) struct dp_command command = { 0 };
	dp_cleanup(dp_command_clear) struct dp_command again = { 0 };
	dp_autofree char *first = NULL, *second = NULL;

	if (dp_command_from_json((const char *)data, size, &command, NULL))
		return 0;
	first = print(&command);
	if (!first)
		return 0;
	HOLDS(!dp_command_from_json(first, strlen(first), &again, NULL));
	second = print(&again);
	HOLDS(second && again.kind == command.kind && !strcmp(first, second));
	return 0;
}
