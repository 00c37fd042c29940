// SPDX-License-Identifier: GPL-2.0-or-later
#include <daxctl/libdaxctl.h>
#include <errno.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

static void put_context(struct daxctl_ctx **ctx)
{
	if (*ctx)
		daxctl_unref(*ctx);
}

static struct daxctl_dev *find_device(struct daxctl_ctx *ctx, const char *name)
{
	struct daxctl_region *region;
	struct daxctl_dev *dev;

	daxctl_region_foreach (ctx, region)
		daxctl_dev_foreach (region, dev)
			if (!strcmp(daxctl_dev_get_devname(dev), name))
				return dev;
	return NULL;
}

int dp_dax_to_kmem(const char *device, bool movable, struct dp_error *err)
{
	dp_cleanup(put_context) struct daxctl_ctx *ctx = NULL;
	struct daxctl_memory *memory;
	struct daxctl_dev *dev;
	int rc = daxctl_new(&ctx);

	if (rc)
		return dp_fail(err, rc, "libdaxctl");
	dev = find_device(ctx, device);
	if (!dev)
		return dp_fail(err, -ENODEV, "there is no %s", device);
	/* The zone is chosen below; the kernel's own policy must not be faster. */
	dp_write_attr("offline", "/sys/devices/system/memory/auto_online_blocks");
	rc = daxctl_dev_disable(dev);
	if (rc)
		return dp_fail(err, rc, "cannot unbind %s from device_dax", device);
	rc = daxctl_dev_enable_ram(dev);
	if (rc)
		return dp_fail(err, rc, "cannot bind %s to kmem", device);
	memory = daxctl_dev_get_memory(dev);
	if (!memory)
		return dp_fail(err, -ENXIO, "%s has become no memory", device);
	rc = movable ? daxctl_memory_online(memory) : daxctl_memory_online_no_movable(memory);
	return rc < 0 ? dp_fail(err, rc, "cannot online the memory of %s", device) : 0;
}
