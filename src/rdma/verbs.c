// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/rdma.h"

static void free_list(struct ibv_device ***list)
{
	if (*list)
		ibv_free_device_list(*list);
}

void dp_rdma_emit(int fd, const char *device, const char *provider, bool odp)
{
	struct json_object *obj = json_object_new_object();
	char firmware[64];

	dp_json_add_text(obj, "kind", "rdma");
	dp_json_add_text(obj, "device", device);
	dp_json_add_text(obj, "provider", provider);
	if (!dp_read_attr(firmware, sizeof(firmware), "/sys/class/infiniband/%s/fw_ver", device))
		dp_json_add_text(obj, "firmware", firmware);
	dp_json_add_bool(obj, "odp", odp);
	dp_emit(fd, obj);
}

static struct ibv_device *pick(struct ibv_device **list, const char *name)
{
	for (; list && *list; list++)
		if (!name || !strcmp(ibv_get_device_name(*list), name))
			return *list;
	return NULL;
}

static int open_device(struct ibv_device *device, struct dp_rdma *rdma, struct dp_error *err)
{
	struct ibv_device_attr_ex attr = { 0 };

	snprintf(rdma->device, sizeof(rdma->device), "%s", ibv_get_device_name(device));
	dp_rdma_provider(rdma->device, rdma->provider, sizeof(rdma->provider));
	rdma->context = ibv_open_device(device);
	if (!rdma->context) {
		dp_fail(err, errno ? -errno : -EIO, "cannot open the RDMA device %s", rdma->device);
		return dp_hint(err, "check the permissions of /dev/infiniband/uverbs*");
	}
	rdma->pd = ibv_alloc_pd(rdma->context);
	if (!rdma->pd)
		return dp_fail(err, errno ? -errno : -EIO, "no protection domain on %s",
			       rdma->device);
	if (ibv_query_device_ex(rdma->context, NULL, &attr) == 0)
		rdma->odp = attr.odp_caps.general_caps & IBV_ODP_SUPPORT;
	return 0;
}

int dp_rdma_open(const char *name, struct dp_rdma *rdma, struct dp_error *err)
{
	dp_cleanup(free_list) struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_device *device = pick(list, name);
	int rc;

	memset(rdma, 0, sizeof(*rdma));
	if (!device && name) {
		dp_bad_input(err, "there is no RDMA device \"%s\"", name);
		return dp_hint(err, "daxpin list shows those that exist");
	}
	if (!device) {
		dp_report(err, -ENODEV, "this machine has no RDMA device");
		return dp_hint(err, "add one (rdma link add rxe0 type rxe netdev …), or use "
				    "\"daxpin guest\", which brings its own");
	}
	rc = open_device(device, rdma, err);
	if (rc)
		dp_rdma_close(rdma);
	return rc;
}

int dp_rdma_open_driver(const char *provider, struct dp_rdma *rdma, struct dp_error *err)
{
	dp_cleanup(free_list) struct ibv_device **list = ibv_get_device_list(NULL);
	char have[32];
	int rc;

	memset(rdma, 0, sizeof(*rdma));
	for (struct ibv_device **at = list; at && *at; at++) {
		dp_rdma_provider(ibv_get_device_name(*at), have, sizeof(have));
		if (strcmp(have, provider) != 0)
			continue;
		rc = open_device(*at, rdma, err);
		if (rc)
			dp_rdma_close(rdma);
		return rc;
	}
	return dp_report(err, -ENODEV, "this machine has no RDMA device of the driver %s",
			 provider);
}

void dp_rdma_close(struct dp_rdma *rdma)
{
	if (rdma->pd)
		ibv_dealloc_pd(rdma->pd);
	if (rdma->context)
		ibv_close_device(rdma->context);
	memset(rdma, 0, sizeof(*rdma));
}
