// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `cxl disable-region` does: the region, a range of memory of one CXL device or of several, is
 * unbound from its driver (cxl_region, drivers/cxl/core/region.c). The NVDIMM region or the
 * device-dax that the driver has made of it goes with it.
 */
#include <errno.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "../cxl.h"

#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/teardown.h"

#define REGIONS DP_CXL_DEVICES "/region*"
#define DRIVER  "/sys/bus/cxl/drivers/cxl_region"
/* A device-dax comes back with the namespaces that labels tell of. */
#define LIMIT_MS 10000

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	char name[64];
	int rc = dp_cxl_region_of(target, name, sizeof(name));

	if (rc)
		return dp_fail(err, rc, "no CXL region has %s", target->device);
	rc = dp_write_attr(name, DRIVER "/unbind");
	return rc ? dp_fail(err, rc, "cannot unbind %s from cxl_region", name) : 0;
}

/* All that are not bound: which one it was is not told any more. */
static int bind_all(struct dp_error *err)
{
	glob_t found = { 0 };
	int rc = 0;

	glob(REGIONS, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && !rc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		if (dp_exists("%s/driver", found.gl_pathv[i]))
			continue;
		rc = dp_write_attr(name, DRIVER "/bind");
		if (rc)
			dp_fail(err, rc, "cannot bind %s to cxl_region", name);
	}
	globfree(&found);
	return rc;
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + LIMIT_MS;
	int rc = bind_all(err);

	while (!rc && !dp_exists("/sys/bus/dax/devices/%s/driver", target->device)) {
		if (dp_now_ms() > end)
			return dp_fail(err, -ETIMEDOUT, "%s has not come back", target->device);
		usleep(5000);
	}
	return rc;
}

DP_EVENT(cxl_region_disable, .name = "cxl-region-disable",
	 .what = "the CXL region is unbound from its driver", .rank = 55, .applies = dp_is_devdax,
	 .effect = DP_GONE, .guest_only = true, .carried = true,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) |
		     DP_BIT(DP_LINK_DELETE) | DP_BIT(DP_NONE),
	 .prepare = dp_cxl_look, .run = take_away, .undo = bring_back);
