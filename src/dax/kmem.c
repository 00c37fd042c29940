// SPDX-License-Identifier: GPL-2.0-or-later
#include <daxctl/libdaxctl.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

/* Nodes that get_mempolicy() reports here: one word of them is enough. */
#define NODES         64
#define NODE_LIMIT_MS 10000
#define AUTO_ONLINE   "/sys/devices/system/memory/auto_online_blocks"

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

/* Finds a device and calls @act with it. */
static int with_device(const char *device,
		       int (*act)(struct daxctl_dev *dev, const char *device, struct dp_error *err),
		       struct dp_error *err)
{
	dp_cleanup(put_context) struct daxctl_ctx *ctx = NULL;
	struct daxctl_dev *dev;
	int rc = daxctl_new(&ctx);

	if (rc)
		return dp_fail(err, rc, "libdaxctl");
	/* libdaxctl must not print: the caller reports a failure. */
	daxctl_set_log_priority(ctx, LOG_EMERG);
	dev = find_device(ctx, device);
	return dev ? act(dev, device, err) : dp_fail(err, -ENODEV, "there is no %s", device);
}

static int disable(struct daxctl_dev *dev, const char *device, struct dp_error *err)
{
	int rc = daxctl_dev_disable(dev);

	return rc < 0 ? dp_fail(err, rc, "cannot disable %s", device) : 0;
}

int dp_dax_disable(const char *device, struct dp_error *err)
{
	return with_device(device, disable, err);
}

static int offline(struct daxctl_dev *dev, const char *device, struct dp_error *err)
{
	struct daxctl_memory *memory = daxctl_dev_get_memory(dev);
	int rc = memory ? daxctl_memory_offline(memory) : 0;

	if (rc < 0)
		return dp_fail(err, rc, "cannot offline the memory of %s", device);
	return disable(dev, device, err);
}

int dp_dax_offline(const char *device, struct dp_error *err)
{
	return with_device(device, offline, err);
}

static int to_devdax(struct daxctl_dev *dev, const char *device, struct dp_error *err)
{
	int rc = 0;

	if (daxctl_dev_is_enabled(dev) && daxctl_dev_get_memory(dev))
		rc = offline(dev, device, err);
	if (rc || daxctl_dev_is_enabled(dev))
		return rc;
	rc = daxctl_dev_enable_devdax(dev);
	return rc < 0 ? dp_fail(err, rc, "cannot bind %s to device_dax", device) : 0;
}

int dp_dax_to_devdax(const char *device, struct dp_error *err)
{
	return with_device(device, to_devdax, err);
}

static int enable_ram(struct daxctl_dev *dev, const char *device, struct dp_error *err)
{
	char policy[32] = "";
	int rc;

	if (daxctl_dev_is_enabled(dev)) {
		rc = disable(dev, device, err);
		if (rc)
			return rc;
	}
	/* The zone is chosen afterwards, so the kernel must not online the memory by itself. */
	dp_read_attr(policy, sizeof(policy), AUTO_ONLINE);
	dp_write_attr("offline", AUTO_ONLINE);
	rc = daxctl_dev_enable_ram(dev);
	dp_write_attr(policy, AUTO_ONLINE);
	if (rc < 0)
		return dp_fail(err, rc, "cannot bind %s to kmem", device);
	return daxctl_dev_get_memory(dev)
		       ? 0
		       : dp_fail(err, -ENXIO, "%s was not added as memory", device);
}

/*
 * A task may use a node that has just got memory once cpuset_hotplug_workfn() in
 * kernel/cgroup/cpuset.c has updated the task, from a work queue, the oldest task first. A child
 * that is forked meanwhile is missed and never gets the node (mbind() fails with EINVAL). So this
 * waits until the calling task has been updated.
 */
static int await_node(struct daxctl_dev *dev, const char *device, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + NODE_LIMIT_MS;
	int node = daxctl_dev_get_target_node(dev);
	unsigned long allowed = 0;

	if (node < 0 || node >= NODES)
		return 0;
	while (!(allowed & 1UL << node)) {
		if (syscall(SYS_get_mempolicy, NULL, &allowed, NODES + 1, NULL,
			    MPOL_F_MEMS_ALLOWED))
			return dp_fail(err, -errno, "cannot ask for the nodes that may be used");
		if (dp_now_ms() > end)
			return dp_fail(err, -ETIMEDOUT, "node %d of %s has not become usable", node,
				       device);
		usleep(1000);
	}
	return 0;
}

static int online(struct daxctl_dev *dev, const char *device, int (*how)(struct daxctl_memory *mem),
		  struct dp_error *err)
{
	int rc = enable_ram(dev, device, err);

	if (!rc)
		rc = how(daxctl_dev_get_memory(dev));
	return rc < 0 ? dp_fail(err, rc, "cannot online the memory of %s", device)
		      : await_node(dev, device, err);
}

static int online_movable(struct daxctl_dev *dev, const char *device, struct dp_error *err)
{
	return online(dev, device, daxctl_memory_online, err);
}

static int online_normal(struct daxctl_dev *dev, const char *device, struct dp_error *err)
{
	return online(dev, device, daxctl_memory_online_no_movable, err);
}

int dp_dax_to_kmem(const char *device, bool movable, struct dp_error *err)
{
	return with_device(device, movable ? online_movable : online_normal, err);
}
