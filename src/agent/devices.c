// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the guest makes of the machine (see machine.c), on its two CPUs at once, in three threads:
 *
 *   namespaces     modules of persistent memory, labels, namespaces, kmem
 *   file systems   mkfs and mount, as soon as their namespaces are there
 *   the rest       modules of RDMA, of the file systems and of NVMe, the rxe link, huge pages
 *
 * The 1 GiB-aligned namespace comes first because its data must begin on a GiB, and the one before
 * it goes to the alignment; those for the file systems come next because somebody waits for them.
 * The other two hold a whole memory block of 128 MiB, where they lie, so that kmem can take them.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <ndctl/libndctl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "lacks.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"
#include "daxpin/netdev.h"
#include "daxpin/observe.h"
#include "daxpin/rdma.h"

#define MIB     (1ULL << 20)
#define GIB     (1ULL << 30)
#define REGIONS 3

/* The driver makes the port's node in a work queue, as the device announces it. */
#define STREAM_LIMIT_MS 10000

/* Opens the first file that matches; -1 if there is none. */
static int open_match(const char *pattern, int flags)
{
	glob_t found = { 0 };
	int fd = -1;

	if (glob(pattern, 0, NULL, &found) == 0)
		fd = open(found.gl_pathv[0], flags | O_CLOEXEC);
	globfree(&found);
	return fd;
}

int dp_devices_stream(int serial)
{
	uint64_t end = dp_now_ms() + STREAM_LIMIT_MS;
	dp_autofd int bound = -1;

	if (!dp_load_group("stream", NULL))
		bound = open_match("/sys/bus/virtio/drivers/virtio_console/virtio*", O_PATH);
	while (bound >= 0 && dp_now_ms() < end) {
		int fd = open_match("/dev/vport*p1", O_WRONLY);

		if (fd >= 0)
			return fd;
		usleep(1000);
	}
	return serial;
}

/* In the order of their addresses, which is the order of the DIMMs in machine.c. */
static int find_regions(struct ndctl_ctx *ctx, struct ndctl_region **regions, struct dp_error *err)
{
	size_t n = dp_regions(ctx, regions, REGIONS);

	if (n < REGIONS)
		return dp_fail(err, -ENODEV, "%zu of %d NVDIMM regions have appeared", n, REGIONS);
	return 0;
}

static int make_kmem(struct ndctl_region *region, bool movable, struct dp_error *err)
{
	char device[32];
	int rc = dp_namespace_claim(region, DP_NS_DEVDAX, 2 * MIB, device, sizeof(device), err);

	return rc ? rc : dp_dax_to_kmem(device, movable, err);
}

static const struct {
	const char *fs, *dir;
	enum dp_part part;
	struct dp_namespace_spec spec;
} file_systems[] = {
	{ "ext4", "/mnt/ext4", DP_PART_EXT4, { DP_NS_FSDAX, 64 * MIB, 2 * MIB } },
	{ "xfs", "/mnt/xfs", DP_PART_XFS, { DP_NS_FSDAX, 128 * MIB, 2 * MIB } },
};

struct setup {
	int fd;
	bool keep;   /* what an earlier boot has made */
	bool layout; /* steps make the devices later: only modules are loaded */
	char disks[DP_ARRAY_SIZE(file_systems)][40]; /* "" for one that could not be made */
	atomic_int loading;                          /* threads that still load modules */
	sem_t fs_modules; /* posted when the file systems' modules are in, or will not be */
	struct dp_error nvdimm_error, fs_error; /* of modules that were refused */
};

/* Whoever loads the last module says so. */
static void modules_loaded(struct setup *setup)
{
	if (atomic_fetch_sub(&setup->loading, 1) == 1)
		dp_emit_text(setup->fd, "modules", NULL, NULL);
}

/* Whoever has waited lets the next one pass. */
static void await_fs_modules(struct setup *setup)
{
	sem_wait(&setup->fs_modules);
	sem_post(&setup->fs_modules);
}

static void make_file_system(struct setup *setup, size_t i, bool mount)
{
	const char *disk = setup->disks[i];
	struct dp_error err = { 0 };
	int rc;

	if (!disk[0])
		return;
	rc = mount ? dp_fs_mount(file_systems[i].fs, disk, file_systems[i].dir, &err)
		   : dp_fs_format(file_systems[i].fs, disk, NULL, 0, &err);
	if (!rc)
		return;
	/* Whether there is a driver is not known before. */
	await_fs_modules(setup);
	dp_lack_note(file_systems[i].part, &err, &setup->fs_error);
	setup->disks[i][0] = '\0';
}

static void *make_file_systems(void *arg)
{
	struct setup *setup = arg;

	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems); i++)
		make_file_system(setup, i, false);
	await_fs_modules(setup);
	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems); i++)
		make_file_system(setup, i, true);
	return NULL;
}

/* Makes a namespace. What cannot be made costs the mappings that need it. */
static bool make_part(struct setup *setup, struct ndctl_region *region, enum dp_part part,
		      const struct dp_namespace_spec *spec, char *device, size_t size)
{
	struct dp_error err = { 0 };

	if (!dp_namespace_create(region, spec, device, size, &err) &&
	    (spec->mode == DP_NS_FSDAX || dp_exists("/sys/bus/dax/devices/%s/driver", device)))
		return true;
	dp_fail(&err, -ENXIO, "no driver has taken %s", device);
	dp_lack_note(part, &err, &setup->nvdimm_error);
	return false;
}

static void make_devdax(struct setup *setup, struct ndctl_region *region, enum dp_part part,
			uint64_t size, uint64_t align)
{
	const struct dp_namespace_spec spec = { DP_NS_DEVDAX, size, align };
	char device[32];

	make_part(setup, region, part, &spec, device, sizeof(device));
}

static void make_fsdax(struct setup *setup, struct ndctl_region *region)
{
	char device[32];

	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems); i++)
		if (make_part(setup, region, file_systems[i].part, &file_systems[i].spec, device,
			      sizeof(device)))
			snprintf(setup->disks[i], sizeof(setup->disks[i]), "/dev/%s", device);
}

static void make_kmems(struct setup *setup, struct ndctl_region **regions)
{
	struct dp_error normal = { 0 }, movable = { 0 };

	if (make_kmem(regions[1], false, &normal))
		dp_lack_note(DP_PART_KMEM, &normal, &setup->nvdimm_error);
	if (make_kmem(regions[2], true, &movable))
		dp_lack_note(DP_PART_KMEM_MOVABLE, &movable, &setup->nvdimm_error);
}

static int start_file_systems(struct setup *setup, pthread_t *thread)
{
	struct dp_error err = { 0 };
	int rc = -pthread_create(thread, NULL, make_file_systems, setup);

	if (!rc)
		return 0;
	dp_fail(&err, rc, "cannot start a thread");
	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems); i++)
		dp_lack_note(file_systems[i].part, &err, NULL);
	return rc;
}

/* All of it: an error here is one of every part. */
static int make_namespaces(struct setup *setup, struct dp_error *err)
{
	dp_cleanup(dp_ndctl_put) struct ndctl_ctx *ctx = NULL;
	struct ndctl_region *regions[REGIONS];
	pthread_t thread;
	int rc = ndctl_new(&ctx);

	if (rc)
		return dp_fail(err, rc, "libndctl");
	rc = find_regions(ctx, regions, err);
	if (!rc)
		rc = dp_region_init_labels(regions[0], err);
	if (rc)
		return rc;
	make_devdax(setup, regions[0], DP_PART_DEVDAX_1G, 2 * GIB, GIB);
	make_fsdax(setup, regions[0]);
	rc = start_file_systems(setup, &thread);
	make_devdax(setup, regions[0], DP_PART_DEVDAX_4K, 192 * MIB, 4096);
	make_devdax(setup, regions[0], DP_PART_DEVDAX_2M, 256 * MIB, 2 * MIB);
	make_kmems(setup, regions);
	if (!rc)
		pthread_join(thread, NULL);
	return 0;
}

/* Disks appear as their namespaces are probed. */
#define DISKS_LIMIT_MS 30000

/* Mounts whichever disk has this file system. */
static int mount_kept(size_t i, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + DISKS_LIMIT_MS;
	int rc = -ENODEV;

	while (rc && dp_now_ms() < end) {
		glob_t found = { 0 };

		glob("/dev/pmem*", 0, NULL, &found);
		for (size_t k = 0; k < found.gl_pathc && rc; k++)
			rc = dp_fs_mount(file_systems[i].fs, found.gl_pathv[k], file_systems[i].dir,
					 NULL);
		globfree(&found);
		if (rc)
			usleep(20000);
	}
	return rc ? dp_fail(err, rc, "the %s of the earlier boot is not there", file_systems[i].fs)
		  : 0;
}

static void keep_file_systems(struct setup *setup)
{
	await_fs_modules(setup);
	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems); i++) {
		struct dp_error err = { 0 };

		if (mount_kept(i, &err))
			dp_lack_note(file_systems[i].part, &err, &setup->fs_error);
	}
}

static void *persistent_memory(void *arg)
{
	struct setup *setup = arg;
	struct dp_error err = { 0 };

	dp_load_group("nvdimm", &setup->nvdimm_error);
	modules_loaded(setup);
	if (setup->layout)
		return NULL;
	if (setup->keep)
		keep_file_systems(setup);
	else if (make_namespaces(setup, &err))
		for (int part = 0; part < DP_PARTS_OF_NVDIMM; part++)
			dp_lack_note((enum dp_part)part, &err, &setup->nvdimm_error);
	return NULL;
}

static void load_disks(void)
{
	struct dp_error err = { 0 };

	if (!dp_load_group("disks", &err))
		return;
	if (!dp_exists("/dev/vda"))
		dp_lack_note(DP_PART_DISK, &err, NULL);
	if (!dp_exists("/sys/bus/pci/drivers/nvme") && dp_kernel_built_with("CONFIG_PCI_P2PDMA"))
		dp_lack_note(DP_PART_NVME, &err, NULL);
}

/* Without an adapter nothing can be asked. */
static int make_rest(struct setup *setup, struct dp_error *err)
{
	int rc = dp_load_group("rdma", err);

	dp_load_group("fs", &setup->fs_error);
	sem_post(&setup->fs_modules);
	load_disks();
	/* The machine with a balloon has none of them. */
	if (!rc && setup->layout && dp_exists("/modules/foreign"))
		rc = dp_load_group("foreign", err);
	modules_loaded(setup);
	if (!rc)
		rc = dp_rxe_create("rxe0", "veth0", err);
	if (!setup->layout)
		dp_write_attr("4", "/proc/sys/vm/nr_hugepages");
	return rc;
}

int dp_devices_prepare(int fd, bool keep, bool layout, struct dp_error *err)
{
	struct setup setup = { .fd = fd, .keep = keep, .layout = layout, .loading = 2 };
	pthread_t thread;
	int rc;

	sem_init(&setup.fs_modules, 0, 0);
	rc = -pthread_create(&thread, NULL, persistent_memory, &setup);
	if (rc)
		return dp_fail(err, rc, "cannot start a thread");
	rc = make_rest(&setup, err);
	pthread_join(thread, NULL);
	if (rc || !layout)
		return rc;
	/* The steps of a layout may need each of them. */
	if (setup.nvdimm_error.code)
		return dp_report(err, setup.nvdimm_error.code, "%s", setup.nvdimm_error.what);
	return setup.fs_error.code ? dp_report(err, setup.fs_error.code, "%s", setup.fs_error.what)
				   : 0;
}

int dp_devices_traffic(struct dp_error *err)
{
	int rc = dp_load_group("traffic", err);

	return rc ? rc : dp_wire_near("veth0", err);
}

/* Plugging in, and the driver's probe in a work queue, take a fraction of a second. */
#define NVME_LIMIT_MS 30000

static bool wants_nvme(void)
{
	return dp_exists("/sys/bus/pci/drivers/nvme") && dp_kernel_built_with("CONFIG_PCI_P2PDMA");
}

void dp_devices_plug_nvme(int fd)
{
	if (wants_nvme() && !dp_exists("/dev/nvme0n1"))
		dp_emit_text(fd, "request", "what", DP_CONTROL_PLUG " " DP_CONTROL_NVME);
}

int dp_devices_await_nvme(struct dp_error *err)
{
	uint64_t end = dp_now_ms() + NVME_LIMIT_MS;

	while (wants_nvme() && !dp_exists("/dev/nvme0n1")) {
		if (dp_now_ms() > end)
			return dp_fail(err, -ETIMEDOUT, "/dev/nvme0n1 has not appeared");
		usleep(5000);
	}
	return 0;
}
