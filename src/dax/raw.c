// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The raw personality of a namespace: all of it as a block device of nd_pmem, the info block and
 * the page map included. It shares neither driver nor page table with the device-dax that it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

#define NAMESPACES "/sys/bus/nd/devices"

/* The device is below the nd device that claims the namespace, or below the namespace itself. */
int dp_dax_namespace(const char *device, char *ns, size_t size)
{
	char path[PATH_MAX], link[PATH_MAX], *slash;

	if (dp_path(link, sizeof(link), NULL, "/sys/bus/dax/devices/%s", device) ||
	    !realpath(link, path))
		return -ENODEV;
	while ((slash = strrchr(path, '/')) && slash != path) {
		if (!dp_read_attr(ns, size, "%s/namespace", path))
			return *ns ? 0 : -ENODEV;
		*slash = '\0';
	}
	return -ENODEV;
}

static uint64_t number(const char *ns, const char *attr)
{
	char text[32];

	return dp_read_attr(text, sizeof(text), NAMESPACES "/%s/%s", ns, attr)
		       ? 0
		       : strtoull(text, NULL, 0);
}

/* A namespace without a label has no UUID, and zeros in the info block. */
static void read_uuid(const char *ns, unsigned char *uuid)
{
	char text[64];
	const char *at = text;

	memset(uuid, 0, DP_UUID_SIZE);
	if (dp_read_attr(text, sizeof(text), NAMESPACES "/%s/uuid", ns))
		return;
	for (size_t i = 0; i < DP_UUID_SIZE && at[0] && at[1]; i++, at += 2) {
		char byte[3] = { 0 };

		at += *at == '-';
		memcpy(byte, at, 2);
		uuid[i] = (unsigned char)strtoul(byte, NULL, 16);
	}
}

static int read_raw(void *arg, uint64_t at, uint64_t length, void *to, struct dp_error *err)
{
	const struct dp_raw *raw = arg;

	for (uint64_t done = 0; done < length;) {
		ssize_t n = pread(raw->fd, (char *)to + done, length - done, (off_t)(at + done));

		if (n <= 0)
			return dp_fail(err, n ? -errno : -ENODATA, "cannot read %s as it is",
				       raw->ns);
		done += (uint64_t)n;
	}
	return 0;
}

static void describe(struct dp_raw *raw)
{
	raw->label = (struct dp_label){ .size = number(raw->ns, "size") };
	read_uuid(raw->ns, raw->label.uuid);
	raw->medium = (struct dp_medium){ .route = "raw-device",
					  .size = raw->label.size,
					  .base = number(raw->ns, "resource"),
					  .label = &raw->label,
					  .read = read_raw,
					  .arg = raw };
}

int dp_raw_open(const char *device, struct dp_raw *raw, struct dp_error *err)
{
	char node[80] = "";
	int rc;

	*raw = (struct dp_raw){ .fd = -1 };
	if (dp_dax_namespace(device, raw->ns, sizeof(raw->ns)))
		return dp_report(err, -ENOTSUP, "%s is of no namespace of persistent memory",
				 device);
	raw->changed = true;
	rc = dp_namespace_to_raw(raw->ns, node, sizeof(node), err);
	if (rc)
		return rc;
	raw->fd = open(node, O_RDONLY | O_CLOEXEC);
	if (raw->fd < 0)
		return dp_fail(err, -errno, "cannot open %s", node);
	describe(raw);
	return 0;
}

int dp_raw_close(struct dp_raw *raw, struct dp_error *err)
{
	dp_closep(&raw->fd);
	return raw->changed ? dp_namespace_from_raw(raw->ns, err) : 0;
}
