// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "pmem.h"

#include "daxpin/clock.h"
#include "daxpin/dax.h"
#include "daxpin/file.h"

#define DRIVER "/sys/bus/nd/drivers/nd_pmem"
/* A disk appears with the bind, its node a moment later. */
#define NODE_LIMIT_MS 10000

int dp_pmem_unbind(const struct dp_target *target, struct dp_error *err)
{
	int rc = dp_write_attr(target->device, DRIVER "/unbind");

	return rc ? dp_fail(err, rc, "cannot unbind %s from nd_pmem", target->device) : 0;
}

static int wait_for_node(const char *node, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + NODE_LIMIT_MS;

	while (!dp_exists("%s", node)) {
		if (dp_now_ms() > end)
			return dp_fail(err, -ETIMEDOUT, "%s has not appeared", node);
		usleep(2000);
	}
	return 0;
}

int dp_pmem_bind(const struct dp_target *target, struct dp_error *err)
{
	char node[80];
	int rc = dp_write_attr(target->device, DRIVER "/bind");

	if (rc)
		return dp_fail(err, rc, "cannot bind %s to nd_pmem", target->device);
	snprintf(node, sizeof(node), "/dev/%s", target->disk);
	return wait_for_node(node, err);
}

int dp_pmem_bind_and_mount(const struct dp_target *target, struct dp_error *err)
{
	char node[80];
	int rc;

	umount2(target->dir, MNT_DETACH);
	rc = dp_pmem_bind(target, err);
	snprintf(node, sizeof(node), "/dev/%s", target->disk);
	return rc ? rc : dp_fs_remount(target->mapping->fs, node, target->dir, err);
}

int dp_pmem_rebind_and_mount(const struct dp_target *target, struct dp_error *err)
{
	int rc = dp_pmem_unbind(target, err);

	return rc ? rc : dp_pmem_bind_and_mount(target, err);
}
