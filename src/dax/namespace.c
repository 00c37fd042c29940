// SPDX-License-Identifier: GPL-2.0-or-later
#include <daxctl/libdaxctl.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <ndctl/libndctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <uuid/uuid.h>

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

static void put_command(struct ndctl_cmd **cmd)
{
	if (*cmd)
		ndctl_cmd_unref(*cmd);
}

static int init_dimm(struct ndctl_dimm *dimm, struct dp_error *err)
{
	/* libndctl changes the labels that this command has read, and writes them back. */
	dp_cleanup(put_command) struct ndctl_cmd *index = ndctl_dimm_read_label_index(dimm);
	int rc;

	if (!index)
		return dp_fail(err, -EIO, "cannot read the label area of %s",
			       ndctl_dimm_get_devname(dimm));
	rc = ndctl_dimm_init_labels(dimm, NDCTL_NS_VERSION_1_2);
	if (rc < 0)
		return dp_fail(err, rc, "cannot write labels to %s", ndctl_dimm_get_devname(dimm));
	/* The kernel reads labels when it binds the DIMM. */
	if (ndctl_dimm_is_enabled(dimm) && (ndctl_dimm_disable(dimm) || ndctl_dimm_enable(dimm)))
		return dp_fail(err, -EIO, "cannot rebind %s", ndctl_dimm_get_devname(dimm));
	return 0;
}

int dp_region_init_labels(struct ndctl_region *region, struct dp_error *err)
{
	struct ndctl_dimm *dimm;
	int rc = ndctl_region_disable_invalidate(region);

	if (rc < 0)
		return dp_fail(err, rc, "cannot disable %s", ndctl_region_get_devname(region));
	ndctl_dimm_foreach_in_region (region, dimm) {
		rc = init_dimm(dimm, err);
		if (rc)
			return rc;
	}
	rc = ndctl_region_enable(region);
	return rc < 0 ? dp_fail(err, rc, "cannot enable %s", ndctl_region_get_devname(region)) : 0;
}

static int enable_fsdax(struct ndctl_region *region, struct ndctl_namespace *ns, uint64_t align,
			char *device, size_t size)
{
	struct ndctl_pfn *pfn = ndctl_region_get_pfn_seed(region);
	uuid_t uuid;
	int rc;

	if (!pfn)
		return -ENXIO;
	uuid_generate(uuid);
	rc = ndctl_pfn_set_uuid(pfn, uuid);
	if (!rc)
		rc = ndctl_pfn_set_location(pfn, NDCTL_PFN_LOC_RAM);
	if (!rc && ndctl_pfn_has_align(pfn))
		rc = ndctl_pfn_set_align(pfn, align);
	if (!rc)
		rc = ndctl_pfn_set_namespace(pfn, ns);
	if (!rc)
		rc = ndctl_pfn_enable(pfn);
	if (rc)
		ndctl_pfn_delete(pfn);
	return rc ? rc : dp_path(device, size, NULL, "%s", ndctl_pfn_get_block_device(pfn));
}

static int enable_devdax(struct ndctl_region *region, struct ndctl_namespace *ns, uint64_t align,
			 char *device, size_t size)
{
	struct ndctl_dax *dax = ndctl_region_get_dax_seed(region);
	struct daxctl_dev *dev;
	uuid_t uuid;
	int rc;

	if (!dax)
		return -ENXIO;
	uuid_generate(uuid);
	rc = ndctl_dax_set_uuid(dax, uuid);
	if (!rc)
		rc = ndctl_dax_set_location(dax, NDCTL_PFN_LOC_RAM);
	if (!rc && ndctl_dax_has_align(dax))
		rc = ndctl_dax_set_align(dax, align);
	if (!rc)
		rc = ndctl_dax_set_namespace(dax, ns);
	if (!rc)
		rc = ndctl_dax_enable(dax);
	if (rc) {
		ndctl_dax_delete(dax);
		return rc;
	}
	dev = daxctl_dev_get_first(ndctl_dax_get_daxctl_region(dax));
	if (!dev)
		return -ENODEV;
	return dp_path(device, size, NULL, "%s", daxctl_dev_get_devname(dev));
}

int dp_namespace_create(struct ndctl_region *region, const struct dp_namespace_spec *spec,
			char *device, size_t size, struct dp_error *err)
{
	bool fsdax = spec->mode == DP_NS_FSDAX;
	struct ndctl_namespace *ns = ndctl_region_get_namespace_seed(region);
	uuid_t uuid;
	int rc;

	if (!ns)
		return dp_fail(err, -ENOSPC, "%s offers no namespace to make",
			       ndctl_region_get_devname(region));
	uuid_generate(uuid);
	rc = ndctl_namespace_set_uuid(ns, uuid);
	if (!rc)
		rc = ndctl_namespace_set_size(ns, spec->size);
	if (rc)
		return dp_fail(err, rc, "cannot take %llu bytes from %s",
			       (unsigned long long)spec->size, ndctl_region_get_devname(region));
	rc = (fsdax ? enable_fsdax : enable_devdax)(region, ns, spec->align, device, size);
	if (!rc)
		return 0;
	dp_fail(err, rc, "cannot enable %s as %s with an alignment of %llu",
		ndctl_namespace_get_devname(ns), fsdax ? "fsdax" : "devdax",
		(unsigned long long)spec->align);
	/* Half made, it would be in the way of the next. */
	ndctl_namespace_delete(ns);
	return rc;
}

int dp_namespace_claim(struct ndctl_region *region, enum dp_namespace_mode mode, uint64_t align,
		       char *device, size_t size, struct dp_error *err)
{
	bool fsdax = mode == DP_NS_FSDAX;
	struct ndctl_namespace *ns = ndctl_namespace_get_first(region);
	int rc;

	if (!ns)
		return dp_fail(err, -ENODEV, "%s has no namespace",
			       ndctl_region_get_devname(region));
	rc = ndctl_namespace_disable_invalidate(ns);
	if (rc < 0)
		return dp_fail(err, rc, "cannot disable %s", ndctl_namespace_get_devname(ns));
	rc = (fsdax ? enable_fsdax : enable_devdax)(region, ns, align, device, size);
	return rc ? dp_fail(err, rc, "cannot enable %s as %s", ndctl_namespace_get_devname(ns),
			    fsdax ? "fsdax" : "devdax")
		  : 0;
}

void dp_ndctl_put(struct ndctl_ctx **ctx)
{
	if (*ctx)
		ndctl_unref(*ctx);
}

static int by_resource(const void *a, const void *b)
{
	struct ndctl_region *const *x = a, *const *y = b;
	unsigned long long rx = ndctl_region_get_resource(*x), ry = ndctl_region_get_resource(*y);

	return rx < ry ? -1 : rx > ry;
}

size_t dp_regions(struct ndctl_ctx *ctx, struct ndctl_region **list, size_t most)
{
	struct ndctl_region *region;
	struct ndctl_bus *bus;
	size_t count = 0;

	ndctl_bus_foreach (ctx, bus)
		ndctl_region_foreach (bus, region)
			if (count < most)
				list[count++] = region;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are sorted */
	qsort(list, count, sizeof(*list), by_resource);
	return count;
}

/* Calls @region_act for the region, or @namespace_act for the namespace, of this name. */
static int with_name(const char *name, int (*region_act)(struct ndctl_region *),
		     int (*namespace_act)(struct ndctl_namespace *), const char *verb,
		     struct dp_error *err)
{
	dp_cleanup(dp_ndctl_put) struct ndctl_ctx *ctx = NULL;
	struct ndctl_namespace *ns;
	struct ndctl_region *region;
	struct ndctl_bus *bus;
	int rc = ndctl_new(&ctx);

	if (rc)
		return dp_fail(err, rc, "libndctl");
	/* libndctl must not print: the caller reports a failure. */
	ndctl_set_log_priority(ctx, LOG_EMERG);
	rc = -ENODEV;
	ndctl_bus_foreach (ctx, bus)
		ndctl_region_foreach (bus, region) {
			if (region_act && !strcmp(ndctl_region_get_devname(region), name))
				rc = region_act(region);
			else if (namespace_act)
				ndctl_namespace_foreach (region, ns)
					if (!strcmp(ndctl_namespace_get_devname(ns), name))
						rc = namespace_act(ns);
		}
	return rc < 0 ? dp_fail(err, rc, "cannot %s %s", verb, name) : 0;
}

int dp_namespace_disable(const char *name, struct dp_error *err)
{
	return with_name(name, NULL, ndctl_namespace_disable_invalidate, "disable", err);
}

int dp_namespace_enable(const char *name, struct dp_error *err)
{
	return with_name(name, NULL, ndctl_namespace_enable, "enable", err);
}

int dp_region_disable(const char *name, struct dp_error *err)
{
	return with_name(name, ndctl_region_disable_invalidate, NULL, "disable", err);
}

int dp_region_enable(const char *name, struct dp_error *err)
{
	return with_name(name, ndctl_region_enable, NULL, "enable", err);
}

static int to_raw(struct ndctl_namespace *ns)
{
	int rc = ndctl_namespace_disable_invalidate(ns);

	if (rc >= 0)
		rc = ndctl_namespace_set_raw_mode(ns, 1);
	return rc < 0 ? rc : ndctl_namespace_enable(ns);
}

static int from_raw(struct ndctl_namespace *ns)
{
	int rc = ndctl_namespace_disable_invalidate(ns);

	if (rc >= 0)
		rc = ndctl_namespace_set_raw_mode(ns, 0);
	return rc < 0 ? rc : ndctl_namespace_enable(ns);
}

int dp_namespace_to_raw(const char *name, char *node, size_t size, struct dp_error *err)
{
	char path[PATH_MAX];
	glob_t found;
	int rc = with_name(name, NULL, to_raw, "take the driver from", err);

	if (!rc)
		rc = dp_path(path, sizeof(path), err, "/sys/bus/nd/devices/%s/block/pmem*", name);
	if (rc)
		return rc;
	rc = glob(path, 0, NULL, &found) ? -ENODEV : 0;
	if (!rc)
		rc = dp_path(node, size, err, "/dev/%s", strrchr(found.gl_pathv[0], '/') + 1);
	else
		dp_report(err, rc, "%s has no raw block device", name);
	globfree(&found);
	return rc;
}

int dp_namespace_from_raw(const char *name, struct dp_error *err)
{
	return with_name(name, NULL, from_raw, "give its driver back to", err);
}
