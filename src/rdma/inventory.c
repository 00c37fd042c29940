// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdio.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/rdma.h"

static struct json_object *describe(struct ibv_device *device)
{
	const char *name = ibv_get_device_name(device);
	struct json_object *obj = json_object_new_object();
	struct dp_rdma rdma;
	uint64_t regions;
	char provider[32], guid[40] = "", state[32] = "";

	dp_rdma_provider(name, provider, sizeof(provider));
	dp_read_attr(guid, sizeof(guid), "/sys/class/infiniband/%s/node_guid", name);
	dp_read_attr(state, sizeof(state), "/sys/class/infiniband/%s/ports/1/state", name);
	dp_json_add_text(obj, "device", name);
	dp_json_add_text(obj, "provider", provider);
	dp_json_add_text(obj, "node_guid", guid);
	dp_json_add_text(obj, "state", state);
	if (!dp_rdma_regions(name, &regions))
		dp_json_add_int(obj, "regions", (int64_t)regions);
	else
		json_object_object_add(obj, "regions", NULL);
	if (dp_rdma_open(name, &rdma, NULL)) {
		json_object_object_add(obj, "odp", NULL);
		return obj;
	}
	dp_json_add_bool(obj, "odp", rdma.odp);
	dp_rdma_close(&rdma);
	return obj;
}

struct json_object *dp_inventory_rdma(void)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct json_object *list;

	/* ENOSYS: a kernel without RDMA has none. */
	if (!devices && errno != ENOSYS)
		return NULL;
	list = json_object_new_array();
	for (struct ibv_device **d = devices; d && *d; d++)
		json_object_array_add(list, describe(*d));
	if (devices)
		ibv_free_device_list(devices);
	return list;
}
