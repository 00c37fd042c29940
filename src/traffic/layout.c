// SPDX-License-Identifier: GPL-2.0-or-later
#include "layout.h"

size_t dp_layout_windows(uint64_t length, struct dp_window *windows)
{
	if (length <= 2 * DP_WINDOW) {
		windows[0] = (struct dp_window){ 0, length };
		return 1;
	}
	windows[0] = (struct dp_window){ 0, DP_WINDOW };
	windows[1] = (struct dp_window){ length - DP_WINDOW, DP_WINDOW };
	return 2;
}

bool dp_layout_part(const struct dp_window *window, uint64_t *offset, uint64_t *length)
{
	uint64_t end = *offset + *length, last = window->offset + window->length;

	if (*offset < window->offset)
		*offset = window->offset;
	if (end > last)
		end = last;
	*length = *offset < end ? end - *offset : 0;
	return *length;
}

uint64_t dp_layout_half(uint64_t length)
{
	return length > 2 * DP_PMD ? DP_PMD : length / 2;
}
