/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell patterns that select ids, as they are given to --only. A pattern without '/' is compared
 * with the second part of an id, which is a mapping in most of them.
 */
#ifndef DAXPIN_GLOBS_H
#define DAXPIN_GLOBS_H

#include <stdbool.h>
#include <stddef.h>

struct dp_globs {
	const char *const *list;
	size_t count; /* 0: every id is selected */
	bool *used;   /* of each: it has selected an id */
};

/**
 * dp_globs_init - begin to select
 * @globs: to be released with dp_globs_clear()
 * @list: the patterns, which must outlive @globs
 * @count: how many
 *
 * Return: 0 or -ENOMEM.
 */
int dp_globs_init(struct dp_globs *globs, const char *const *list, size_t count);

void dp_globs_clear(struct dp_globs *globs);

/* Whether an id is selected. Each pattern that selects it is noted as used. */
bool dp_globs_select(struct dp_globs *globs, const char *id);

/* The first pattern that has selected nothing, NULL if there is none. */
const char *dp_globs_unused(const struct dp_globs *globs);

#endif
