// SPDX-License-Identifier: GPL-2.0-or-later
/* The pages are in the swap space when they are registered. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/pin.h"
#include "daxpin/state.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

/* SwapCached is not asked: what is swapped has no page-table entry. */
static long swapped_kib(void)
{
	dp_autofree char *text = NULL;
	const char *line;

	if (dp_read_file("/proc/self/status", 65536, &text, NULL, NULL))
		return -1;
	line = strstr(text, "\nVmSwap:");
	return line ? atol(line + strlen("\nVmSwap:")) : -1;
}

static int needs_swap(const struct dp_stage *stage, struct dp_error *err)
{
	dp_autofree char *text = NULL;

	(void)stage;
	if (dp_read_file("/proc/swaps", 65536, &text, NULL, NULL) || !strstr(text, "/dev/"))
		return dp_skip(err, "this machine has no swap space: a kernel with zram gives one");
	return 0;
}

/* A page that is in use elsewhere is left; so most of them must have gone. */
static int swap_out(struct dp_stage *stage, struct dp_error *err)
{
	long before = swapped_kib(), after;

	dp_stage_fill(stage->view, stage->area.len, DP_BYTES_INITIAL);
	if (madvise(stage->view, stage->area.len, MADV_PAGEOUT))
		return dp_fail(err, -errno, "MADV_PAGEOUT");
	after = swapped_kib();
	if (before < 0 || after - before < (long)(stage->area.len / 1024 / 2))
		return dp_report(err, -EAGAIN, "only %ld of %zu KiB were swapped out",
				 after - before, (size_t)stage->area.len / 1024);
	return 0;
}

DP_STATE(swapped, .name = "swapped", .what = "pages that are swapped out", .rank = 90,
	 .applies = dp_state_is_anon, .swap = true, .needs = needs_swap, .before = swap_out,
	 .promise = "faultin_page() has do_swap_page() bring them back, and a page that is not the "
		    "process's own is copied before it is pinned");
