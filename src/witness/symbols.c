// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "symbols.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"

static bool is_of(const char *symbol, const char *function)
{
	size_t len = strlen(function);

	return !strncmp(symbol, function, len) &&
	       (!symbol[len] || !strncmp(symbol + len, ".isra.", 6) ||
		!strncmp(symbol + len, ".constprop.", 11));
}

int dp_symbols_find(const char *const *functions, size_t count, struct dp_symbol *symbols,
		    struct dp_error *err)
{
	dp_autofile FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], name[384];

	if (!f)
		return dp_fail(err, -errno, "cannot read /proc/kallsyms");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*1[tTwW] %383s", name) != 1)
			continue;
		for (size_t i = 0; i < count; i++)
			if (is_of(name, functions[i]))
				snprintf(symbols[i].name, sizeof(symbols[i].name), "%.95s", name);
	}
	return 0;
}
