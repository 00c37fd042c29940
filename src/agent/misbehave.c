// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults of a guest that are init's own: what it says, or does not say, to those who watch it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve.h"

#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"

#define CONSOLE   "/dev/console"
#define LONG_LINE (1 << 20)

__attribute__((noreturn)) static void be_silent(int stream)
{
	(void)stream;
	for (;;)
		pause();
}

/* From a process of its own, for as long as the guest lives. */
static void flood_console(int stream)
{
	static const char line[] = "the console is flooded with lines that nobody has asked for\n";
	int fd;

	(void)stream;
	if (fork())
		return;
	fd = open(CONSOLE, O_WRONLY | O_CLOEXEC);
	while (fd >= 0 && !dp_write_all(fd, line, sizeof(line) - 1))
		;
	_exit(0);
}

static void send_long_line(int stream)
{
	dp_autofree char *line = malloc(LONG_LINE);

	if (!line)
		return;
	memset(line, 'x', LONG_LINE);
	line[LONG_LINE - 1] = '\n';
	dp_write_all(stream, line, LONG_LINE);
}

/* An answer to what nobody has asked, and one that has no observations. */
static void lie_about_ids(int stream)
{
	dp_emit_text(stream, "cell", "id", "check/nothing/local-read");
	dp_emit_text(stream, "cell", "id", "check/anon/local-read");
}

__attribute__((noreturn)) static void be_done_at_once(int stream)
{
	dp_emit_text(stream, "taken", NULL, NULL);
	dp_emit_text(stream, "done", NULL, NULL);
	be_silent(stream);
}

void dp_agent_misbehave(const struct dp_command *command, int stream)
{
	static void (*const acts[DP_FAULTS])(int stream) = {
		[DP_FAULT_SILENCE] = be_silent,          [DP_FAULT_FLOOD] = flood_console,
		[DP_FAULT_LONG_LINE] = send_long_line,   [DP_FAULT_FALSE_IDS] = lie_about_ids,
		[DP_FAULT_EARLY_DONE] = be_done_at_once,
	};

	if (command->kind == DP_COMMAND_CHECK && acts[command->check.fault])
		acts[command->check.fault](stream);
}
