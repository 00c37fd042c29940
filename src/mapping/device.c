// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of a device to which its driver migrates pages of a process: ZONE_DEVICE of the types
 * MEMORY_DEVICE_PRIVATE, which the processor cannot access, and MEMORY_DEVICE_COHERENT, which it
 * can. The driver is the kernel's own test, lib/test_hmm.c: devices 0 and 1 are private, 2 and 3
 * coherent. It tells itself where the pages are (dmirror_snapshot()).
 *
 * A pin for long makes the pages leave the device first: private ones by the fault of the slow path
 * (do_swap_page(), mm/memory.c, and migrate_to_ram() of the driver), coherent ones by
 * migrate_device_coherent_folio(), mm/migrate_device.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

/* struct hmm_dmirror_cmd of the driver. */
struct command {
	uint64_t addr;   /* of the pages */
	uint64_t buffer; /* receives their content, or a byte for each */
	uint64_t npages;
	uint64_t cpages; /* receives how many were copied */
	uint64_t faults;
};

#define MIGRATE_TO_DEVICE _IOWR('H', 0x02, struct command)
#define SNAPSHOT          _IOWR('H', 0x04, struct command)

/* What SNAPSHOT says of a page that is on the device that is asked, beside its permissions. */
#define PLACE         0x70
#define PRIVATE_HERE  0x20
#define COHERENT_HERE 0x40

/* Pages that others are just looking at stay where they are: then it is asked again. */
#define ATTEMPTS 10

/* Asks for @per bytes a page of the answer. @answer: receives it; to be freed */
static int ask(const struct dp_area *area, unsigned long request, uint64_t per, uint8_t **answer)
{
	uint64_t pages = area->len / (uint64_t)sysconf(_SC_PAGESIZE);
	struct command command = { .addr = (uintptr_t)area->addr, .npages = pages };

	*answer = calloc(pages, per);
	if (!*answer)
		return -ENOMEM;
	command.buffer = (uintptr_t)*answer;
	return ioctl(area->driver, request, &command) ? -errno : 0;
}

static int count_held(const struct dp_area *area, uint8_t here, uint64_t *pages)
{
	dp_autofree uint8_t *places = NULL;
	int rc = ask(area, SNAPSHOT, 1, &places);

	*pages = 0;
	for (uint64_t i = 0; !rc && i < area->len / (uint64_t)sysconf(_SC_PAGESIZE); i++)
		*pages += (places[i] & PLACE) == here;
	return rc;
}

static int held_private(const struct dp_area *area, uint64_t *pages)
{
	return count_held(area, PRIVATE_HERE, pages);
}

static int held_coherent(const struct dp_area *area, uint64_t *pages)
{
	return count_held(area, COHERENT_HERE, pages);
}

static int migrate(const struct dp_mapping *mapping, const struct dp_area *area,
		   struct dp_error *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), held = 0;
	int rc = 0;

	for (int i = 0; i < ATTEMPTS && held < area->len / page && !rc; i++) {
		dp_autofree uint8_t *content = NULL;

		rc = ask(area, MIGRATE_TO_DEVICE, page, &content);
		if (!rc)
			rc = mapping->held(area, &held);
	}
	if (rc)
		return dp_fail(err, rc, "pages cannot be migrated to %s", area->resource);
	return held == area->len / page
		       ? 0
		       : dp_fail(err, -EBUSY, "%" PRIu64 " of %" PRIu64 " pages have gone to %s",
				 held, area->len / page, area->resource);
}

/* @number: of the driver's device */
static int map_on(const struct dp_mapping *mapping, const struct dp_env *env, int number,
		  struct dp_area *area, struct dp_error *err)
{
	dp_autofd int fd = -1;
	char path[64];
	int rc = dp_path(path, sizeof(path), err, "/dev/hmm_dmirror%d", number);

	if (!rc)
		rc = dp_path(area->resource, sizeof(area->resource), err, "hmm_dmirror%d", number);
	if (rc)
		return rc;
	fd = open(path, O_RDWR | O_CLOEXEC);
	/* 0 is none. */
	area->driver = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 1);
	if (area->driver < 0)
		return dp_fail(err, -errno, "cannot open %s", path);
	rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);
	if (rc)
		return rc;
	/* The driver of 6.12 and before migrates no huge pages. */
	madvise(area->addr, area->len, MADV_NOHUGEPAGE);
	memset(area->addr, 0xda, area->len);
	return migrate(mapping, area, err);
}

static int no_driver(struct dp_error *err)
{
	return dp_skip(err, "the kernel's driver test_hmm is not here: distributions do not ship "
			    "it, \"daxpin kernels fetch --with-test-hmm\" builds it for a guest "
			    "(Linux 6.1 and later)");
}

static int open_private(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_area *area, struct dp_error *err)
{
	if (!dp_kernel_built_with("CONFIG_DEVICE_PRIVATE"))
		return dp_skip(err, "this kernel was built without CONFIG_DEVICE_PRIVATE");
	if (!dp_exists("/dev/hmm_dmirror0"))
		return no_driver(err);
	return map_on(mapping, env, 0, area, err);
}

static int open_coherent(const struct dp_mapping *mapping, const struct dp_env *env,
			 struct dp_area *area, struct dp_error *err)
{
	if (!dp_exists("/dev/hmm_dmirror2"))
		return no_driver(err);
	return map_on(mapping, env, 2, area, err);
}

DP_MAPPING(device_private, .name = "device-private",
	   .what = "memory of a device that the processor cannot access (test_hmm)", .rank = 600,
	   .family = DP_FAMILY_DEVICE, .frames = DP_FRAMES_DEVICE, .granule = 2 << 20,
	   .populate = DP_POPULATE_MMAP, .wide = true, .modules = "test_hmm", .held = held_private,
	   .open = open_private);
DP_MAPPING(device_coherent, .name = "device-coherent",
	   .what = "memory of a device that the processor can access, too (test_hmm)", .rank = 610,
	   .family = DP_FAMILY_DEVICE, .frames = DP_FRAMES_DEVICE, .granule = 2 << 20,
	   .populate = DP_POPULATE_MMAP, .wide = true, .modules = "test_hmm", .held = held_coherent,
	   .open = open_coherent);
