/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the functions that could be probed this kernel has. */
#ifndef DAXPIN_WITNESS_SYMBOLS_H
#define DAXPIN_WITNESS_SYMBOLS_H

#include <stddef.h>

struct dp_error;

/* As kallsyms has it: a compiler may have made another one of it. "" if it is not there. */
struct dp_symbol {
	char name[96];
};

/**
 * dp_symbols_find - look functions up in /proc/kallsyms
 * @functions: their names in the source
 * @count: how many
 * @symbols: receives the symbol of each; zero before
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_symbols_find(const char *const *functions, size_t count, struct dp_symbol *symbols,
		    struct dp_error *err);

#endif
