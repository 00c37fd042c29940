// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtio-pmem device is removed from its bus, which is what the kernel does when it is told of
 * an unplugging (pci_stop_and_remove_bus_device(), then virtio_pmem_remove(),
 * drivers/nvdimm/virtio_pmem.c). QEMU itself unplugs none: "virtio based memory devices cannot be
 * unplugged". A scan of the bus finds it again.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/teardown.h"

/* What labels or info blocks tell of is made anew. */
#define LIMIT_MS 10000

/* The PCI device: …/0000:00:05.0/virtio3/ndbus0/region0/dax0.0 */
static int find_device(const struct dp_target *target, char *name, size_t size)
{
	char link[128], path[PATH_MAX], *at, *slash;

	snprintf(link, sizeof(link), "/sys/bus/dax/devices/%s", target->device);
	at = realpath(link, path) ? strstr(path, "/virtio") : NULL;
	if (!at || !strstr(at, "/ndbus"))
		return -ENODEV;
	*at = '\0';
	slash = strrchr(path, '/');
	return slash ? dp_path(name, size, NULL, "%s", slash + 1) : -ENODEV;
}

static int look(const struct dp_target *target, struct dp_error *err)
{
	char name[64];

	return find_device(target, name, sizeof(name))
		       ? dp_skip(err,
				 "%s is not of virtio-pmem: a guest has one with --carrier "
				 "virtio-pmem",
				 target->device)
		       : 0;
}

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	char name[64];
	int rc = find_device(target, name, sizeof(name));

	if (rc)
		return dp_fail(err, rc, "no virtio-pmem device has %s", target->device);
	rc = dp_write_attr("1", "/sys/bus/pci/devices/%s/remove", name);
	return rc ? dp_fail(err, rc, "cannot remove %s", name) : 0;
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + LIMIT_MS;
	int rc = dp_write_attr("1", "/sys/bus/pci/rescan");

	if (rc)
		return dp_fail(err, rc, "cannot scan the PCI bus");
	while (!dp_exists("/sys/bus/dax/devices/%s/driver", target->device)) {
		if (dp_now_ms() > end)
			return dp_fail(err, -ETIMEDOUT, "%s has not come back", target->device);
		usleep(5000);
	}
	return 0;
}

DP_EVENT(virtio_pmem_unplug, .name = "virtio-pmem-unplug",
	 .what = "the virtio-pmem device is removed from its bus, as by an unplugging", .rank = 59,
	 .applies = dp_is_devdax, .effect = DP_GONE, .guest_only = true, .carried = true,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) |
		     DP_BIT(DP_LINK_DELETE) | DP_BIT(DP_NONE),
	 .prepare = look, .run = take_away, .undo = bring_back);
