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

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/file.h"
#include "daxpin/teardown.h"

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
			snprintf(target->ns, sizeof(target->ns), "%.63s", slash + 1);
		if (!target->region[0] && !strncmp(slash + 1, "region", 6))
			snprintf(target->region, sizeof(target->region), "%.63s", slash + 1);
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

static void find_disk(const struct dp_area *area, struct dp_target *target)
{
	char path[128];
	struct stat st;

	if (fstat(area->fd, &st))
		return;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	dp_link_name(target->disk, sizeof(target->disk), "%s", path);
	dp_link_name(target->device, sizeof(target->device), "%s/device", path);
	dp_link_name(target->driver, sizeof(target->driver), "%s/device/driver", path);
	snprintf(path, sizeof(path), "/sys/block/%.63s/device", target->disk);
	climb(path, target);
	find_mount(target);
}

void dp_target_find(const struct dp_mapping *mapping, const struct dp_area *area,
		    struct dp_target *target)
{
	char path[128];

	*target = (struct dp_target){ .mapping = mapping, .file = -1, .len = area->len };
	if (dp_is_fsdax(mapping)) {
		find_disk(area, target);
		return;
	}
	snprintf(target->device, sizeof(target->device), "%s", area->resource);
	if (!target->device[0])
		return;
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s",
		 dp_is_p2pdma(mapping) ? "pci" : "dax", target->device);
	dp_link_name(target->driver, sizeof(target->driver), "%s/driver", path);
	climb(path, target);
}
