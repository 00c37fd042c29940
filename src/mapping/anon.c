// SPDX-License-Identifier: GPL-2.0-or-later
/* Anonymous memory in base pages: the control that every other kind is compared with. */
#include <sys/mman.h>

#include "daxpin/mapping.h"

static int open_anon(const struct dp_mapping *mapping, const struct dp_env *env,
		     struct dp_area *area, struct dp_error *err)
{
	int rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);

	if (!rc)
		madvise(area->addr, area->len, MADV_NOHUGEPAGE);
	return rc;
}

DP_MAPPING(anon, .name = "anon", .what = "anonymous memory, base pages", .rank = 10,
	   .family = DP_FAMILY_ANON, .control = true, .frames = DP_FRAMES_RAM, .leaf = 4096,
	   .granule = 2 << 20, .open = open_anon);
