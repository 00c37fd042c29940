// SPDX-License-Identifier: GPL-2.0-or-later
/* Anonymous memory in transparent huge pages. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

static int open_thp(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, struct dp_error *err)
{
	char enabled[64];
	int rc;

	if (dp_read_attr(enabled, sizeof(enabled), "/sys/kernel/mm/transparent_hugepage/enabled"))
		return dp_skip(err, "this kernel has no transparent huge pages");
	if (strstr(enabled, "[never]"))
		return dp_skip(err, "transparent huge pages are switched off "
				    "(transparent_hugepage=never)");
	rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);
	if (rc)
		return rc;
	if (madvise(area->addr, dp_span(mapping, env), MADV_HUGEPAGE))
		return dp_fail(err, -errno, "madvise(MADV_HUGEPAGE)");
	return 0;
}

DP_MAPPING(thp, .name = "thp", .what = "anonymous memory, transparent huge pages", .rank = 20,
	   .family = DP_FAMILY_ANON, .frames = DP_FRAMES_RAM, .leaf = 2 << 20, .granule = 2 << 20,
	   .open = open_thp);
