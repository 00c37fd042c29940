// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/kallsyms.h"

bool dp_is_symbol_of(const char *symbol, const char *function)
{
	size_t len = strlen(function);

	return !strncmp(symbol, function, len) &&
	       (!symbol[len] || !strncmp(symbol + len, ".isra.", 6) ||
		!strncmp(symbol + len, ".constprop.", 11));
}

/*
 * The name in a line such as "ffffffff81000000 T name\t[module]", which is cut there; NULL of what
 * is no function. There are some 200,000 lines, and sscanf() takes a second for them under
 * emulation.
 */
static const char *function_in(char *line)
{
	char *type = strchr(line, ' '), *name;

	if (!type || !type[1] || !strchr("tTwW", type[1]) || type[2] != ' ')
		return NULL;
	name = type + 3;
	name[strcspn(name, "\t\n ")] = '\0';
	return name;
}

int dp_kallsyms_read(void (*take)(void *arg, uint64_t address, const char *symbol), void *arg,
		     struct dp_error *err)
{
	dp_autofile FILE *f = fopen("/proc/kallsyms", "re");
	char line[512];

	if (!f)
		return dp_fail(err, -errno, "cannot read /proc/kallsyms");
	while (fgets(line, sizeof(line), f)) {
		const char *name = function_in(line);

		if (name)
			take(arg, strtoull(line, NULL, 16), name);
	}
	return 0;
}
