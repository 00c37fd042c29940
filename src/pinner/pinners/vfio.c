// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A device that is given to a process, and the process's memory to the device: VFIO_IOMMU_MAP_DMA
 * of a type 1 container. vaddr_get_pfns(), drivers/vfio/vfio_iommu_type1.c, pins for long, and for
 * writing where the device may write. What gup refuses is taken all the same if it is VM_PFNMAP:
 * follow_fault_pfn() has the frames from the page table, and there is nothing to pin.
 *
 * The IOMMU maps what is contiguous. Up to 5.10 vfio_pin_pages_remote() takes one page more than
 * that, gives it back, and begins with it anew.
 *
 * In a container there is a group with its devices, which nobody else may use meanwhile. None of
 * them is opened: no device is reset, and none does DMA.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/pinner.h"

#define CONTAINER "/dev/vfio/vfio"
#define GROUPS    "/dev/vfio/[0-9]*"

/*
 * Where the device would see the region: above 4 GiB, as below there is a window for interrupts,
 * and below the 39 bits that QEMU's IOMMU translates.
 */
#define IOVA (1ULL << 32)

struct vfio {
	int container, group;
	uint64_t len; /* bytes that are mapped, 0 for none */
};

static int open_container(struct dp_error *err)
{
	int fd = open(CONTAINER, O_RDWR | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) > 0)
		return fd;
	if (fd >= 0) {
		close(fd);
		return dp_skip(err, "vfio of this kernel has no type 1 containers: the module "
				    "vfio_iommu_type1 is not loaded, or not there");
	}
	if (errno == ENOENT || errno == ENODEV)
		return dp_skip(err,
			       "this kernel has no vfio: no " CONTAINER ", of the module vfio");
	if (errno == EACCES || errno == EPERM)
		return dp_skip(err, CONTAINER " may not be opened (%s)", dp_errno_name(errno));
	return dp_fail(err, -errno, "cannot open " CONTAINER);
}

/* Whether all of the group's devices are vfio's; one that is not would see the memory, too. */
static int check_viable(int group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(group, VFIO_GROUP_GET_STATUS, &status))
		return -errno;
	return status.flags & VFIO_GROUP_FLAGS_VIABLE ? 0 : -EPERM;
}

static int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

/* Return: 0 or a negative errno. @what: receives what was refused. */
static int take_group(struct vfio *v, const char *path, const char **what)
{
	int rc;

	*what = "open it";
	v->group = open(path, O_RDWR | O_CLOEXEC);
	if (v->group < 0)
		return -errno;
	*what = "use it, unless all of its devices are bound to vfio-pci";
	rc = check_viable(v->group);
	if (!rc) {
		*what = "give it a container";
		rc = call(v->group, VFIO_GROUP_SET_CONTAINER, &v->container);
	}
	if (!rc) {
		*what = "give it a type 1 IOMMU";
		rc = call(v->container, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU);
	}
	if (rc)
		dp_closep(&v->group);
	return rc;
}

/* The first group that nobody has. */
static int find_group(struct vfio *v, bool guest, struct dp_error *err)
{
	const char *what = "";
	glob_t found = { 0 };
	char path[64] = "";
	int rc = -ENOENT;

	glob(GROUPS, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && rc; i++) {
		snprintf(path, sizeof(path), "%s", found.gl_pathv[i]);
		rc = take_group(v, path, &what);
	}
	globfree(&found);
	if (!rc)
		return 0;
	if (!path[0])
		return dp_skip(err,
			       guest ? "no device of this guest is bound to vfio-pci, behind an "
				       "IOMMU"
				     : "no device of this machine is bound to vfio-pci, behind an "
				       "IOMMU, and daxpin binds none");
	if (guest)
		return dp_fail(err, rc, "of the last of vfio's groups, %s: cannot %s", path, what);
	return dp_skip(err, "no group of vfio can be used here; of %s: cannot %s (%s)", path, what,
		       dp_errno_name(-rc));
}

static int open_vfio(const struct dp_rdma *rdma, bool guest, void **held, struct dp_error *err)
{
	dp_autofd int container = open_container(err);
	struct vfio *v;
	int rc;

	(void)rdma;
	if (container < 0)
		return container;
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	*v = (struct vfio){ .container = container, .group = -1 };
	rc = find_group(v, guest, err);
	if (rc) {
		free(v);
		return rc;
	}
	container = -1;
	*held = v;
	return 0;
}

static int pin_dma(void *held, const struct dp_area *area, unsigned int flags)
{
	struct vfio *v = held;
	const struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ |
			 (dp_pinner_writes(flags) ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = (uintptr_t)area->addr,
		.iova = IOVA,
		.size = area->len,
	};

	if (ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map))
		return errno;
	v->len = area->len;
	return 0;
}

static int unpin_dma(void *held)
{
	struct vfio *v = held;
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap),
						    .iova = IOVA,
						    .size = v->len };

	if (!v->len)
		return 0;
	if (ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	if (unmap.size != v->len)
		return -EIO;
	v->len = 0;
	return 0;
}

/* With the group, the container has no IOMMU any more, and what was mapped is given back. */
static void close_vfio(void *held)
{
	struct vfio *v = held;

	close(v->group);
	close(v->container);
	free(v);
}

/* Has vfio-pci take one of the devices that the machine has for it. */
static int bind_device(unsigned int slot, struct dp_error *err)
{
	char name[16];
	int rc;

	snprintf(name, sizeof(name), "0000:00:%02x.0", slot);
	if (!dp_exists("/sys/bus/pci/devices/%s", name))
		return 0;
	rc = dp_write_attr("vfio-pci", "/sys/bus/pci/devices/%s/driver_override", name);
	if (!rc)
		rc = dp_write_attr(name, "/sys/bus/pci/drivers_probe");
	return rc ? dp_fail(err, rc, "cannot bind the device %s to vfio-pci", name) : 0;
}

static int set_up(struct dp_error *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < DP_VFIO_DEVICES && !rc; i++)
		rc = bind_device(DP_VFIO_SLOT + i, err);
	return rc;
}

DP_PINNER(vfio, .name = "vfio", .what = "memory that a device may see (VFIO_IOMMU_MAP_DMA)",
	  .rank = 50, .accesses = DP_PINNER_BOTH, .modules = "vfio", .iommu = true, .retakes = true,
	  .set_up = set_up,
	  .means = { .open = open_vfio, .pin = pin_dma, .unpin = unpin_dma, .close = close_vfio });
