// SPDX-License-Identifier: GPL-2.0-or-later
/* The memories of a machine: made, and copied for each guest that is restored. */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "extents.h"
#include "memory.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/layout.h"

static int copy_block(void *arg, off_t at, const char *data, size_t len)
{
	const struct dp_copy *copy = arg;

	return dp_extents_write(copy->to, at, data, len);
}

static void *copy_ram(void *arg)
{
	struct dp_copy *copy = arg;

	copy->rc = dp_extents_walk(copy->from, copy_block, copy);
	return NULL;
}

static const struct {
	const char *name;
	uint64_t size; /* bytes */
} memories[DP_MEMORIES] = {
	{ "ram", 1ULL << 30 },
	{ "pmem0", 3ULL << 30 },
	{ "pmem1", 256ULL << 20 },
	{ "pmem2", 256ULL << 20 },
};

const char *dp_memory_name(int i)
{
	return memories[i].name;
}

uint64_t dp_memory_size(const struct dp_layout *layout, int i)
{
	return layout ? layout->memories[i] : memories[i].size;
}

int dp_memory_make(const struct dp_layout *layout, int i, struct dp_error *err)
{
	dp_autofd int fd = memfd_create(dp_memory_name(i), MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)dp_memory_size(layout, i)))
		return dp_fail(err, -errno, "cannot make memory for a guest");
	return dp_take_fd(&fd);
}

int dp_copy_begin(const struct dp_boot *boot, struct dp_copy *copy, struct dp_error *err)
{
	*copy = (struct dp_copy){ .from = boot->memory[DP_RAM],
				  .to = dp_memory_make(boot->layout, DP_RAM, err) };
	if (copy->to < 0)
		return copy->to;
	copy->running = !pthread_create(&copy->thread, NULL, copy_ram, copy);
	if (!copy->running)
		copy_ram(copy);
	return 0;
}

int dp_copy_end(struct dp_copy *copy, struct dp_error *err)
{
	if (copy->running)
		pthread_join(copy->thread, NULL);
	copy->running = false;
	if (!copy->rc)
		return 0;
	dp_fail(err, copy->rc, "cannot copy a guest's memory");
	return dp_hint(err, "is there enough memory? --jobs sets how many guests there are");
}

void dp_copy_clear(struct dp_copy *copy)
{
	dp_copy_end(copy, NULL);
	dp_closep(&copy->to);
}
