// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "symbols.h"

#include "daxpin/kallsyms.h"

struct search {
	const char *const *functions;
	size_t count;
	struct dp_symbol *symbols;
};

static void take(void *arg, uint64_t address, const char *symbol)
{
	const struct search *s = arg;

	(void)address;
	for (size_t i = 0; i < s->count; i++)
		if (dp_is_symbol_of(symbol, s->functions[i]))
			snprintf(s->symbols[i].name, sizeof(s->symbols[i].name), "%.95s", symbol);
}

int dp_symbols_find(const char *const *functions, size_t count, struct dp_symbol *symbols,
		    struct dp_error *err)
{
	struct search s = { functions, count, symbols };

	return dp_kallsyms_read(take, &s, err);
}
