// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unbind_store() in drivers/base/bus.c calls device_release_driver(), and that dev_dax's devm
 * actions: kill_dev_dax() unmaps it from all processes, memunmap_pages() waits for the page
 * references, where the kernel still does.
 */
#include "daxpin/file.h"
#include "daxpin/teardown.h"

#define DRIVER "/sys/bus/dax/drivers/device_dax"

static int unbind(const struct dp_target *target, struct dp_error *err)
{
	int rc = dp_write_attr(target->device, DRIVER "/unbind");

	return rc ? dp_fail(err, rc, "cannot unbind %s from device_dax", target->device) : 0;
}

static int bind(const struct dp_target *target, struct dp_error *err)
{
	int rc = dp_write_attr(target->device, DRIVER "/bind");

	return rc ? dp_fail(err, rc, "cannot bind %s to device_dax", target->device) : 0;
}

DP_EVENT(devdax_unbind, .name = "devdax-unbind", .what = "device_dax is unbound through sysfs",
	 .rank = 10, .applies = dp_is_devdax, .effect = DP_GONE,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) |
		     DP_BIT(DP_LINK_DELETE) | DP_BIT(DP_NONE),
	 .lone = true, .run = unbind, .undo = bind, .races = true);
