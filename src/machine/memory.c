// SPDX-License-Identifier: GPL-2.0-or-later
/* The memories of a machine. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/layout.h"

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
