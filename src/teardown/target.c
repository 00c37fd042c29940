// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a mapping to the devices behind it, by sysfs: a DAX device, a disk or a PCI function lies in
 * the folder of its region, and below whatever names its namespace.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pmem.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/dax.h"
#include "daxpin/file.h"
#include "daxpin/teardown.h"

/* An event that waited for the pins may still be on its way when they have gone. */
#define RESTORE_LIMIT_MS 20000
#define RESTORE_AGAIN_US 200000

/* Goes up the path of a device and notes what it passes. */
static void climb(const char *link, struct dp_target *target)
{
	char path[PATH_MAX], *slash;

	if (!realpath(link, path))
		return;
	while ((slash = strrchr(path, '/')) && slash != path) {
		if (!target->ns[0])
			dp_read_attr(target->ns, sizeof(target->ns), "%s/namespace", path);
		if (!target->ns[0] && !strncmp(slash + 1, "namespace", 9))
			dp_path(target->ns, sizeof(target->ns), NULL, "%s", slash + 1);
		if (!target->region[0] && !strncmp(slash + 1, "region", 6))
			dp_path(target->region, sizeof(target->region), NULL, "%s", slash + 1);
		*slash = '\0';
	}
}

static void find_mount(struct dp_target *target)
{
	dp_autofree struct dp_mount *mounts = NULL;
	size_t count = 0;

	dp_mounts_read(&mounts, &count);
	for (size_t i = 0; i < count; i++) {
		const char *name = strrchr(mounts[i].source, '/');

		if (name && !strcmp(name + 1, target->disk))
			snprintf(target->dir, sizeof(target->dir), "%s", mounts[i].dir);
	}
}

static void find_disk(const char *disk, struct dp_target *target)
{
	char path[128];

	if (dp_path(target->disk, sizeof(target->disk), NULL, "%s", disk))
		return;
	snprintf(path, sizeof(path), "/sys/block/%s/device", target->disk);
	dp_link_name(target->device, sizeof(target->device), "%s", path);
	dp_link_name(target->driver, sizeof(target->driver), "%s/driver", path);
	climb(path, target);
}

static void find_disk_of(const struct dp_area *area, struct dp_target *target)
{
	char disk[64];
	struct stat st;

	if (fstat(area->fd, &st) || dp_link_name(disk, sizeof(disk), "/sys/dev/block/%u:%u",
						 major(st.st_dev), minor(st.st_dev)))
		return;
	find_disk(disk, target);
	find_mount(target);
}

static void find_by_bus(const char *bus, const char *device, struct dp_target *target)
{
	char path[128];

	if (dp_path(target->device, sizeof(target->device), NULL, "%s", device))
		return;
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", bus, target->device);
	dp_link_name(target->driver, sizeof(target->driver), "%s/driver", path);
	climb(path, target);
}

void dp_target_of_device(const char *name, bool disk, struct dp_target *target)
{
	*target = (struct dp_target){ .file = -1 };
	if (disk)
		find_disk(name, target);
	else
		find_by_bus("dax", name, target);
}

static int restore_once(const struct dp_target *target, struct dp_error *err)
{
	char driver[32] = "";
	int rc = 0;

	if (target->disk[0])
		return dp_exists("/sys/block/%s", target->disk) ? 0 : dp_pmem_bind(target, err);
	if (!dp_exists("/sys/bus/dax/devices/%s", target->device) && target->ns[0]) {
		/* Whoever disabled it may have been killed half-way. */
		dp_namespace_disable(target->ns, NULL);
		rc = dp_namespace_enable(target->ns, err);
	}
	dp_link_name(driver, sizeof(driver), "/sys/bus/dax/devices/%s/driver", target->device);
	if (rc || !strcmp(driver, target->driver))
		return rc;
	return dp_dax_to_devdax(target->device, err);
}

int dp_target_restore(const struct dp_target *target, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + RESTORE_LIMIT_MS;

	for (;;) {
		struct dp_error failure = { 0 };
		int rc = restore_once(target, &failure);

		if (!rc)
			return 0;
		if (dp_now_ms() > end) {
			*err = failure;
			return rc;
		}
		usleep(RESTORE_AGAIN_US);
	}
}

void dp_target_find(const struct dp_mapping *mapping, const struct dp_area *area,
		    struct dp_target *target)
{
	*target = (struct dp_target){ .mapping = mapping, .file = -1, .len = area->len };
	if (dp_is_fsdax(mapping))
		find_disk_of(area, target);
	else if (dp_is_device(mapping))
		dp_path(target->device, sizeof(target->device), NULL, "%s", area->resource);
	else if (area->resource[0])
		find_by_bus(dp_is_p2pdma(mapping) ? "pci" : "dax", area->resource, target);
}
