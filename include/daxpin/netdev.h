/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces below software adapters, and a wire between two of them. All of it needs
 * CAP_NET_ADMIN, and is for machines of daxpin's own.
 */
#ifndef DAXPIN_NETDEV_H
#define DAXPIN_NETDEV_H

#include <sys/socket.h>

struct dp_error;

/* The ends of the wire: addresses that are set aside for measurements (RFC 2544). */
#define DP_WIRE_NEAR "198.18.0.1"
#define DP_WIRE_FAR  "198.18.0.2"

/* Makes a pair of veth interfaces, up; the second is named with a "p" appended. */
int dp_netdev_veth(const char *netdev, struct dp_error *err);

/* Deletes a network interface (RTM_DELLINK). Return: 0 or a negative errno. */
int dp_netdev_delete(const char *netdev, struct dp_error *err);

/**
 * dp_wire_near - give this end of a veth pair its address
 * @netdev: "veth0"
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_wire_near(const char *netdev, struct dp_error *err);

/**
 * dp_wire_far - make of the other end of the pair another machine, with an adapter of its own
 * @netdev: "veth0p"
 * @device: name of the soft-RoCE device to make on it
 * @topology: receives how: "namespaces" if it is in a network namespace of its own, which is this
 *            process's from then on, or "veth" if it is not
 * @err: context on failure
 *
 * rxe sends and receives in the first network namespace alone, wherever its device is
 * (rxe_net_init() and rxe_find_route4(), which name init_net), until it has a socket in each
 * (rxe_ns.c, from Linux 7.2 on). Where the new namespace has none, both ends stay in the same, and
 * rules see to it that what one sends to the other takes the wire.
 *
 * Return: 0 or a negative errno.
 */
int dp_wire_far(const char *netdev, const char *device, const char **topology,
		struct dp_error *err);

#endif
