/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces below software adapters, and a wire between two such adapters of one machine.
 * All of this needs CAP_NET_ADMIN, and is for guests only: it changes interfaces and routing rules.
 */
#ifndef DAXPIN_NETDEV_H
#define DAXPIN_NETDEV_H

#include <sys/socket.h>

struct dp_error;

/* The addresses of the two ends of the wire, from the range for benchmarks (RFC 2544). */
#define DP_WIRE_NEAR "198.18.0.1"
#define DP_WIRE_FAR  "198.18.0.2"

/*
 * Makes a pair of veth interfaces and sets them up. The second has the name @netdev with a "p"
 * appended. Return: 0 or a negative errno.
 */
int dp_netdev_veth(const char *netdev, struct dp_error *err);

/* Deletes a network interface (RTM_DELLINK). Return: 0 or a negative errno. */
int dp_netdev_delete(const char *netdev, struct dp_error *err);

/**
 * dp_wire_near - prepare the near end of the wire: set it up and give it DP_WIRE_NEAR
 * @netdev: the first interface of a veth pair, "veth0"
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_wire_near(const char *netdev, struct dp_error *err);

/**
 * dp_wire_far - prepare the far end of the wire: with an adapter of its own, at DP_WIRE_FAR
 * @netdev: the second interface of the pair, "veth0p"
 * @device: name of the soft-RoCE device to make on it
 * @topology: receives "namespaces" if the far end has a network namespace of its own, which this
 *            process is in from then on; "veth" if both ends share one
 * @err: context on failure
 *
 * Before Linux 7.2, rxe sends and receives in the first network namespace only, wherever its device
 * is (rxe_net_init() and rxe_find_route4() name init_net); since then it has a socket in each
 * (rxe_ns.c). If the new namespace has no socket, both ends stay in the first namespace, and
 * routing rules send what one end sends to the other over the wire.
 *
 * Return: 0 or a negative errno.
 */
int dp_wire_far(const char *netdev, const char *device, const char **topology,
		struct dp_error *err);

#endif
