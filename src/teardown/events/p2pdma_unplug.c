// SPDX-License-Identifier: GPL-2.0-or-later
/* The controller is pulled out of the machine, by whoever runs the machine. */
#include <errno.h>
#include <unistd.h>

#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/teardown.h"

/* The kernel lets go within a second, or it waits for something. */
#define LIMIT_MS 10000

static int wait_for(const struct dp_target *target, bool there, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + LIMIT_MS;

	while (dp_exists("/sys/bus/pci/devices/%s%s", target->device,
			 there ? "/p2pmem/allocate" : "") != there) {
		if (dp_now_ms() > end)
			return dp_fail(err, -ETIMEDOUT, "%s has not %s", target->device,
				       there ? "come back" : "gone");
		usleep(5000);
	}
	return 0;
}

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	dp_emit_text(target->channel, "request", "what", DP_CONTROL_UNPLUG " " DP_CONTROL_NVME);
	return wait_for(target, false, err);
}

static int bring_back(const struct dp_target *target, struct dp_error *err)
{
	dp_emit_text(target->channel, "request", "what", DP_CONTROL_PLUG " " DP_CONTROL_NVME);
	return wait_for(target, true, err);
}

DP_EVENT(p2pdma_unplug, .name = "p2pdma-unplug",
	 .what = "the controller with the memory is unplugged", .rank = 170,
	 .applies = dp_is_p2pdma, .effect = DP_GONE, .guest_only = true,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_NONE), .run = take_away, .undo = bring_back);
