/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reliable connections (RC queue pairs) by librdmacm, made as applications make them: address and
 * route are resolved, and events are waited for. Every wait has a limit.
 */
#ifndef DAXPIN_CONNECTION_H
#define DAXPIN_CONNECTION_H

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct dp_error;

/* Scatter/gather elements of a request, and requests that can be under way at the same time. */
#define DP_MAX_SGE     4
#define DP_MAX_PENDING 16

/* IB_UVERBS_DEVICE_… of device_cap_flags_ex, from Linux 6.2 on. */
#define DP_CAP_FLUSH_GLOBAL     (1ULL << 38)
#define DP_CAP_FLUSH_PERSISTENT (1ULL << 39)
#define DP_CAP_ATOMIC_WRITE     (1ULL << 40)

/* An address of an adapter of this machine, to listen at or to connect from. */
struct dp_port {
	struct rdma_event_channel *channel;
	struct rdma_cm_id *id; /* bound to the address; keeps the adapter open */
	struct ibv_pd *pd;
	char device[64];   /* "rxe0" */
	char provider[32]; /* see dp_rdma_provider() */
	struct ibv_device_attr_ex attr;
};

/* An RC queue pair with one completion queue for both directions. */
struct dp_connection {
	struct rdma_event_channel *channel;
	struct rdma_cm_id *id;
	struct ibv_comp_channel *completions;
	struct ibv_cq *cq;
};

/**
 * dp_address_parse - read an IPv4 or IPv6 address with an optional port
 * @text: "10.0.0.1", "10.0.0.1:18515", "[fe80::1%eth0]:18515", or a host name
 * @port: the port if the text has none
 * @address: receives it
 * @err: what is wrong with it (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_address_parse(const char *text, uint16_t port, struct sockaddr_storage *address,
		     struct dp_error *err);

/**
 * dp_rdma_address - find an address of an adapter of this machine
 * @device: its name, NULL for the first one that has an address
 * @port: the port of the result, 0 for any that is free
 * @address: receives it
 * @err: context on failure
 *
 * Return: 0, -ENODEV if it is not there or has none, or another negative errno.
 */
int dp_rdma_address(const char *device, uint16_t port, struct sockaddr_storage *address,
		    struct dp_error *err);

/* Writes an address with its port: "10.0.0.1:18515". @size: of @text, bytes. */
void dp_address_format(const struct sockaddr *address, char *text, size_t size);

/* The port number of an address, in the byte order of the machine. */
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
 * dp_port_towards - bind to the address of this machine from which another one is reached
 * @peer: the other one
 * @port: receives it; release with dp_port_close()
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_port_towards(const struct sockaddr *peer, struct dp_port *port, struct dp_error *err);

/* Begins to listen for connections. Return: 0 or a negative errno. */
int dp_port_listen(struct dp_port *port, struct dp_error *err);

/* Closes a port; one that is all zeros is left alone. */
void dp_port_close(struct dp_port *port);

/**
 * dp_accept - wait for a connection and accept it
 * @port: listens
 * @limit_ms: how long each step may take: the request, the connection
 * @connection: receives it; release with dp_connection_close()
 * @err: context on failure
 *
 * Return: 0, -ETIMEDOUT or another negative errno.
 */
int dp_accept(struct dp_port *port, uint64_t limit_ms, struct dp_connection *connection,
	      struct dp_error *err);

/**
 * dp_connect - connect to a port that listens
 * @port: gives the adapter
 * @peer: the address that is listened at
 * @limit_ms: how long each step may take: address, route, connection
 * @brief: for small requests that may never be acknowledged: they are given up after seconds,
 *         rather than a quarter of a minute
 * @connection: receives it; release with dp_connection_close()
 * @err: context on failure
 *
 * Return: 0, -ECONNREFUSED, -EHOSTUNREACH, -ETIMEDOUT or another negative errno.
 */
int dp_connect(struct dp_port *port, const struct sockaddr *peer, uint64_t limit_ms, bool brief,
	       struct dp_connection *connection, struct dp_error *err);

/**
 * dp_await_completion - wait for a work completion
 * @connection: the connection
 * @limit_ms: how long
 * @wc: receives the completion, successful or not
 *
 * Return: 0, -ETIMEDOUT or another negative errno.
 */
int dp_await_completion(struct dp_connection *connection, uint64_t limit_ms, struct ibv_wc *wc);

/**
 * dp_connection_reset - take a queue pair through RESET and back to RTS
 * @connection: nothing is under way on it
 * @err: names the state that it does not go to
 *
 * It is connected to the same queue pair as before, which has to be reset, too. What is registered
 * belongs to the protection domain, and stays.
 *
 * Return: 0 or a negative errno.
 */
int dp_connection_reset(struct dp_connection *connection, struct dp_error *err);

/* The state of the queue pair: "RTS", "ERR", …; "?" if the kernel does not tell. */
const char *dp_queue_pair_state(const struct dp_connection *connection);

/* Disconnects and closes; a connection that is all zeros is left alone. */
void dp_connection_close(struct dp_connection *connection);

#endif
