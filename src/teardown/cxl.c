// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cxl.h"

#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/teardown.h"

#define REGIONS DP_CXL_DEVICES "/region*"

static bool read_number(uint64_t *number, const char *dir, const char *name)
{
	char text[32];

	if (dp_read_attr(text, sizeof(text), "%s/%s", dir, name))
		return false;
	*number = strtoull(text, NULL, 0);
	return true;
}

static bool holds(const char *region, uint64_t address)
{
	uint64_t start, size;

	return read_number(&start, region, "resource") && read_number(&size, region, "size") &&
	       address >= start && address - start < size;
}

int dp_cxl_region_of(const struct dp_target *target, char *name, size_t size)
{
	char device[128];
	glob_t found = { 0 };
	uint64_t address;
	int rc = -ENODEV;

	snprintf(device, sizeof(device), "/sys/bus/dax/devices/%s", target->device);
	if (!read_number(&address, device, "resource"))
		return rc;
	glob(REGIONS, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && rc; i++)
		if (holds(found.gl_pathv[i], address))
			rc = dp_path(name, size, NULL, "%s", strrchr(found.gl_pathv[i], '/') + 1);
	globfree(&found);
	return rc;
}

int dp_cxl_look(const struct dp_target *target, struct dp_error *err)
{
	char name[64];

	return dp_cxl_region_of(target, name, sizeof(name))
		       ? dp_skip(err,
				 "%s is not in a CXL region: a guest has one with --carrier "
				 "cxl-pmem",
				 target->device)
		       : 0;
}
