// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * device-dax. The alignment of the device is the size of the page-table entries that map it:
 * dev_dax_huge_fault() in drivers/dax/device.c installs PTEs, PMDs or PUDs and nothing smaller.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

#define BUS "/sys/bus/dax/devices"

static uint64_t attribute(const char *device, const char *name)
{
	char text[32];

	if (dp_read_attr(text, sizeof(text), BUS "/%s/%s", device, name))
		return 0;
	return strtoull(text, NULL, 0);
}

static bool suits(const struct dp_mapping *mapping, const struct dp_env *env, const char *device)
{
	uint64_t span = dp_span(mapping, env);
	char driver[32];

	if (env->device && strcmp(env->device, device))
		return false;
	return !dp_link_name(driver, sizeof(driver), BUS "/%s/driver", device) &&
	       !strcmp(driver, "device_dax") && attribute(device, "align") == mapping->granule &&
	       attribute(device, "size") >= span;
}

static int open_devdax(const struct dp_mapping *mapping, const struct dp_env *env,
		       struct dp_area *area, struct dp_error *err)
{
	dp_autodir DIR *bus = opendir(BUS);
	struct dirent *entry;
	char path[PATH_MAX];
	int rc;

	while (bus && (entry = readdir(bus))) {
		if (entry->d_name[0] == '.' || !suits(mapping, env, entry->d_name))
			continue;
		rc = dp_path(path, sizeof(path), err, "/dev/%s", entry->d_name);
		if (!rc)
			rc = dp_path(area->resource, sizeof(area->resource), err, "%s",
				     entry->d_name);
		if (rc)
			return rc;
		area->memory_error = dp_ranges_of_dax("/sys", entry->d_name, &area->memory);
		area->fd = open(path, O_RDWR | O_CLOEXEC);
		if (area->fd < 0)
			return dp_fail(err, -errno, "cannot open %s", path);
		return dp_area_map(mapping, env, area, MAP_SHARED, area->fd, err);
	}
	return dp_skip(err, "no device-dax with an alignment of %s that is large enough",
		       strchr(mapping->name, '-') + 1);
}

#define DEVDAX(ident, ...)                                                                         \
	DP_MAPPING(ident, .family = DP_FAMILY_DEVDAX, .frames = DP_FRAMES_DEVICE, .ordered = true, \
		   .open = open_devdax, __VA_ARGS__)

DEVDAX(devdax_4k, .name = "devdax-4K", .what = "device-dax, mapped by PTE", .rank = 100,
       .granule = 4096, .leaf = 4096);
DEVDAX(devdax_2m, .name = "devdax-2M", .what = "device-dax, mapped by PMD", .rank = 110,
       .granule = 2 << 20, .leaf = 2 << 20);
DEVDAX(devdax_1g, .name = "devdax-1G", .what = "device-dax, mapped by PUD", .rank = 120,
       .granule = 1 << 30, .leaf = 1 << 30);
