// SPDX-License-Identifier: GPL-2.0-or-later
#include <daxctl/libdaxctl.h>
#include <ndctl/libndctl.h>
#include <stdlib.h>

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/file.h"
#include "daxpin/json.h"

static struct json_object *describe_dax(struct daxctl_dev *dev)
{
	struct json_object *obj = json_object_new_object();
	const char *name = daxctl_dev_get_devname(dev);
	char driver[32] = "";

	dp_link_name(driver, sizeof(driver), "/sys/bus/dax/devices/%s/driver", name);
	dp_json_add_text(obj, "device", name);
	dp_json_add_text(obj, "driver", driver);
	dp_json_add_int(obj, "align", (int64_t)daxctl_dev_get_align(dev));
	dp_json_add_int(obj, "size", (int64_t)daxctl_dev_get_size(dev));
	dp_json_add_int(obj, "target_node", daxctl_dev_get_target_node(dev));
	return obj;
}

struct json_object *dp_inventory_dax(void)
{
	struct daxctl_region *region;
	struct json_object *list;
	struct daxctl_ctx *ctx;
	struct daxctl_dev *dev;

	if (daxctl_new(&ctx))
		return NULL;
	list = json_object_new_array();
	daxctl_region_foreach (ctx, region)
		daxctl_dev_foreach (region, dev)
			json_object_array_add(list, describe_dax(dev));
	daxctl_unref(ctx);
	return list;
}

static const char *mode_name(struct ndctl_namespace *ns)
{
	switch (ndctl_namespace_get_mode(ns)) {
	case NDCTL_NS_MODE_FSDAX:
		return "fsdax";
	case NDCTL_NS_MODE_DEVDAX:
		return "devdax";
	case NDCTL_NS_MODE_SECTOR:
		return "sector";
	case NDCTL_NS_MODE_RAW:
		return "raw";
	default:
		return "unknown";
	}
}

/* The block device belongs to the pfn or btt device on top of the namespace, if there is one. */
static const char *block_device(struct ndctl_namespace *ns)
{
	struct ndctl_pfn *pfn = ndctl_namespace_get_pfn(ns);
	struct ndctl_btt *btt = ndctl_namespace_get_btt(ns);

	if (pfn)
		return ndctl_pfn_get_block_device(pfn);
	if (btt)
		return ndctl_btt_get_block_device(btt);
	return ndctl_namespace_get_block_device(ns);
}

/* Of what it is mapped by; 0 where it has none, or where that cannot be read. */
static uint64_t align_of(struct ndctl_namespace *ns)
{
	struct ndctl_pfn *pfn = ndctl_namespace_get_pfn(ns);
	struct ndctl_dax *dax = ndctl_namespace_get_dax(ns);

	return pfn ? ndctl_pfn_get_align(pfn) : dax ? ndctl_dax_get_align(dax) : 0;
}

static struct json_object *describe_namespace(struct ndctl_region *region,
					      struct ndctl_namespace *ns)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "namespace", ndctl_namespace_get_devname(ns));
	dp_json_add_text(obj, "mode", mode_name(ns));
	dp_json_add_int(obj, "size", (int64_t)ndctl_namespace_get_size(ns));
	if (align_of(ns))
		dp_json_add_int(obj, "align", (int64_t)align_of(ns));
	dp_json_add_text(obj, "blockdev", block_device(ns));
	dp_json_add_text(obj, "region", ndctl_region_get_devname(region));
	return obj;
}

struct json_object *dp_inventory_namespaces(void)
{
	struct ndctl_namespace *ns;
	struct ndctl_region *region;
	struct json_object *list;
	struct ndctl_bus *bus;
	struct ndctl_ctx *ctx;

	if (ndctl_new(&ctx))
		return NULL;
	list = json_object_new_array();
	ndctl_bus_foreach (ctx, bus)
		ndctl_region_foreach (bus, region)
			ndctl_namespace_foreach (region, ns)
				if (ndctl_namespace_get_size(ns))
					json_object_array_add(list, describe_namespace(region, ns));
	ndctl_unref(ctx);
	return list;
}

struct json_object *dp_inventory_mounts(void)
{
	dp_autofree struct dp_mount *mounts = NULL;
	struct json_object *list;
	size_t count = 0;

	if (dp_mounts_read(&mounts, &count))
		return NULL;
	list = json_object_new_array();
	for (size_t i = 0; i < count; i++) {
		struct json_object *obj;

		if (!mounts[i].dax)
			continue;
		obj = json_object_new_object();
		dp_json_add_text(obj, "dir", mounts[i].dir);
		dp_json_add_text(obj, "fs", mounts[i].fs);
		dp_json_add_text(obj, "source", mounts[i].source);
		json_object_array_add(list, obj);
	}
	return list;
}
