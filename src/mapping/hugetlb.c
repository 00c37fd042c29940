// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory from the hugetlb pool. */
#include <inttypes.h>
#include <linux/mman.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB"

static int open_hugetlb(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_area *area, struct dp_error *err)
{
	uint64_t need = dp_span(mapping, env) / mapping->granule;
	char free_pages[32];

	if (dp_read_attr(free_pages, sizeof(free_pages), POOL "/free_hugepages"))
		return dp_skip(err, "this machine has no 2 MiB hugetlb pool");
	if (strtoull(free_pages, NULL, 10) < need)
		return dp_skip(err,
			       "%" PRIu64 " free 2 MiB huge pages are needed and %s are there: "
			       "raise vm.nr_hugepages",
			       need, free_pages);
	return dp_area_map(mapping, env, area,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, err);
}

DP_MAPPING(hugetlb_2m, .name = "hugetlb-2M", .what = "2 MiB pages of the hugetlb pool", .rank = 30,
	   .family = DP_FAMILY_HUGETLB, .frames = DP_FRAMES_RAM, .leaf = 2 << 20,
	   .granule = 2 << 20, .open = open_hugetlb);
