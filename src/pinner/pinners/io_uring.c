// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A registered buffer of io_uring: io_sqe_buffer_register() pins it for writing, whatever it will
 * be used for (FOLL_WRITE | FOLL_LONGTERM: io_uring/io_uring.c of 5.10, io_uring/rsrc.c of 6.1,
 * io_pin_pages() in io_uring/memmap.c of 6.12 and 7.2). mm->pinned_vm is charged, as of an MR. Of a
 * folio that lies in the buffer as a whole one reference is kept (io_coalesce_buffer(), 6.12
 * and 7.2).
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/pinner.h"

/* One request would do: nothing is submitted. */
#define ENTRIES 1

struct ring {
	int fd;
	bool pinned;
};

static int open_ring(const struct dp_rdma *rdma, bool guest, void **held, struct dp_error *err)
{
	struct io_uring_params params = { 0 };
	struct ring *ring = calloc(1, sizeof(*ring));

	(void)rdma;
	(void)guest;
	if (!ring)
		return -ENOMEM;
	ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
	*held = ring;
	if (ring->fd >= 0)
		return 0;
	free(ring);
	/* sysctl kernel.io_uring_disabled, from 6.6 on: EPERM. */
	if (errno == ENOSYS || errno == EPERM)
		return dp_skip(err,
			       "io_uring is not there for this process (%s): a kernel without "
			       "CONFIG_IO_URING, kernel.io_uring_disabled, or a filter of "
			       "system calls",
			       dp_errno_name(errno));
	return dp_fail(err, -errno, "cannot set an io_uring up");
}

static int pin_buffer(void *held, const struct dp_area *area, unsigned int flags)
{
	const struct iovec buffer = { .iov_base = area->addr, .iov_len = area->len };
	struct ring *ring = held;

	(void)flags;
	ring->pinned =
		!syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS, &buffer, 1);
	return ring->pinned ? 0 : errno;
}

static int unpin_buffer(void *held)
{
	struct ring *ring = held;

	if (ring->pinned &&
	    syscall(SYS_io_uring_register, ring->fd, IORING_UNREGISTER_BUFFERS, NULL, 0))
		return -errno;
	ring->pinned = false;
	return 0;
}

static void close_ring(void *held)
{
	struct ring *ring = held;

	close(ring->fd);
	free(ring);
}

DP_PINNER(io_uring, .name = "io-uring", .what = "a registered buffer (IORING_REGISTER_BUFFERS)",
	  .rank = 30, .accesses = DP_PINNER_BIT(DP_PINNER_WRITE), .by_folio = true,
	  .means = { .open = open_ring,
		     .pin = pin_buffer,
		     .unpin = unpin_buffer,
		     .close = close_ring });
