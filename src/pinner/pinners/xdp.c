// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory of an AF_XDP socket: xdp_umem_pin_pages(), net/xdp/xdp_umem.c, pins it for writing
 * (FOLL_WRITE | FOLL_LONGTERM) by pin_user_pages(), which has no gup-fast. The socket is bound to
 * no interface.
 */
#include <errno.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/pinner.h"

/* Bytes of a packet's room; xdp_umem_reg() takes half a page to a page. */
#define CHUNK 4096

struct socket {
	int fd; /* -1 while nothing is pinned: a socket registers one umem in its life */
};

static int open_family(struct dp_error *err)
{
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		return fd;
	if (errno == EAFNOSUPPORT)
		return dp_skip(err, "this kernel was built without CONFIG_XDP_SOCKETS");
	if (errno == EPERM)
		return dp_skip(err, "an AF_XDP socket wants CAP_NET_RAW: run it as root");
	return dp_fail(err, -errno, "cannot make an AF_XDP socket");
}

static int open_socket(const struct dp_rdma *rdma, bool guest, void **held, struct dp_error *err)
{
	dp_autofd int fd = open_family(err);
	struct socket *s;

	(void)rdma;
	(void)guest;
	if (fd < 0)
		return fd;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->fd = -1;
	*held = s;
	return 0;
}

static int pin_umem(void *held, const struct dp_area *area, unsigned int flags)
{
	const struct xdp_umem_reg umem = { .addr = (uintptr_t)area->addr,
					   .len = area->len,
					   .chunk_size = CHUNK };
	struct socket *s = held;
	int err;

	(void)flags;
	s->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	if (!setsockopt(s->fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)))
		return 0;
	err = errno;
	close(s->fd);
	s->fd = -1;
	return err;
}

/* There is no call for it: the umem goes with its last socket, by xdp_umem_release_deferred(). */
static int unpin_umem(void *held)
{
	struct socket *s = held;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	return 0;
}

static void close_socket(void *held)
{
	unpin_umem(held);
	free(held);
}

DP_PINNER(xdp, .name = "xdp", .what = "the umem of an AF_XDP socket (XDP_UMEM_REG)", .rank = 40,
	  .accesses = DP_PINNER_BIT(DP_PINNER_WRITE),
	  .means = { .open = open_socket,
		     .pin = pin_umem,
		     .unpin = unpin_umem,
		     .close = close_socket,
		     .deferred = true });
