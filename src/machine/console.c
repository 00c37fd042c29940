// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"

#include "daxpin/cleanup.h"

/* The first splat of all is what the report says if there is nobody else to tell. */
static void take_splat(void *arg, const struct dp_splat *splat)
{
	struct dp_console *console = arg;

	if (!console->splat[0] && splat->nlines)
		snprintf(console->splat, sizeof(console->splat), "%s", splat->lines[0]);
	if (console->take)
		console->take(console->arg, splat);
}

static void recognise(struct dp_console *console, const char *line)
{
	console->recogniser.take = take_splat;
	console->recogniser.arg = console;
	dp_recognise(&console->recogniser, line);
}

static void end_line(struct dp_console *console)
{
	char **slot = &console->lines[console->next % DP_CONSOLE_KEEP];

	console->partial[console->used] = '\0';
	console->used = 0;
	if (!console->partial[0])
		return;
	recognise(console, console->partial);
	free(*slot);
	*slot = strdup(console->partial);
	console->next++;
}

void dp_console_feed(struct dp_console *console, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\n' || console->used + 1 == sizeof(console->partial))
			end_line(console);
		/* What comes from a guest goes to a terminal: nothing but text may pass. */
		if (c != '\n' && c != '\r')
			console->partial[console->used++] = c < ' ' || c > '~' ? '?' : (char)c;
	}
}

size_t dp_console_take(struct dp_console *console, char ***lines)
{
	size_t count = 0;

	if (console->used)
		end_line(console);
	dp_recognise_end(&console->recogniser);
	*lines = calloc(DP_CONSOLE_KEEP, sizeof(**lines));
	if (!*lines)
		return 0;
	for (size_t i = 0; i < DP_CONSOLE_KEEP; i++) {
		char **slot = &console->lines[(console->next + i) % DP_CONSOLE_KEEP];

		if (*slot)
			(*lines)[count++] = dp_take_ptr(*slot);
	}
	return count;
}

void dp_console_clear(struct dp_console *console)
{
	for (size_t i = 0; i < DP_CONSOLE_KEEP; i++)
		free(console->lines[i]);
	console->take = NULL;
	dp_recognise_end(&console->recogniser);
	memset(console, 0, sizeof(*console));
}
