// SPDX-License-Identifier: GPL-2.0-or-later
/* The device mapper, by its own requests (linux/dm-ioctl.h): libdevmapper wants udev. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "prepare.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"

#define SECTOR  512
#define STRIPE  4096 /* sectors: 2 MiB */
#define TARGETS 8

/* A request with room for the table of a device. */
struct request {
	struct dm_ioctl head;
	struct {
		struct dm_target_spec spec;
		char parameters[208];
	} targets[TARGETS];
};

static int ask(int fd, unsigned long what, struct request *r)
{
	r->head.version[0] = DM_VERSION_MAJOR;
	r->head.data_size = sizeof(*r);
	r->head.data_start = sizeof(r->head);
	return ioctl(fd, what, r) ? -errno : 0;
}

static int disk_sectors(const char *disk, uint64_t *sectors, struct dp_error *err)
{
	dp_autofd int fd = open(disk, O_RDONLY | O_CLOEXEC);
	uint64_t bytes;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes))
		return dp_fail(err, -errno, "cannot ask for the size of %s", disk);
	*sectors = bytes / SECTOR / STRIPE * STRIPE;
	return 0;
}

static void add_target(struct request *r, const char *type, uint64_t start, uint64_t length)
{
	struct dm_target_spec *spec = &r->targets[r->head.target_count++].spec;

	spec->sector_start = start;
	spec->length = length;
	spec->next = sizeof(r->targets[0]);
	snprintf(spec->target_type, sizeof(spec->target_type), "%s", type);
}

static void add_linear(struct request *r, const char *const *disks, const uint64_t *sectors,
		       size_t count)
{
	uint64_t at = 0;

	for (size_t i = 0; i < count; i++) {
		snprintf(r->targets[i].parameters, sizeof(r->targets[i].parameters), "%.100s 0",
			 disks[i]);
		add_target(r, "linear", at, sectors[i]);
		at += sectors[i];
	}
}

static void add_striped(struct request *r, const char *const *disks, const uint64_t *sectors,
			size_t count)
{
	char *text = r->targets[0].parameters;
	size_t size = sizeof(r->targets[0].parameters), used;
	uint64_t least = sectors[0];

	used = (size_t)snprintf(text, size, "%zu %d", count, STRIPE);
	for (size_t i = 0; i < count && used < size; i++) {
		used += (size_t)snprintf(text + used, size - used, " %.60s 0", disks[i]);
		least = sectors[i] < least ? sectors[i] : least;
	}
	add_target(r, "striped", 0, least * count);
}

int dp_dm_create(const char *name, const char *kind, const char *const *disks, size_t count,
		 struct dp_error *err)
{
	dp_autofd int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	bool striped = !strcmp(kind, "striped");
	uint64_t sectors[TARGETS];
	struct request r = { 0 };
	int rc = 0;

	if (fd < 0)
		return dp_fail(err, -errno, "cannot open /dev/mapper/control");
	if (count > TARGETS || (!striped && strcmp(kind, "linear")))
		return dp_bad_input(err, "a dm device is linear or striped, of at most %d disks",
				    TARGETS);
	for (size_t i = 0; i < count && !rc; i++)
		rc = disk_sectors(disks[i], &sectors[i], err);
	if (rc)
		return rc;
	snprintf(r.head.name, sizeof(r.head.name), "%s", name);
	rc = ask(fd, DM_DEV_CREATE, &r);
	r = (struct request){ 0 };
	snprintf(r.head.name, sizeof(r.head.name), "%s", name);
	(striped ? add_striped : add_linear)(&r, disks, sectors, count);
	if (!rc)
		rc = ask(fd, DM_TABLE_LOAD, &r);
	r = (struct request){ 0 };
	snprintf(r.head.name, sizeof(r.head.name), "%s", name);
	if (!rc)
		rc = ask(fd, DM_DEV_SUSPEND, &r);
	return rc ? dp_fail(err, rc, "cannot make the dm device %s", name) : 0;
}
