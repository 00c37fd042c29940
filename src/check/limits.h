/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_CHECK_LIMITS_H
#define DAXPIN_CHECK_LIMITS_H

struct dp_asker;
struct dp_cell;
struct dp_check;

/**
 * dp_limits_find - whether a limit has refused a registration, whatever the memory is
 * @asker: who has registered; its vmpin_kib is what was charged before
 * @question: what was asked
 * @cell: with errno and pages; receives limit, if one is seen to be the cause
 */
void dp_limits_find(const struct dp_asker *asker, const struct dp_check *question,
		    struct dp_cell *cell);

#endif
