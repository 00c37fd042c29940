// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file has a line for each part that is not there:
 *
 *     PART CODE TEXT
 *
 * PART is a number of enum dp_part, CODE a negative errno or DP_SKIP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lacks.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

#define NOTES       "/run/daxpin-lacks"
#define NOTES_LIMIT 65536
#define DAX_DRIVERS "/sys/bus/dax/drivers"

/* Which mappings need a part, and the driver without which there is no such part. */
static const struct {
	enum dp_family family; /* 0 for any */
	const char *fs, *zone, *mapping;
	uint64_t granule;
	const char *what, *driver;
} parts[DP_PARTS] = {
	[DP_PART_EXT4] = { .fs = "ext4", .what = "ext4", .driver = "/sys/fs/ext4" },
	[DP_PART_XFS] = { .fs = "xfs", .what = "xfs", .driver = "/sys/fs/xfs" },
	[DP_PART_EROFS] = { .fs = "erofs", .what = "erofs" },
	[DP_PART_DEVDAX_4K] = { .family = DP_FAMILY_DEVDAX,
				.granule = 4 << 10,
				.what = "device-dax (4K)",
				.driver = DAX_DRIVERS "/device_dax" },
	[DP_PART_DEVDAX_2M] = { .family = DP_FAMILY_DEVDAX,
				.granule = 2 << 20,
				.what = "device-dax (2M)",
				.driver = DAX_DRIVERS "/device_dax" },
	[DP_PART_DEVDAX_1G] = { .family = DP_FAMILY_DEVDAX,
				.granule = 1 << 30,
				.what = "device-dax (1G)",
				.driver = DAX_DRIVERS "/device_dax" },
	[DP_PART_KMEM] = { .family = DP_FAMILY_KMEM,
			   .zone = "Normal",
			   .what = "kmem device",
			   .driver = DAX_DRIVERS "/kmem" },
	[DP_PART_KMEM_MOVABLE] = { .family = DP_FAMILY_KMEM,
				   .zone = "Movable",
				   .what = "kmem device (movable)",
				   .driver = DAX_DRIVERS "/kmem" },
	[DP_PART_DISK] = { .mapping = "blockdev", .what = "disk" },
	[DP_PART_NVME] = { .family = DP_FAMILY_P2PDMA, .what = "NVMe controller" },
};

/* What all parts of the NVDIMMs need. */
#define NFIT "/sys/bus/acpi/drivers/nfit"

static bool same(const char *wanted, const char *have)
{
	return !wanted || (have && !strcmp(wanted, have));
}

static bool needs(const struct dp_mapping *mapping, enum dp_part part)
{
	return (!parts[part].family || parts[part].family == mapping->family) &&
	       (!parts[part].granule || parts[part].granule == mapping->granule) &&
	       same(parts[part].fs, mapping->fs) && same(parts[part].zone, mapping->zone) &&
	       same(parts[part].mapping, mapping->name);
}

/* The driver that this kernel does not have; NULL if it has all of them. */
static const char *absent_driver(enum dp_part part)
{
	if (part < DP_PARTS_OF_NVDIMM && !dp_exists(NFIT))
		return "nfit";
	if (parts[part].driver && !dp_exists("%s", parts[part].driver))
		return strrchr(parts[part].driver, '/') + 1;
	return NULL;
}

static void note(enum dp_part part, int code, const char *text)
{
	dp_autofd int fd = open(NOTES, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	char line[2048];

	snprintf(line, sizeof(line), "%d %d %s\n", part, code, text);
	for (char *c = line; *c && c[1]; c++)
		*c = *c == '\n' ? ' ' : *c;
	if (fd >= 0)
		dp_write_all(fd, line, strlen(line));
}

void dp_lack_nvdimms(const struct dp_error *why)
{
	for (int part = 0; part < DP_PARTS_OF_NVDIMM; part++)
		note((enum dp_part)part, why->code, why->what);
}

void dp_lack_note(enum dp_part part, const struct dp_error *why, const struct dp_error *modules)
{
	bool refused = modules && modules->code;
	const char *driver = refused ? NULL : absent_driver(part);
	char text[2000];

	if (driver)
		snprintf(text, sizeof(text), "this kernel has no driver %s", driver);
	else
		snprintf(text, sizeof(text), "the %s of the guest is not there: %s%s%s",
			 parts[part].what, why->what, refused ? "; before that, " : "",
			 refused ? modules->what : "");
	note(part, driver ? DP_SKIP : why->code, text);
}

int dp_lack_of(const struct dp_mapping *mapping, struct dp_error *err)
{
	dp_autofree char *text = NULL;
	char *rest;

	if (dp_read_file(NOTES, NOTES_LIMIT, &text, NULL, NULL))
		return 0;
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		int code, part, at = 0;

		if (sscanf(line, "%d %d %n", &part, &code, &at) != 2 || part < 0 ||
		    part >= DP_PARTS || !needs(mapping, (enum dp_part)part))
			continue;
		return code == DP_SKIP ? dp_skip(err, "%s", line + at)
				       : dp_report(err, code, "%s", line + at);
	}
	return 0;
}
