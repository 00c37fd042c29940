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
#include <sys/klog.h>
#include <sys/syscall.h>

#include "devices.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
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

/* Bytes of the kernel's log that are looked at, and klogctl()'s number for reading them all. */
#define LOG_SIZE        (256 << 10)
#define SYSLOG_READ_ALL 3

/*
 * What the kernel says of a module that it refuses: the last line of its log that begins with the
 * module's name, "rdma_rxe: version magic '…' should be '…'"; "" if there is none.
 */
static void find_reason(const char *path, char *reason, size_t size)
{
	dp_autofree char *log = calloc(1, LOG_SIZE + 1);
	char name[80], *rest = log;

	reason[0] = '\0';
	if (dp_path(name, sizeof(name) - strlen(": "), NULL, "%s", strrchr(path, '/') + 1))
		return;
	strcpy(name + strcspn(name, "."), ": ");
	if (!log || klogctl(SYSLOG_READ_ALL, log, LOG_SIZE) < 0)
		return;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		const char *text = strstr(line, "] ");

		if (text && !strncmp(text + 2, name, strlen(name)))
			snprintf(reason, size, "%s", text + 2);
	}
}

static int refused(const char *path, int code, struct dp_error *err)
{
	char reason[200];

	find_reason(path, reason, sizeof(reason));
	if (!reason[0])
		return dp_fail(err, code, "the kernel does not take the module %s", path);
	return dp_report(err, code, "the kernel does not take the module %s: %s (%s)", path, reason,
			 dp_errno_name(code));
}

static int load_module(const char *path, struct dp_error *err)
{
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return dp_fail(err, -errno, "the image lacks %s", path);
	/* Another group may have loaded it; a module that finds no hardware or twin may stay out.
	 */
	if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST && errno != ENODEV)
		return refused(path, -errno, err);
	return 0;
}

static int load_group(const char *group, struct dp_error *err)
{
	dp_autofree char *text = NULL;
	char path[64], *rest;
	int rc = dp_path(path, sizeof(path), err, "/modules/%s", group);

	if (!rc)
		rc = dp_read_file(path, 65536, &text, NULL, err);
	if (rc)
		return rc;
	rest = text;
	for (char *line = strsep(&rest, "\n"); line && !rc; line = strsep(&rest, "\n"))
		if (*line)
			rc = load_module(line, err);
	return rc;
}

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

	if (!load_group("stream", NULL))
		bound = open_match("/sys/bus/virtio/drivers/virtio_console/virtio*", O_PATH);
	while (bound >= 0 && dp_now_ms() < end) {
		int fd = open_match("/dev/vport*p1", O_WRONLY);

		if (fd >= 0)
			return fd;
		usleep(1000);
	}
	return serial;
}

static void put_context(struct ndctl_ctx **ctx)
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

/* In the order of their addresses, which is the order of the DIMMs in machine.c. */
static int find_regions(struct ndctl_ctx *ctx, struct ndctl_region **regions, struct dp_error *err)
{
	struct ndctl_bus *bus;
	struct ndctl_region *region;
	size_t n = 0;

	ndctl_bus_foreach (ctx, bus)
		ndctl_region_foreach (bus, region)
			if (n < REGIONS)
				regions[n++] = region;
	if (n < REGIONS)
		return dp_fail(err, -ENODEV, "%zu of %d NVDIMM regions have appeared", n, REGIONS);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are sorted */
	qsort(regions, n, sizeof(*regions), by_resource);
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
	struct dp_namespace_spec spec;
} file_systems[] = {
	{ "ext4", "/mnt/ext4", { DP_NS_FSDAX, 64 * MIB, 2 * MIB } },
	{ "xfs", "/mnt/xfs", { DP_NS_FSDAX, 128 * MIB, 2 * MIB } },
};

struct setup {
	int fd;
	bool keep;   /* what an earlier boot has made */
	bool layout; /* steps make the devices later: only modules are loaded */
	char disks[DP_ARRAY_SIZE(file_systems)][40];
	atomic_int loading; /* threads that still load modules */
	sem_t fs_modules;   /* posted when the file systems' modules are in, or will not be */
	struct dp_error namespace_error, fs_error;
};

/* Whoever loads the last module says so. */
static void modules_loaded(struct setup *setup)
{
	if (atomic_fetch_sub(&setup->loading, 1) == 1)
		dp_emit_text(setup->fd, "modules", NULL, NULL);
}

static void *make_file_systems(void *arg)
{
	struct setup *setup = arg;
	struct dp_error *err = &setup->fs_error;
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems) && !rc; i++)
		rc = dp_fs_format(file_systems[i].fs, setup->disks[i], err);
	sem_wait(&setup->fs_modules);
	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems) && !rc; i++)
		rc = dp_fs_mount(file_systems[i].fs, setup->disks[i], file_systems[i].dir, err);
	return NULL;
}

static int make_devdax(struct ndctl_region *region, uint64_t size, uint64_t align,
		       struct dp_error *err)
{
	const struct dp_namespace_spec spec = { DP_NS_DEVDAX, size, align };
	char device[32];

	return dp_namespace_create(region, &spec, device, sizeof(device), err);
}

static int make_fsdax(struct ndctl_region *region, struct setup *setup, struct dp_error *err)
{
	char device[32];
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems) && !rc; i++) {
		rc = dp_namespace_create(region, &file_systems[i].spec, device, sizeof(device),
					 err);
		snprintf(setup->disks[i], sizeof(setup->disks[i]), "/dev/%s", device);
	}
	return rc;
}

static int make_others(struct ndctl_region **regions, struct dp_error *err)
{
	int rc = make_devdax(regions[0], 192 * MIB, 4096, err);

	if (!rc)
		rc = make_devdax(regions[0], 256 * MIB, 2 * MIB, err);
	if (!rc)
		rc = make_kmem(regions[1], false, err);
	return rc ? rc : make_kmem(regions[2], true, err);
}

static int make_namespaces(struct setup *setup, struct dp_error *err)
{
	dp_cleanup(put_context) struct ndctl_ctx *ctx = NULL;
	struct ndctl_region *regions[REGIONS];
	pthread_t thread;
	int rc = ndctl_new(&ctx);

	if (rc)
		return dp_fail(err, rc, "libndctl");
	rc = find_regions(ctx, regions, err);
	if (!rc)
		rc = dp_region_init_labels(regions[0], err);
	if (!rc)
		rc = make_devdax(regions[0], 2 * GIB, GIB, err);
	if (!rc)
		rc = make_fsdax(regions[0], setup, err);
	if (rc)
		return rc;
	rc = -pthread_create(&thread, NULL, make_file_systems, setup);
	if (rc)
		return dp_fail(err, rc, "cannot start a thread");
	rc = make_others(regions, err);
	pthread_join(thread, NULL);
	return rc;
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

static void *kept_memory(struct setup *setup)
{
	int rc = 0;

	sem_wait(&setup->fs_modules);
	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems) && !rc; i++)
		rc = mount_kept(i, &setup->fs_error);
	return NULL;
}

static void *persistent_memory(void *arg)
{
	struct setup *setup = arg;

	if (!load_group("nvdimm", &setup->namespace_error)) {
		modules_loaded(setup);
		if (setup->layout)
			return NULL;
		if (setup->keep)
			return kept_memory(setup);
		make_namespaces(setup, &setup->namespace_error);
	}
	return NULL;
}

static int make_rest(struct setup *setup, struct dp_error *err)
{
	int rc = load_group("rdma", err);

	if (!rc)
		rc = load_group("fs", err);
	sem_post(&setup->fs_modules);
	if (!rc)
		rc = load_group("disks", err);
	if (!rc && setup->layout)
		rc = load_group("foreign", err);
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
	/* The cause comes before what follows from it. */
	if (!rc && setup.namespace_error.code)
		*err = setup.namespace_error;
	else if (!rc && setup.fs_error.code)
		*err = setup.fs_error;
	return err->code;
}

int dp_devices_traffic(struct dp_error *err)
{
	int rc = load_group("traffic", err);

	return rc ? rc : dp_wire_near("veth0", err);
}

/* Plugging in, and the driver's probe in a work queue, take a fraction of a second. */
#define NVME_LIMIT_MS 30000

static bool wants_nvme(void)
{
	return dp_exists("/sys/bus/pci/drivers/nvme") && dp_p2pdma_built();
}

void dp_devices_plug_nvme(int fd)
{
	if (wants_nvme() && !dp_exists("/dev/nvme0n1"))
		dp_emit_text(fd, "request", "what", "plug-nvme");
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
