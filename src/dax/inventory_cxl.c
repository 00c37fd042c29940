// SPDX-License-Identifier: GPL-2.0-or-later
/* What CXL memory is made of, as libcxl tells: devices, the decoders that map them, regions. */
#include <cxl/libcxl.h>
#include <limits.h>

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/json.h"

static void put_context(struct cxl_ctx **ctx)
{
	if (*ctx)
		cxl_unref(*ctx);
}

static struct cxl_ctx *open_context(void)
{
	struct cxl_ctx *ctx = NULL;

	return cxl_new(&ctx) ? NULL : ctx;
}

/* What sysfs does not tell is ULLONG_MAX. */
static void add_number(struct json_object *obj, const char *key, unsigned long long number)
{
	if (number <= INT64_MAX)
		dp_json_add_int(obj, key, (int64_t)number);
}

/* ---- devices ----------------------------------------------------------------------------- */

static struct json_object *describe_memdev(struct cxl_memdev *memdev)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "memdev", cxl_memdev_get_devname(memdev));
	dp_json_add_text(obj, "host", cxl_memdev_get_host(memdev));
	add_number(obj, "serial", cxl_memdev_get_serial(memdev));
	add_number(obj, "pmem_size", cxl_memdev_get_pmem_size(memdev));
	add_number(obj, "ram_size", cxl_memdev_get_ram_size(memdev));
	dp_json_add_int(obj, "numa_node", cxl_memdev_get_numa_node(memdev));
	dp_json_add_bool(obj, "enabled", cxl_memdev_is_enabled(memdev));
	return obj;
}

struct json_object *dp_inventory_cxl_memdevs(void)
{
	dp_cleanup(put_context) struct cxl_ctx *ctx = open_context();
	struct json_object *list = ctx ? json_object_new_array() : NULL;
	struct cxl_memdev *memdev;

	if (!ctx)
		return NULL;
	cxl_memdev_foreach(ctx, memdev) json_object_array_add(list, describe_memdev(memdev));
	return list;
}

/* ---- decoders ---------------------------------------------------------------------------- */

/* Those of an endpoint map memory of the device (DPA), the others addresses of the machine. */
static struct json_object *describe_decoder(struct cxl_port *port, struct cxl_decoder *decoder)
{
	struct cxl_region *region = cxl_decoder_get_region(decoder);
	struct cxl_memdev *memdev = cxl_decoder_get_memdev(decoder);
	struct json_object *obj = json_object_new_object();
	bool endpoint = cxl_port_is_endpoint(port);

	dp_json_add_text(obj, "decoder", cxl_decoder_get_devname(decoder));
	dp_json_add_text(obj, "port", cxl_port_get_devname(port));
	add_number(obj, "resource", cxl_decoder_get_resource(decoder));
	add_number(obj, "size", cxl_decoder_get_size(decoder));
	if (endpoint) {
		add_number(obj, "dpa_size", cxl_decoder_get_dpa_size(decoder));
		dp_json_add_text(obj, "mode", cxl_decoder_mode_name(cxl_decoder_get_mode(decoder)));
	}
	if (memdev)
		dp_json_add_text(obj, "memdev", cxl_memdev_get_devname(memdev));
	if (region)
		dp_json_add_text(obj, "region", cxl_region_get_devname(region));
	return obj;
}

/* One that maps nothing is free, and there are many of them. */
static void add_decoders(struct cxl_port *port, struct json_object *list)
{
	struct cxl_decoder *decoder;

	cxl_decoder_foreach(port, decoder) if (cxl_decoder_get_size(decoder))
		json_object_array_add(list, describe_decoder(port, decoder));
}

static void add_endpoints(struct cxl_port *port, struct json_object *list)
{
	struct cxl_endpoint *endpoint;

	cxl_endpoint_foreach(port, endpoint) add_decoders(cxl_endpoint_get_port(endpoint), list);
}

struct json_object *dp_inventory_cxl_decoders(void)
{
	dp_cleanup(put_context) struct cxl_ctx *ctx = open_context();
	struct json_object *list = ctx ? json_object_new_array() : NULL;
	struct cxl_bus *bus;

	if (!ctx)
		return NULL;
	cxl_bus_foreach(ctx, bus)
	{
		struct cxl_port *top = cxl_bus_get_port(bus), *port;

		add_decoders(top, list);
		add_endpoints(top, list);
		cxl_port_foreach_all(top, port)
		{
			add_decoders(port, list);
			add_endpoints(port, list);
		}
	}
	return list;
}

/* ---- regions ----------------------------------------------------------------------------- */

static struct json_object *list_memdevs(struct cxl_region *region)
{
	struct json_object *list = json_object_new_array();
	struct cxl_memdev_mapping *mapping;

	cxl_mapping_foreach(region, mapping)
	{
		struct cxl_decoder *decoder = cxl_mapping_get_decoder(mapping);
		struct cxl_memdev *memdev = decoder ? cxl_decoder_get_memdev(decoder) : NULL;

		if (memdev)
			json_object_array_add(
				list, json_object_new_string(cxl_memdev_get_devname(memdev)));
	}
	return list;
}

static struct json_object *describe_region(struct cxl_decoder *root, struct cxl_region *region)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "region", cxl_region_get_devname(region));
	dp_json_add_text(obj, "decoder", cxl_decoder_get_devname(root));
	add_number(obj, "resource", cxl_region_get_resource(region));
	add_number(obj, "size", cxl_region_get_size(region));
	dp_json_add_int(obj, "ways", cxl_region_get_interleave_ways(region));
	dp_json_add_int(obj, "granularity", cxl_region_get_interleave_granularity(region));
	dp_json_add_bool(obj, "enabled", cxl_region_is_enabled(region));
	json_object_object_add(obj, "memdevs", list_memdevs(region));
	return obj;
}

struct json_object *dp_inventory_cxl_regions(void)
{
	dp_cleanup(put_context) struct cxl_ctx *ctx = open_context();
	struct json_object *list = ctx ? json_object_new_array() : NULL;
	struct cxl_decoder *decoder;
	struct cxl_region *region;
	struct cxl_bus *bus;

	if (!ctx)
		return NULL;
	cxl_bus_foreach(ctx, bus) cxl_decoder_foreach(cxl_bus_get_port(bus), decoder)
		cxl_region_foreach(decoder, region)
			json_object_array_add(list, describe_region(decoder, region));
	return list;
}
