// SPDX-License-Identifier: GPL-2.0-or-later
/* The protection changes. Write access that comes back is a fault, which may copy the page. */
#include <errno.h>
#include <sys/mman.h>

#include "daxpin/state.h"

#define PROMISE                                                                                    \
	"from 5.19 on do_wp_page() has a process go on with a page that is its own "               \
	"(PageAnonExclusive, 6c287605fd56), which a pin sees to"

/* 5.9 to 5.18: 09854ba94c6a. */
#define COUNTED                                                                                    \
	{                                                                                          \
		.from = { 5, 9 }, .to = { 5, 18 },                                                 \
		.families = 1U << DP_FAMILY_ANON | 1U << DP_FAMILY_PAGECACHE,                      \
		.why = "(do_wp_page() copies an anonymous page that has more than one reference, " \
		       "and a pin is one: from 5.9, 09854ba94c6a, to PageAnonExclusive of 5.19)"   \
	}

static void protect(const struct dp_stage *stage, size_t len, int prot, const char *what)
{
	dp_stage_changed(stage, what, mprotect(stage->view, len, prot) ? -errno : 0);
}

static int read_only(struct dp_stage *stage, struct dp_error *err)
{
	if (mprotect(stage->view, stage->area.len, PROT_READ))
		return dp_fail(err, -errno, "mprotect");
	dp_stage_read(stage->view, stage->area.len);
	return 0;
}

static int make_writable(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	protect(stage, stage->area.len, PROT_READ | PROT_WRITE, "mprotect(PROT_READ | PROT_WRITE)");
	return 0;
}

static int take_and_give(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	protect(stage, stage->area.len, PROT_READ, "mprotect(PROT_READ)");
	protect(stage, stage->area.len, PROT_READ | PROT_WRITE, "mprotect(PROT_READ | PROT_WRITE)");
	return 0;
}

/* Of each half of the huge page the protection is another for a while. */
static int split(struct dp_stage *stage, struct dp_error *err)
{
	(void)err;
	protect(stage, stage->area.len / 2, PROT_READ, "mprotect(PROT_READ) of the first half");
	protect(stage, stage->area.len / 2, PROT_READ | PROT_WRITE,
		"mprotect(PROT_READ | PROT_WRITE) of the first half");
	return 0;
}

static bool is_thp(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_ANON && mapping->leaf > 4096;
}

/* device-dax is mapped with whole huge pages. */
static bool is_protected(const struct dp_mapping *mapping)
{
	return dp_state_is_any(mapping) && (!mapping->ordered || mapping->granule <= 2 << 20);
}

DP_STATE(made_writable_later, .name = "made-writable-later",
	 .what = "memory that is registered read-only, and made writable later", .rank = 30,
	 .applies = is_protected, .reads = true, .changes = 1, .before = read_only,
	 .after = make_writable, .promise = PROMISE, .known = { COUNTED });

DP_STATE(mprotect_, .name = "mprotect", .what = "mprotect takes write access and gives it back",
	 .rank = 380, .applies = is_protected, .changes = 2, .after = take_and_give,
	 .promise = PROMISE, .known = { COUNTED });

DP_STATE(huge_split, .name = "huge-split", .what = "a huge page whose halves are mapped apart",
	 .rank = 70, .applies = is_thp, .changes = 2, .after = split, .promise = PROMISE,
	 .known = { COUNTED });
