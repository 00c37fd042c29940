// SPDX-License-Identifier: GPL-2.0-or-later
/* The memories of a machine: made, and copied for each guest that is restored. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/machine.h"

/* Bytes copied at a time. */
#define COPY (1 << 20)

static int copy_extent(int from, off_t at, off_t end, char *buf, int to)
{
	while (at < end) {
		size_t len = end - at < COPY ? (size_t)(end - at) : COPY;
		ssize_t n = pread(from, buf, len, at);

		if (n <= 0)
			return n ? -errno : -EIO;
		errno = 0;
		if (pwrite(to, buf, (size_t)n, at) != n)
			return errno ? -errno : -ENOSPC;
		at += n;
	}
	return 0;
}

static int copy_file(int from, int to)
{
	dp_autofree char *buf = malloc(COPY);
	off_t end = 0, data;
	int rc = buf ? 0 : -ENOMEM;

	while (!rc && (data = lseek(from, end, SEEK_DATA)) >= 0) {
		end = lseek(from, data, SEEK_HOLE);
		rc = end < 0 ? -errno : copy_extent(from, data, end, buf, to);
	}
	return rc;
}

static void *copy_ram(void *arg)
{
	struct dp_copy *copy = arg;

	copy->rc = copy_file(copy->from, copy->to);
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
