// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/connection.h"
#include "daxpin/observe.h"

/* How long a connection may take, ms. */
#define CONNECT_MS 10000
/* How often somebody who waits says so, ms. */
#define HEARTBEAT_MS 2000

static socklen_t length_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

int dp_peer_listen(const struct sockaddr_storage *address, struct dp_error *err)
{
	dp_autofd int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[128];
	int one = 1;

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd >= 0 && !bind(fd, (const struct sockaddr *)address, length_of(address)) &&
	    !listen(fd, 1))
		return dp_take_fd(&fd);
	one = errno;
	dp_address_format((const struct sockaddr *)address, text, sizeof(text));
	return dp_fail(err, -one, "cannot listen at %s", text);
}

int dp_peer_accept(int fd, uint64_t wait_ms, int stream, struct dp_error *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t end = dp_now_ms() + wait_ms;

	while (dp_now_ms() < end) {
		if (poll(&p, 1, HEARTBEAT_MS) > 0) {
			int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

			return peer < 0 ? dp_fail(err, -errno, "accept") : peer;
		}
		dp_emit_text(stream, "alive", NULL, NULL);
	}
	return dp_report(err, -ETIMEDOUT, "nobody has connected within %llu s",
			 (unsigned long long)wait_ms / 1000);
}

static int connect_within(int fd, const struct sockaddr_storage *address, uint64_t limit_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int failure = 0;

	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		return -errno;
	if (!connect(fd, (const struct sockaddr *)address, length_of(address)))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (poll(&p, 1, (int)limit_ms) <= 0)
		return -ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
	return -failure;
}

int dp_peer_find(const struct sockaddr_storage *address, uint64_t wait_ms, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + wait_ms;
	char text[128];
	int rc;

	for (;;) {
		dp_autofd int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		rc = fd < 0 ? -errno : connect_within(fd, address, CONNECT_MS);
		if (!rc && !fcntl(fd, F_SETFL, 0))
			return dp_take_fd(&fd);
		if (rc != -ECONNREFUSED || dp_now_ms() >= end)
			break;
		usleep(200000);
	}
	dp_address_format((const struct sockaddr *)address, text, sizeof(text));
	dp_fail(err, rc, "cannot connect to %s", text);
	return dp_hint(err, "run daxpin traffic --listen there first");
}
