/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's console: its last lines, and the splats among all of them. */
#ifndef DAXPIN_MACHINE_CONSOLE_H
#define DAXPIN_MACHINE_CONSOLE_H

#include <stddef.h>

#include "daxpin/splat.h"

#define DP_CONSOLE_KEEP 24

struct dp_console {
	char *lines[DP_CONSOLE_KEEP]; /* a ring */
	size_t next;
	char partial[256];
	size_t used;
	char splat[256]; /* the first line of the first splat, or "" */
	struct dp_recogniser recogniser;
	void (*take)(void *arg, const struct dp_splat *splat); /* told of each, or NULL */
	void *arg;
};

/* Adds bytes as they came from the serial port. */
void dp_console_feed(struct dp_console *console, const char *data, size_t len);

/* There is no more. Moves the kept lines, oldest first, into a new array; returns their number. */
size_t dp_console_take(struct dp_console *console, char ***lines);

void dp_console_clear(struct dp_console *console);

#endif
