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
#include "daxpin/machine.h"

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

int dp_memory_make(int i, struct dp_error *err)
{
	const struct dp_memory *memory = &dp_machine_memories()[i];
	dp_autofd int fd = memfd_create(memory->name, MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)memory->size))
		return dp_fail(err, -errno, "cannot make memory for a guest");
	return dp_take_fd(&fd);
}

int dp_copy_begin(const struct dp_boot *boot, struct dp_copy *copy, struct dp_error *err)
{
	*copy = (struct dp_copy){ .from = boot->memory[DP_RAM], .to = dp_memory_make(DP_RAM, err) };
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
