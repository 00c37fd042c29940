// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "serve.h"

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/observe.h"

/* Where that is asked for. A command that cannot be read is for the child to complain of. */
static void misbehave(const char *line, int stream)
{
	dp_cleanup(dp_command_clear) struct dp_command command;

	if (!dp_command_from_json(line, strlen(line), &command, NULL))
		dp_agent_misbehave(&command, stream);
}

void dp_agent_serve(int serial, int stream, struct dp_actor *child, const struct dp_armed *armed)
{
	FILE *commands = fdopen(serial, "r");
	char line[DP_COMMAND_LIMIT];

	while (commands && fgets(line, sizeof(line), commands)) {
		line[strcspn(line, "\n")] = '\0';
		if (!line[0])
			continue;
		misbehave(line, stream);
		dp_emit_text(stream, "taken", NULL, NULL);
		if (!child->pid && dp_child_start(child, stream, false, armed))
			return;
		dp_child_run(child, line, stream);
	}
}
