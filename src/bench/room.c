// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "room.h"

#include "daxpin/bench.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"
#include "daxpin/text.h"

static int no_room(const struct dp_env *env, const char *of, uint64_t bytes, struct dp_error *err)
{
	char wanted[32], have[32];

	return dp_skip(err, "%s has no room for %s: it has %s", of,
		       dp_format_size(env->size, wanted, sizeof(wanted)),
		       dp_format_size(bytes, have, sizeof(have)));
}

/* Pages that are not there get somebody killed. */
static int check_memory(const struct dp_mapping *mapping, const struct dp_env *env,
			struct dp_error *err)
{
	uint64_t bytes;
	int rc;

	if (mapping->frames != DP_FRAMES_RAM || mapping->family == DP_FAMILY_HUGETLB)
		return 0;
	rc = dp_memory_available(&bytes);
	if (rc)
		return dp_fail(err, rc, "how much memory there is cannot be read");
	return dp_span(mapping, env) > bytes / 2 ? no_room(env, "the memory", bytes, err) : 0;
}

/* How far a file or a disk goes; UINT64_MAX of what has no end of its own. */
static uint64_t length_of(int fd)
{
	struct stat st;
	off_t end = -1;

	if (fd >= 0 && !fstat(fd, &st) && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		end = lseek(fd, 0, SEEK_END);
	return end < 0 ? UINT64_MAX : (uint64_t)end;
}

/* Memory that is on one node cannot come from another. */
static uint64_t room_on_node(const struct dp_mapping *mapping, const struct dp_area *area)
{
	uint64_t bytes = 0;

	if (mapping->family != DP_FAMILY_KMEM || area->memory_error)
		return UINT64_MAX;
	for (size_t i = 0; i < area->memory.count; i++)
		bytes += area->memory.list[i].len;
	return bytes / 2;
}

static int check_device(const struct dp_mapping *mapping, const struct dp_env *env,
			const struct dp_area *area, struct dp_error *err)
{
	uint64_t bytes, node = room_on_node(mapping, area);

	/* What nobody touches needs no room; and the end of a file of sysfs is not told. */
	if (!dp_bench_touches(mapping))
		return 0;
	bytes = length_of(area->fd);
	bytes = bytes < node ? bytes : node;
	return dp_span(mapping, env) > bytes ? no_room(env, "the device", bytes, err) : 0;
}

int dp_bench_room(const struct dp_mapping *mapping, const struct dp_env *env, struct dp_area *area,
		  struct dp_error *err)
{
	struct dp_error why = { 0 };
	int rc = check_memory(mapping, env, err);

	if (rc)
		return rc;
	rc = dp_area_open_untouched(mapping, env, area, &why);
	if (rc == -ENOSPC || rc == -EFBIG || rc == -ENOMEM || rc == -EOVERFLOW)
		return dp_skip(err, "%.300s", why.what);
	if (rc) {
		*err = why;
		return rc;
	}
	rc = check_device(mapping, env, area, err);
	if (rc)
		dp_area_close(area);
	return rc;
}

int dp_bench_room_touched(const struct dp_mapping *mapping, const struct dp_env *env,
			  struct dp_area *area, struct dp_error *err)
{
	int rc = dp_bench_room(mapping, env, area, err);

	if (!rc && dp_bench_touches(mapping))
		dp_area_touch(mapping, env, area);
	return rc;
}
