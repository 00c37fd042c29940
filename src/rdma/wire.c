// SPDX-License-Identifier: GPL-2.0-or-later
/* The wire between two soft-RoCE devices of this machine (include/daxpin/netdev.h). */
#include <errno.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/netdev.h"
#include "daxpin/rdma.h"

/* The largest packet of RoCE, 4096 bytes and headers, fits. */
#define MTU 4300

/*
 * Packets that may wait for a CPU. The response to a read of some megabytes arrives all at once,
 * and a packet that is dropped is sent again only after seconds.
 */
#define BACKLOG "100000"

/* The routing table for packets that take the wire although this machine has their address. */
#define WIRE_TABLE 100

static void put_addr(struct rtnl_addr **addr)
{
	if (*addr)
		rtnl_addr_put(*addr);
}

static void put_address(struct nl_addr **addr)
{
	if (*addr)
		nl_addr_put(*addr);
}

static void put_rule(struct rtnl_rule **rule)
{
	if (*rule)
		rtnl_rule_put(*rule);
}

static void put_route(struct rtnl_route **route)
{
	if (*route)
		rtnl_route_put(*route);
}

static int add_address(struct nl_sock *sock, const char *netdev, const char *address)
{
	dp_cleanup(put_addr) struct rtnl_addr *addr = rtnl_addr_alloc();
	dp_cleanup(put_address) struct nl_addr *local = NULL;
	dp_cleanup(put_link) struct rtnl_link *link = NULL;
	int rc = rtnl_link_get_kernel(sock, 0, netdev, &link);

	if (!rc)
		rc = nl_addr_parse(address, AF_INET, &local);
	if (rc || !addr)
		return rc ? rc : -NLE_NOMEM;
	nl_addr_set_prefixlen(local, 24);
	rtnl_addr_set_ifindex(addr, rtnl_link_get_ifindex(link));
	rtnl_addr_set_local(addr, local);
	return rtnl_addr_add(sock, addr, NLM_F_REPLACE);
}

static int set_end(const char *netdev, const char *address, struct dp_error *err)
{
	dp_cleanup(put_socket) struct nl_sock *sock = dp_netlink_socket(NETLINK_ROUTE);
	int rc = sock ? dp_link_up(sock, "lo", 0) : -NLE_NOMEM;

	if (!rc)
		rc = dp_link_up(sock, netdev, MTU);
	if (!rc)
		rc = add_address(sock, netdev, address);
	return rc ? dp_report(err, -EIO, "cannot give %s the address %s: %s", netdev, address,
			      nl_geterror(rc))
		  : 0;
}

int dp_wire_near(const char *netdev, struct dp_error *err)
{
	dp_write_attr(BACKLOG, "/proc/sys/net/core/netdev_max_backlog");
	return set_end(netdev, DP_WIRE_NEAR, err);
}

static int add_rule(struct nl_sock *sock, const char *iif, uint32_t prio, uint32_t table)
{
	dp_cleanup(put_rule) struct rtnl_rule *rule = rtnl_rule_alloc();

	if (!rule)
		return -NLE_NOMEM;
	rtnl_rule_set_family(rule, AF_INET);
	rtnl_rule_set_prio(rule, prio);
	rtnl_rule_set_table(rule, table);
	rtnl_rule_set_action(rule, FR_ACT_TO_TBL);
	if (iif)
		rtnl_rule_set_iif(rule, iif);
	return rtnl_rule_add(sock, rule, 0);
}

static int delete_first_rule(struct nl_sock *sock)
{
	dp_cleanup(put_rule) struct rtnl_rule *rule = rtnl_rule_alloc();

	if (!rule)
		return -NLE_NOMEM;
	rtnl_rule_set_family(rule, AF_INET);
	rtnl_rule_set_prio(rule, 0);
	rtnl_rule_set_table(rule, RT_TABLE_LOCAL);
	rtnl_rule_set_action(rule, FR_ACT_TO_TBL);
	return rtnl_rule_delete(sock, rule, 0);
}

/* Routes to an address of this machine through the interface at the opposite end of the wire. */
static int add_route(struct nl_sock *sock, const char *to, const char *netdev, const char *from)
{
	dp_cleanup(put_route) struct rtnl_route *route = rtnl_route_alloc();
	dp_cleanup(put_address) struct nl_addr *dst = NULL, *src = NULL;
	dp_cleanup(put_link) struct rtnl_link *link = NULL;
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	int rc = rtnl_link_get_kernel(sock, 0, netdev, &link);

	if (!rc)
		rc = nl_addr_parse(to, AF_INET, &dst);
	if (!rc)
		rc = nl_addr_parse(from, AF_INET, &src);
	if (rc || !route || !hop)
		return rc ? rc : -NLE_NOMEM;
	rtnl_route_nh_set_ifindex(hop, rtnl_link_get_ifindex(link));
	rtnl_route_add_nexthop(route, hop);
	rtnl_route_set_family(route, AF_INET);
	rtnl_route_set_table(route, WIRE_TABLE);
	rtnl_route_set_scope(route, RT_SCOPE_LINK);
	rtnl_route_set_dst(route, dst);
	rtnl_route_set_pref_src(route, src);
	return rtnl_route_add(sock, route, 0);
}

/*
 * The rules for both ends in one namespace: packets that arrive on one of the interfaces are
 * delivered locally; all others are routed over the wire first, and by the local table last.
 */
static int set_rules(const char *near, const char *far)
{
	dp_cleanup(put_socket) struct nl_sock *sock = dp_netlink_socket(NETLINK_ROUTE);
	int rc = sock ? add_rule(sock, near, 10, RT_TABLE_LOCAL) : -NLE_NOMEM;

	if (!rc)
		rc = add_rule(sock, far, 11, RT_TABLE_LOCAL);
	if (!rc)
		rc = add_rule(sock, NULL, 100, WIRE_TABLE);
	if (!rc)
		rc = add_rule(sock, NULL, 200, RT_TABLE_LOCAL);
	if (!rc)
		rc = delete_first_rule(sock);
	if (!rc)
		rc = add_route(sock, DP_WIRE_FAR, near, DP_WIRE_NEAR);
	if (!rc)
		rc = add_route(sock, DP_WIRE_NEAR, far, DP_WIRE_FAR);
	dp_write_attr("1", "/proc/sys/net/ipv4/conf/all/accept_local");
	dp_write_attr("0", "/proc/sys/net/ipv4/conf/all/rp_filter");
	return rc;
}

/* Whether this namespace has a socket at the UDP port of RoCE, 4791. */
static bool hears_roce(void)
{
	dp_autofree char *text = NULL;

	return !dp_read_file("/proc/thread-self/net/udp", 1 << 20, &text, NULL, NULL) &&
	       strstr(text, ":12B7 ");
}

/*
 * Moves the far end to a new namespace and makes its adapter there. Return: 1; 0 if rxe does not
 * work in that namespace, and the far end is back in the first one; or a negative errno.
 */
static int try_namespace(const char *netdev, const char *device, struct dp_error *err)
{
	dp_autofd int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	dp_autofd int away = -1;
	int rc = home < 0 || unshare(CLONE_NEWNET) ? -errno : 0;

	if (!rc)
		away = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (!rc && (away < 0 || setns(home, CLONE_NEWNET)))
		rc = -errno;
	if (!rc && dp_link_move(netdev, away))
		rc = -EIO;
	if (!rc && setns(away, CLONE_NEWNET))
		rc = -errno;
	if (rc)
		return dp_fail(err, rc, "cannot put %s into a network namespace", netdev);
	rc = set_end(netdev, DP_WIRE_FAR, err);
	if (!rc)
		rc = dp_rxe_add(device, netdev, err);
	if (rc || hears_roce())
		return rc ? rc : 1;
	rc = dp_rxe_delete(device, err);
	if (!rc && (dp_link_move(netdev, home) || setns(home, CLONE_NEWNET)))
		rc = dp_fail(err, -EIO, "cannot bring %s back", netdev);
	return rc;
}

int dp_wire_far(const char *netdev, const char *device, const char **topology, struct dp_error *err)
{
	char near[32];
	int rc = try_namespace(netdev, device, err);

	*topology = rc == 1 ? "namespaces" : "veth";
	if (rc)
		return rc < 0 ? rc : 0;
	rc = set_end(netdev, DP_WIRE_FAR, err);
	if (!rc)
		rc = dp_rxe_add(device, netdev, err);
	if (rc)
		return rc;
	snprintf(near, sizeof(near), "%.*s", (int)strlen(netdev) - 1, netdev);
	rc = set_rules(near, netdev);
	return rc ? dp_report(err, -EIO, "cannot make the rules of the wire: %s", nl_geterror(rc))
		  : 0;
}
