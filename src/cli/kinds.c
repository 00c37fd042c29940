// SPDX-License-Identifier: GPL-2.0-or-later
/* Which kinds of question a command asks. */
#include <string.h>

#include "cli.h"

unsigned int cli_kinds_of(const struct cli_command *command)
{
	unsigned int kinds = 0;

	for (int k = 0; k < DP_QUESTIONS; k++) {
		const struct dp_question *question = dp_question((enum dp_question_kind)k);

		if (command == &cli_run ? question->run : !strcmp(question->name, command->name))
			kinds |= 1U << k;
	}
	return kinds;
}

unsigned int cli_kinds_wanted(const struct cli_check_options *check)
{
	unsigned int kinds = 0;

	for (int k = 0; k < DP_QUESTIONS; k++) {
		const char *name = dp_question((enum dp_question_kind)k)->name;
		bool wanted = check->all;

		for (size_t i = 0; i < check->nonly && !wanted; i++)
			wanted = strchr(check->only[i], '/') &&
				 strcspn(check->only[i], "/") == strlen(name) &&
				 !strncmp(check->only[i], name, strlen(name));
		kinds |= wanted ? 1U << k : 0;
	}
	return kinds;
}
