// SPDX-License-Identifier: GPL-2.0-or-later
/* The controller that offers the memory loses its driver: pci_p2pdma_release(). */
#include "daxpin/file.h"
#include "daxpin/teardown.h"

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	int rc = dp_write_attr(target->device, "/sys/bus/pci/drivers/%s/unbind", target->driver);

	return rc ? dp_fail(err, rc, "cannot unbind %s from %s", target->device, target->driver)
		  : 0;
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	int rc = dp_write_attr(target->device, "/sys/bus/pci/drivers/%s/bind", target->driver);

	return rc ? dp_fail(err, rc, "cannot bind %s to %s", target->device, target->driver) : 0;
}

DP_EVENT(p2pdma_unbind, .name = "p2pdma-unbind",
	 .what = "the controller with the memory loses its driver", .rank = 160,
	 .applies = dp_is_p2pdma, .effect = DP_GONE, .guest_only = true,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_NONE), .run = take_away, .undo = bring_back);
