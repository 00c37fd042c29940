// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The CXL device is pulled out of the machine, by whoever runs the machine. The slot has a button,
 * which QEMU presses, so that the kernel removes the device (pciehp_disable_slot(),
 * drivers/pci/hotplug/pciehp_ctrl.c, five seconds later); nobody asks whether it is used. With its
 * endpoint the region loses its memory (cxl_region_detach(), drivers/cxl/core/region.c, and
 * cxl_decoder_kill_region() before), and what was made of it goes.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cxl.h"

#include "daxpin/actor.h"
#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/teardown.h"

/*
 * The kernel lets the button's five seconds pass, and takes the driver off the device as the first
 * thing of all. Where that is not seen nothing has been unplugged.
 */
#define BEGIN_MS 30000
#define GONE_MS  120000
/* A task that has slept for so long without being woken waits. */
#define STILL_MS 3000

/* The PCI device of the region's first endpoint: …/pci0000:0c/0000:0c:00.0/0000:0d:00.0/mem0 */
static int find_device(const struct dp_target *target, char *name, size_t size,
		       struct dp_error *err)
{
	char region[64], decoder[64], link[128], path[PATH_MAX], *slash;
	int rc = dp_cxl_region_of(target, region, sizeof(region));

	if (rc)
		return dp_fail(err, rc, "no CXL region has %s", target->device);
	rc = dp_read_attr(decoder, sizeof(decoder), DP_CXL_DEVICES "/%s/target0", region);
	if (rc)
		return dp_fail(err, rc, "cannot read the first target of %s", region);
	snprintf(link, sizeof(link), DP_CXL_DEVICES "/%s/../uport", decoder);
	slash = realpath(link, path) ? strrchr(path, '/') : NULL;
	if (!slash)
		return dp_fail(err, -ENODEV, "cannot find the device of %s", decoder);
	*slash = '\0';
	return dp_path(name, size, err, "%s", strrchr(path, '/') + 1);
}

/* The kernel thread that serves the slot of a device: "pciehp_poll-2" for slot 2. 0 if none does.
 */
static pid_t find_server(const char *device)
{
	char address[32], name[32], comm[32];
	glob_t slots = { 0 }, tasks = { 0 };
	pid_t pid = 0;

	name[0] = '\0';
	glob("/sys/bus/pci/slots/*", 0, NULL, &slots);
	for (size_t i = 0; i < slots.gl_pathc; i++)
		if (!dp_read_attr(address, sizeof(address), "%s/address", slots.gl_pathv[i]) &&
		    !strncmp(device, address, strlen(address)))
			snprintf(name, sizeof(name), "pciehp_poll-%.3s",
				 strrchr(slots.gl_pathv[i], '/') + 1);
	glob("/proc/[0-9]*", 0, NULL, &tasks);
	for (size_t i = 0; i < tasks.gl_pathc && name[0] && !pid; i++)
		if (!dp_read_attr(comm, sizeof(comm), "%s/comm", tasks.gl_pathv[i]) &&
		    !strcmp(comm, name))
			pid = (pid_t)atoi(tasks.gl_pathv[i] + strlen("/proc/"));
	globfree(&slots);
	globfree(&tasks);
	return pid;
}

/* By looking again and again: a task that slept in between would be told to wait. */
static int await_begin(const char *name)
{
	uint64_t end = dp_now_ms() + BEGIN_MS;

	while (dp_exists("/sys/bus/pci/devices/%s/driver", name))
		if (dp_now_ms() > end)
			return -ETIMEDOUT;
	return 0;
}

static bool is_there(const struct dp_target *target, const char *name)
{
	return dp_exists("/sys/bus/pci/devices/%s", name) ||
	       dp_exists("/sys/bus/dax/devices/%s", target->device);
}

/*
 * Until the device has gone, and what its memory was. Once whoever removes it waits, so does this:
 * then it sleeps.
 */
static int await_end(const struct dp_target *target, const char *name, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + GONE_MS, moved = dp_now_ms();
	pid_t server = find_server(name);
	int64_t switches = -1;

	while (is_there(target, name)) {
		uint64_t now = dp_now_ms();

		if (now > end)
			return dp_fail(err, -ETIMEDOUT, "%s or %s has not gone", name,
				       target->device);
		if (!server || !dp_task_slept(server, &switches))
			moved = now;
		if (now - moved > STILL_MS)
			usleep(5000);
	}
	return 0;
}

static int take_away(const struct dp_target *target, struct dp_error *err)
{
	char name[64];
	int rc = find_device(target, name, sizeof(name), err);

	if (rc)
		return rc;
	dp_emit_text(target->channel, "request", "what", DP_CONTROL_UNPLUG " " DP_CONTROL_CXL);
	rc = await_begin(name);
	if (!rc)
		return await_end(target, name, err);
	/* Neither waits nor refuses who was not asked: there is no answer. */
	dp_fail(err, rc, "the slot of %s has not begun to unplug it", name);
	dp_emit_failure(target->channel, err);
	return rc;
}

DP_EVENT(cxl_memdev_remove, .name = "cxl-memdev-remove",
	 .what = "the CXL device is unplugged, as by its slot's button", .rank = 57,
	 .applies = dp_is_devdax, .effect = DP_GONE, .guest_only = true, .carried = true,
	 .final = true, .limit_ms = GONE_MS,
	 .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_CLOSE) | DP_BIT(DP_KILL) |
		     DP_BIT(DP_LINK_DELETE) | DP_BIT(DP_NONE),
	 .prepare = dp_cxl_look, .run = take_away);
