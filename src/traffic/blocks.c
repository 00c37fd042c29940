// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "blocks.h"

#include "daxpin/error.h"
#include "daxpin/json.h"

/* Extents that are asked for at once; a region has a few. */
#define EXTENTS 64

static int visit(const struct fiemap_extent *e, uint64_t length,
		 int (*take)(void *arg, const struct dp_block *block), void *arg)
{
	struct dp_block block = { e->fe_logical, e->fe_physical, e->fe_length };

	if (block.at >= length || e->fe_flags & FIEMAP_EXTENT_UNWRITTEN)
		return 0;
	if (block.length > length - block.at)
		block.length = length - block.at;
	return take(arg, &block);
}

int dp_blocks_walk(int fd, uint64_t length, int (*take)(void *arg, const struct dp_block *block),
		   void *arg, struct dp_error *err)
{
	union {
		struct fiemap map;
		char room[sizeof(struct fiemap) + EXTENTS * sizeof(struct fiemap_extent)];
	} blocks;
	uint64_t from = 0;

	if (fsync(fd))
		return dp_fail(err, -errno, "cannot flush the file");
	do {
		blocks.map = (struct fiemap){ .fm_start = from,
					      .fm_length = length - from,
					      .fm_flags = FIEMAP_FLAG_SYNC,
					      .fm_extent_count = EXTENTS };
		if (ioctl(fd, FS_IOC_FIEMAP, &blocks.map))
			return dp_fail(err, -errno, "cannot tell the file's blocks");
		for (unsigned int i = 0; i < blocks.map.fm_mapped_extents; i++) {
			const struct fiemap_extent *e = &blocks.map.fm_extents[i];
			int rc = visit(e, length, take, arg);

			if (rc)
				return rc;
			from = e->fe_logical + e->fe_length;
		}
	} while (blocks.map.fm_mapped_extents == EXTENTS && from < length);
	return 0;
}

/* ---- as JSON ----------------------------------------------------------------------------- */

static int add(void *arg, const struct dp_block *block)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_int(obj, "at", (int64_t)block->at);
	dp_json_add_int(obj, "from", (int64_t)block->from);
	dp_json_add_int(obj, "length", (int64_t)block->length);
	json_object_array_add(arg, obj);
	return 0;
}

int dp_blocks_list(int fd, uint64_t length, struct json_object *list, struct dp_error *err)
{
	return dp_blocks_walk(fd, length, add, list, err);
}

int dp_block_read(struct json_object *obj, struct dp_block *block)
{
	int64_t at = dp_json_int_or(obj, "at", -1), from = dp_json_int_or(obj, "from", -1);
	int64_t length = dp_json_int_or(obj, "length", -1);

	if (at < 0 || from < 0 || length < 0)
		return -EBADMSG;
	*block = (struct dp_block){ (uint64_t)at, (uint64_t)from, (uint64_t)length };
	return 0;
}
