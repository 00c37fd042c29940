// SPDX-License-Identifier: GPL-2.0-or-later
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/agent.h"
#include "daxpin/signals.h"

/*
 * What was printed may not have been written. A reader that has gone, as that of "daxpin … | head",
 * has seen what it wanted; a full disk makes the run a failed one.
 */
static int finish_stdout(int code)
{
	if ((!fflush(stdout) && !ferror(stdout)) || cli_stdout_unwanted())
		return code;
	fprintf(stderr, "daxpin: standard output could not be written; is the disk full?\n");
	return code > 1 ? code : 3;
}

/* Each guest has a thread, and each arena of malloc() keeps the most that it once had. */
#define ARENAS 2

int main(int argc, char **argv)
{
	struct cli_call call = { .command = &cli_daxpin, .words = argv + 1, .count = argc - 1 };

	if (getpid() == 1 && !strcmp(argv[0], "/init"))
		dp_agent_main();
	mallopt(M_ARENA_MAX, ARENAS);
	dp_signals_catch();
	return finish_stdout(cli_dispatch(&call));
}
