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

uint64_t dp_layout_half(uint64_t length)
{
	return length > 2 * DP_PMD ? DP_PMD : length / 2;
}
