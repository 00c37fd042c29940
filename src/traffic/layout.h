/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a region is divided, from its length alone: both ends agree on it. */
#ifndef DAXPIN_TRAFFIC_LAYOUT_H
#define DAXPIN_TRAFFIC_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A region of more than two windows is filled and compared in its first and last window only. */
#define DP_WINDOW (4ULL << 20)

/* What one entry of a page middle directory maps (x86-64), bytes. */
#define DP_PMD (2ULL << 20)

struct dp_window {
	uint64_t offset, length; /* in the region, bytes */
};

/**
 * dp_layout_windows - the parts of a region that are filled and compared
 * @length: of the region, bytes
 * @windows: receives them, room for two
 *
 * Return: how many.
 */
size_t dp_layout_windows(uint64_t length, struct dp_window *windows);

/**
 * dp_layout_part - the part of a range that lies in a window
 * @window: the window
 * @offset: where the range begins in the region, bytes; receives where its part does
 * @length: of the range, bytes, with no end beyond 2^64; receives that of the part
 *
 * Return: false if there is none.
 */
bool dp_layout_part(const struct dp_window *window, uint64_t *offset, uint64_t *length);

/**
 * dp_layout_half - where the two halves of a region meet
 * @length: of the region, bytes
 *
 * Return: an offset in bytes; where a page table ends, if the region is large enough.
 */
uint64_t dp_layout_half(uint64_t length);

#endif
