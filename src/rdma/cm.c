// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <poll.h>

#include "cm.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/connection.h"
#include "daxpin/error.h"

/*
 * Limits for resolving an address, ms, one attempt after the other. An answer that comes while the
 * question is being sent, as on a veth, is noticed only when the limit is over (rdma_resolve_ip()
 * queues the request after addr_resolve() has asked the neighbour).
 */
static const int resolve_limits_ms[] = { 100, 1000, 5000 };

bool dp_readable(int fd, uint64_t limit_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t end = dp_now_ms() + limit_ms;

	for (;;) {
		uint64_t now = dp_now_ms();
		int rc = poll(&p, 1, now < end ? (int)(end - now) : 0);

		if (rc >= 0 || errno != EINTR)
			return rc > 0;
	}
}

/* The errno for an event that was not waited for. */
static int unwanted(const struct rdma_cm_event *event)
{
	switch (event->event) {
	case RDMA_CM_EVENT_REJECTED:
		return -ECONNREFUSED;
	case RDMA_CM_EVENT_DISCONNECTED:
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		return -ECONNRESET;
	default:
		return event->status < 0 ? event->status : -EHOSTUNREACH;
	}
}

int dp_cm_await(struct rdma_event_channel *channel, enum rdma_cm_event_type wanted,
		uint64_t limit_ms, struct rdma_cm_id **id)
{
	struct rdma_cm_event *event;
	int rc;

	if (!dp_readable(channel->fd, limit_ms))
		return -ETIMEDOUT;
	if (rdma_get_cm_event(channel, &event))
		return -errno;
	rc = event->event == wanted ? 0 : unwanted(event);
	if (!rc && id)
		*id = event->id;
	rdma_ack_cm_event(event);
	return rc;
}

int dp_cm_resolve(struct rdma_cm_id *id, struct rdma_event_channel *channel, struct sockaddr *from,
		  const struct sockaddr *peer, struct dp_error *err)
{
	char text[NI_MAXHOST];
	int rc = -ETIMEDOUT;

	dp_address_format(peer, text, sizeof(text));
	for (size_t i = 0; i < DP_ARRAY_SIZE(resolve_limits_ms) && rc; i++) {
		int limit = resolve_limits_ms[i];

		rc = rdma_resolve_addr(id, from, (struct sockaddr *)peer, limit) ? -errno : 0;
		if (!rc)
			rc = dp_cm_await(channel, RDMA_CM_EVENT_ADDR_RESOLVED, 2000 + limit, NULL);
	}
	if (!rc)
		return 0;
	dp_fail(err, rc, "no RDMA device of this machine leads to %s", text);
	return dp_hint(err,
		       "check the route to it, and that an RDMA device lies on that interface");
}
