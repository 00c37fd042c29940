// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/zoneinfo: where there is room for pages that must not be moved again. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/pin.h"

struct zone {
	bool unmovable; /* not ZONE_MOVABLE, and not a device's */
	uint64_t free, min, cma;
};

/* What a zone can give to GFP_USER: not its last pages, and not those of CMA. */
static uint64_t room_of(const struct zone *z)
{
	uint64_t kept = z->min + z->cma;

	return z->unmovable && z->free > kept ? z->free - kept : 0;
}

int dp_zoneinfo_room(const char *text, uint64_t *pages)
{
	dp_autofree char *copy = strdup(text);
	struct zone zone = { 0 };
	char *rest = copy, name[32];
	size_t zones = 0;

	*pages = 0;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		if (sscanf(line, "Node %*u, zone %31s", name) == 1) {
			*pages += room_of(&zone);
			zone = (struct zone){ .unmovable = strcmp(name, "Movable") &&
							   strcmp(name, "Device") };
			zones++;
			continue;
		}
		sscanf(line, " pages free %" SCNu64, &zone.free);
		sscanf(line, " min %" SCNu64, &zone.min);
		sscanf(line, " nr_free_cma %" SCNu64, &zone.cma);
	}
	*pages += room_of(&zone);
	return zones ? 0 : -ENODATA;
}

int dp_room_read(uint64_t *pages)
{
	dp_autofree char *text = NULL;
	int rc = dp_read_file("/proc/zoneinfo", 1 << 20, &text, NULL, NULL);

	return rc ? rc : dp_zoneinfo_room(text, pages);
}
