/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reliable connections (RC queue pairs) through librdmacm, made as applications make them: address
 * and route are resolved, events are waited for. Every wait has a limit.
 */
#ifndef DAXPIN_CONNECTION_H
#define DAXPIN_CONNECTION_H

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct dp_error;

/* Scatter elements that one request can have, and requests that can be under way. */
#define DP_MAX_SGE     4
#define DP_MAX_PENDING 16

/* IB_UVERBS_DEVICE_…, from Linux 6.2 on, in device_cap_flags_ex. */
#define DP_CAP_FLUSH_GLOBAL     (1ULL << 38)
#define DP_CAP_FLUSH_PERSISTENT (1ULL << 39)
#define DP_CAP_ATOMIC_WRITE     (1ULL << 40)

/* An address of this machine that belongs to an adapter: to listen at, or to connect from. */
struct dp_port {
	struct rdma_event_channel *channel;
	struct rdma_cm_id *id; /* bound to the address; keeps the adapter open */
	struct ibv_pd *pd;
	char device[64], provider[32];
	struct ibv_device_attr_ex attr;
};

struct dp_connection {
	struct rdma_event_channel *channel;
	struct rdma_cm_id *id;
	struct ibv_comp_channel *completions;
	struct ibv_cq *cq;
};

/**
 * dp_address_parse - an IPv4 or IPv6 address with an optional port
 * @text: "10.0.0.1", "10.0.0.1:18515", "[fe80::1%eth0]:18515", or a host name
 * @port: taken if the text has none
 * @address: receives it
 * @err: what is wrong with it (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_address_parse(const char *text, uint16_t port, struct sockaddr_storage *address,
		     struct dp_error *err);

/**
 * dp_rdma_address - an address of the first adapter of this machine that has one
 * @port: to go with it
 * @address: receives it
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_rdma_address(uint16_t port, struct sockaddr_storage *address, struct dp_error *err);

/* "10.0.0.1:18515" */
void dp_address_format(const struct sockaddr *address, char *text, size_t size);

/* The port number of an address, in host order. */
uint16_t dp_address_port(const struct sockaddr *address);

/**
 * dp_port_open - bind to an address of an adapter
 * @address: of this machine
 * @port: receives it; release with dp_port_close()
 * @err: context on failure; an address that belongs to no adapter is bad input
 *
 * Return: 0 or a negative errno.
 */
int dp_port_open(const struct sockaddr *address, struct dp_port *port, struct dp_error *err);

/**
 * dp_port_towards - bind to whichever address of this machine leads to another one
 * @peer: the other one
 * @port: receives it; release with dp_port_close()
 * @err: context on failure; no route, or one that no adapter has, is a hint at the user
 *
 * Return: 0 or a negative errno.
 */
int dp_port_towards(const struct sockaddr *peer, struct dp_port *port, struct dp_error *err);

/* Begins to listen. Return: 0 or a negative errno. */
int dp_port_listen(struct dp_port *port, struct dp_error *err);

/* Closes what was opened; a zero struct is left alone. */
void dp_port_close(struct dp_port *port);

/**
 * dp_accept - wait for a connection
 * @port: listens
 * @limit_ms: how long
 * @connection: receives it; release with dp_connection_close()
 * @err: context on failure
 *
 * Return: 0, -ETIMEDOUT or another negative errno.
 */
int dp_accept(struct dp_port *port, uint64_t limit_ms, struct dp_connection *connection,
	      struct dp_error *err);

/**
 * dp_connect - connect to somebody who listens
 * @port: whose adapter is used
 * @peer: where to
 * @limit_ms: how long each step may take: address, route, connection
 * @brief: for small requests that may be lost on purpose: what is not acknowledged is given up
 * after seconds rather than a quarter of a minute
 * @connection: receives it; release with dp_connection_close()
 * @err: context on failure
 *
 * Return: 0, -ECONNREFUSED, -EHOSTUNREACH, -ETIMEDOUT or another negative errno.
 */
int dp_connect(struct dp_port *port, const struct sockaddr *peer, uint64_t limit_ms, bool brief,
	       struct dp_connection *connection, struct dp_error *err);

/**
 * dp_await_completion - wait for one work completion
 * @connection: its queue
 * @limit_ms: how long
 * @wc: receives it
 *
 * Return: 0, -ETIMEDOUT or -EIO.
 */
int dp_await_completion(struct dp_connection *connection, uint64_t limit_ms, struct ibv_wc *wc);

/* The state of its queue pair: "RTS", "ERR", …; "?" if it cannot be asked. */
const char *dp_queue_pair_state(const struct dp_connection *connection);

/* Disconnects and closes; a zero struct is left alone. */
void dp_connection_close(struct dp_connection *connection);

#endif
