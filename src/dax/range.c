// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/range.h"

#define SECTOR 512
/* Disks made of disks made of disks: more is a loop. */
#define DEPTH 8

static int add(struct dp_ranges *ranges, uint64_t start, uint64_t len, uint64_t at)
{
	if (ranges->count == DP_MAX_RANGES)
		return -E2BIG;
	ranges->list[ranges->count++] = (struct dp_range){ start, len, at };
	return 0;
}

/*
 * One number and nothing else: a PCI device has a "resource" of many lines. ENXIO and an address of
 * 0 are what libnd says of a namespace that has none.
 */
static int read_number(const char *dir, const char *name, int base, uint64_t *number)
{
	char text[64], *end;
	int rc = dp_read_attr(text, sizeof(text), "%s/%s", dir, name);

	if (rc)
		return rc;
	errno = 0;
	*number = strtoull(text, &end, base);
	return errno || end == text || *end ? -ENOENT : 0;
}

/* ---- device-dax --------------------------------------------------------------------------- */

static int add_mapping(const char *dir, struct dp_ranges *ranges)
{
	uint64_t start, end, page;
	int rc = read_number(dir, "start", 0, &start);

	if (!rc)
		rc = read_number(dir, "end", 0, &end);
	if (!rc)
		rc = read_number(dir, "page_offset", 0, &page);
	if (rc)
		return rc;
	return end < start ? -ENOENT
			   : add(ranges, start, end - start + 1,
				 page * (uint64_t)sysconf(_SC_PAGESIZE));
}

static int add_dax(const char *dir, struct dp_ranges *ranges)
{
	uint64_t start, size;
	char mapping[PATH_MAX];
	int rc = 0;

	for (int i = 0; !rc; i++) {
		rc = dp_path(mapping, sizeof(mapping), NULL, "%s/mapping%d", dir, i);
		if (rc || !dp_exists("%s", mapping))
			break;
		rc = add_mapping(mapping, ranges);
	}
	if (rc || ranges->count)
		return rc;
	rc = read_number(dir, "resource", 0, &start);
	if (!rc)
		rc = read_number(dir, "size", 0, &size);
	return rc ? rc : add(ranges, start, size, 0);
}

int dp_ranges_of_dax(const char *sys, const char *device, struct dp_ranges *ranges)
{
	char dir[PATH_MAX];
	int rc = dp_path(dir, sizeof(dir), NULL, "%s/bus/dax/devices/%s", sys, device);

	*ranges = (struct dp_ranges){ .ordered = true };
	return rc ? rc : add_dax(dir, ranges);
}

int dp_ranges_of_node(const char *sys, int node, struct dp_ranges *ranges)
{
	char path[PATH_MAX], dir[PATH_MAX], driver[32];
	dp_autodir DIR *bus = NULL;
	struct dirent *entry;
	uint64_t target;
	int rc = dp_path(path, sizeof(path), NULL, "%s/bus/dax/devices", sys);

	*ranges = (struct dp_ranges){ 0 };
	bus = rc ? NULL : opendir(path);
	while (bus && !rc && (entry = readdir(bus))) {
		struct dp_ranges own = { 0 };

		if (entry->d_name[0] == '.' ||
		    dp_path(dir, sizeof(dir), NULL, "%s/%s", path, entry->d_name) ||
		    dp_link_name(driver, sizeof(driver), "%s/driver", dir) ||
		    strcmp(driver, "kmem") || read_number(dir, "target_node", 10, &target) ||
		    target != (uint64_t)node)
			continue;
		rc = add_dax(dir, &own);
		for (size_t i = 0; i < own.count && !rc; i++)
			rc = add(ranges, own.list[i].start, own.list[i].len, 0);
	}
	return rc || ranges->count ? rc : -ENOENT;
}

/* ---- disks -------------------------------------------------------------------------------- */

static int add_disk(const char *dir, uint64_t from, uint64_t len, struct dp_ranges *ranges,
		    int depth);

/* All of each disk that it is made of: which parts, only its driver knows. */
static int add_slaves(const char *dir, struct dp_ranges *ranges, int depth)
{
	dp_autodir DIR *slaves = opendir(dir);
	struct dirent *entry;
	char link[PATH_MAX], slave[PATH_MAX];
	int rc = depth < DEPTH ? 0 : -ELOOP;

	while (slaves && !rc && (entry = readdir(slaves))) {
		if (entry->d_name[0] == '.')
			continue;
		rc = dp_path(link, sizeof(link), NULL, "%s/%s", dir, entry->d_name);
		if (!rc)
			rc = realpath(link, slave) ? add_disk(slave, 0, UINT64_MAX, ranges, depth)
						   : -errno;
	}
	ranges->ordered = false;
	return rc || ranges->count ? rc : -ENOENT;
}

static bool has_slaves(const char *dir)
{
	dp_autodir DIR *slaves = opendir(dir);
	struct dirent *entry;

	while (slaves && (entry = readdir(slaves)))
		if (entry->d_name[0] != '.')
			return true;
	return false;
}

/*
 * The memory of a disk's device, or of the nearest device that it is part of and that tells. The
 * disk begins where its own device's memory does; where it begins in another's is not known.
 */
static int add_memory(const char *disk, uint64_t from, uint64_t len, struct dp_ranges *ranges)
{
	char path[PATH_MAX], dir[PATH_MAX], *slash;
	uint64_t start, size;
	int rc = dp_path(path, sizeof(path), NULL, "%s/device", disk);

	if (!rc && !realpath(path, dir))
		return -ENOENT;
	for (bool own = true; !rc; own = false) {
		rc = read_number(dir, "resource", 0, &start);
		if (rc == -EACCES || rc == -EPERM)
			return rc;
		if (!rc)
			rc = read_number(dir, "size", 0, &size);
		if (!rc && start && own && from < size)
			return add(ranges, start + from, len < size - from ? len : size - from, 0);
		if (!rc && start)
			ranges->ordered = false;
		if (!rc && start)
			return add(ranges, start, size, 0);
		slash = strrchr(dir, '/');
		if (!slash || slash == dir)
			return -ENOENT;
		*slash = '\0';
		rc = 0;
	}
	return rc;
}

/* @dir: of a disk or a partition, below devices/; @from, @len: which bytes of it. */
static int add_disk(const char *dir, uint64_t from, uint64_t len, struct dp_ranges *ranges,
		    int depth)
{
	char path[PATH_MAX];
	uint64_t start, sectors;
	int rc = dp_path(path, sizeof(path), NULL, "%s/slaves", dir);

	if (!rc && has_slaves(path))
		return add_slaves(path, ranges, depth + 1);
	if (rc || !dp_exists("%s/partition", dir))
		return rc ? rc : add_memory(dir, from, len, ranges);
	rc = read_number(dir, "start", 10, &start);
	if (!rc)
		rc = read_number(dir, "size", 10, &sectors);
	if (!rc)
		rc = dp_path(path, sizeof(path), NULL, "%s", dir);
	if (rc)
		return rc;
	*strrchr(path, '/') = '\0';
	return depth < DEPTH ? add_disk(path, start * SECTOR, sectors * SECTOR, ranges, depth + 1)
			     : -ELOOP;
}

int dp_ranges_of_block(const char *sys, uint64_t dev, struct dp_ranges *ranges)
{
	char link[PATH_MAX], dir[PATH_MAX];
	int rc = dp_path(link, sizeof(link), NULL, "%s/dev/block/%u:%u", sys, major(dev),
			 minor(dev));

	*ranges = (struct dp_ranges){ .ordered = true };
	if (!rc && !realpath(link, dir))
		rc = -errno;
	return rc ? rc : add_disk(dir, 0, UINT64_MAX, ranges, 0);
}

/* ---- PCI ---------------------------------------------------------------------------------- */

int dp_ranges_of_pci(const char *sys, const char *address, struct dp_ranges *ranges)
{
	dp_autofile FILE *file = NULL;
	char path[PATH_MAX], line[128];
	uint64_t start, end;
	int rc = dp_path(path, sizeof(path), NULL, "%s/bus/pci/devices/%s/resource", sys, address);

	*ranges = (struct dp_ranges){ 0 };
	file = rc ? NULL : fopen(path, "re");
	if (!file)
		return rc ? rc : -errno;
	while (!rc && fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNx64 " %" SCNx64, &start, &end) == 2 && start &&
		    end >= start)
			rc = add(ranges, start, end - start + 1, 0);
	return rc || ranges->count ? rc : -ENOENT;
}

/* ---- what they hold ----------------------------------------------------------------------- */

bool dp_ranges_hold(const struct dp_ranges *ranges, uint64_t phys)
{
	for (size_t i = 0; i < ranges->count; i++)
		if (phys >= ranges->list[i].start &&
		    phys - ranges->list[i].start < ranges->list[i].len)
			return true;
	return false;
}

bool dp_ranges_find(const struct dp_ranges *ranges, uint64_t at, uint64_t *phys)
{
	for (size_t i = 0; i < ranges->count; i++) {
		const struct dp_range *r = &ranges->list[i];

		if (at < r->at || at - r->at >= r->len)
			continue;
		*phys = r->start + (at - r->at);
		return true;
	}
	return false;
}
