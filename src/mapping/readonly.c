// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file of a memfd, mapped with PROT_READ. Both kinds map pages of the file; a pin of the
 * private one has them copied first, as a later mprotect(2) could make it writable
 * (is_cow_mapping()).
 *
 * The address is shifted by a page, so that no large folio of shmem is mapped by a PMD: see
 * pagecache_private.c.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/error.h"
#include "daxpin/mapping.h"

#define PAGE 4096

static int open_readonly(const struct dp_mapping *mapping, const struct dp_env *env,
			 struct dp_area *area, struct dp_error *err)
{
	uint64_t span = dp_span(mapping, env);

	area->fd = memfd_create("daxpin", MFD_CLOEXEC);
	if (area->fd < 0)
		return dp_fail(err, -errno, "memfd_create");
	if (ftruncate(area->fd, (off_t)span))
		return dp_fail(err, -errno, "cannot make a file of %llu bytes for %s",
			       (unsigned long long)span, mapping->name);
	return dp_area_map(mapping, env, area, mapping->private ? MAP_PRIVATE : MAP_SHARED,
			   area->fd, err);
}

/* Each page of the private kind is copied, and copied anew for each question. */
#define READONLY(ident, ...)                                                                       \
	DP_MAPPING(ident, .family = DP_FAMILY_SHMEM, .frames = DP_FRAMES_RAM, .leaf = PAGE,        \
		   .granule = 2 << 20, .skew = PAGE, .enough = 64 * PAGE, .readonly = true,        \
		   .check_only = true, .populate = DP_POPULATE_READ,                               \
		   .trait = "mapped for reading", .unlike = dp_area_unlike_readonly,               \
		   .open = open_readonly, __VA_ARGS__)

READONLY(readonly_shared, .name = "readonly-shared",
	 .what = "a memfd, mapped shared and for reading only", .rank = 54);
READONLY(readonly_private, .name = "readonly-private",
	 .what = "a memfd, mapped private and for reading only", .rank = 56, .private = true);
