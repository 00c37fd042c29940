/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of the running kernel, by /proc/kallsyms. */
#ifndef DAXPIN_KALLSYMS_H
#define DAXPIN_KALLSYMS_H

#include <stdbool.h>
#include <stdint.h>

struct dp_error;

/**
 * dp_kallsyms_read - see each function that there is, in the order of the file
 * @take: receives its address, 0 for whom it is hidden from, and its symbol; need not keep it
 * @arg: for @take
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_kallsyms_read(void (*take)(void *arg, uint64_t address, const char *symbol), void *arg,
		     struct dp_error *err);

/* Whether a symbol is a function of the source: a compiler may have made another one of it. */
bool dp_is_symbol_of(const char *symbol, const char *function);

#endif
