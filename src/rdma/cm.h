/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ports and connections share: waiting for events of librdmacm, with a limit. */
#ifndef DAXPIN_RDMA_CM_H
#define DAXPIN_RDMA_CM_H

#include <rdma/rdma_cma.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct dp_error;

/* Waits until a descriptor is readable. Return: false after @limit_ms. */
bool dp_readable(int fd, uint64_t limit_ms);

/**
 * dp_cm_await - wait for the next event of a channel, which must be the wanted one
 * @channel: the channel
 * @wanted: the event
 * @limit_ms: how long to wait for it
 * @id: receives the connection that it is about; may be NULL
 *
 * Return: 0, -ETIMEDOUT, or what another event means, such as -ECONNREFUSED.
 */
int dp_cm_await(struct rdma_event_channel *channel, enum rdma_cm_event_type wanted,
		uint64_t limit_ms, struct rdma_cm_id **id);

/**
 * dp_cm_resolve - find the adapter that leads to an address
 * @id: receives the adapter
 * @channel: its events
 * @from: an address of this machine whose adapter it must be, NULL for any
 * @peer: where to
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_cm_resolve(struct rdma_cm_id *id, struct rdma_event_channel *channel, struct sockaddr *from,
		  const struct sockaddr *peer, struct dp_error *err);

#endif
