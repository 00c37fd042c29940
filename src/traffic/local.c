// SPDX-License-Identifier: GPL-2.0-or-later
/* Both ends on one machine: each remote end is a process of its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daxpin/traffic.h"

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/netdev.h"
#include "daxpin/rdma.h"

/* Making an adapter and listening takes milliseconds; under emulation, a second. */
#define BEGIN_LIMIT_MS 60000

/* What a remote end begins with. */
struct far {
	const struct dp_traffic_options *options;
	struct sockaddr_storage at; /* where it listens */
	bool wire;                  /* it makes an adapter at the far end of the wire */
};

static int begin(const struct far *far, struct dp_port *port, const char **topology,
		 struct dp_error *err)
{
	int rc = far->wire ? dp_wire_far("veth0p", "rxe1", topology, err) : 0;

	if (!rc)
		rc = dp_port_open((const struct sockaddr *)&far->at, port, err);
	return rc ? rc : dp_port_listen(port, err);
}

static void serve(int fd, void *arg)
{
	const struct far *far = arg;
	struct dp_port port = { 0 };
	struct dp_error err = { 0 };
	const char *topology = "loopback";
	struct dp_reply reply = { .rc = begin(far, &port, &topology, &err) };

	snprintf(reply.text, sizeof(reply.text), "%.300s", reply.rc ? err.what : topology);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	if (!reply.rc)
		dp_traffic_serve(fd, &port, far->options, NULL, NULL, NULL);
	dp_port_close(&port);
}

static int start(struct far *far, struct dp_actor *actor, struct dp_route *route, char *topology,
		 size_t size, struct dp_error *err)
{
	struct dp_reply reply;
	int rc = dp_actor_start(actor, serve, far);

	if (rc)
		return dp_fail(err, rc, "cannot start a process");
	if (dp_actor_hear(actor, BEGIN_LIMIT_MS, &reply) != DP_DONE)
		return dp_report(err, -EIO, "the remote end of the traffic does not begin");
	if (reply.rc)
		return dp_report(err, reply.rc, "the remote end of the traffic: %s", reply.text);
	snprintf(topology, size, "%.*s", (int)size - 1, reply.text);
	*route = (struct dp_route){ .topology = topology, .at = far->at, .fd = actor->fd };
	return 0;
}

static void clear(struct dp_actor (*actors)[2])
{
	dp_actor_clear(&(*actors)[0]);
	dp_actor_clear(&(*actors)[1]);
}

int dp_traffic_local(const struct dp_cases *cases, const struct sockaddr_storage *at, bool wire,
		     const struct dp_traffic_options *options, int fd, struct dp_error *err)
{
	dp_cleanup(clear) struct dp_actor actors[2] = { DP_NO_ACTOR, DP_NO_ACTOR };
	dp_cleanup(dp_port_close) struct dp_port port = { 0 };
	struct far loop = { .options = options }, across = { .options = options, .wire = true };
	struct dp_route routes[2];
	char topologies[2][32];
	struct sockaddr_storage local = *at;
	size_t n = 0;
	int rc = 0;

	loop.at = *at;
	if (!rc && wire)
		rc = dp_address_parse(DP_WIRE_FAR, DP_TRAFFIC_PORT, &across.at, err);
	if (!rc)
		rc = start(&loop, &actors[n], &routes[n], topologies[n], 32, err);
	n++;
	if (!rc && wire)
		rc = start(&across, &actors[n], &routes[n], topologies[n], 32, err);
	n += wire;
	/*
	 * Only now: a process that is forked later would share what librdmacm has opened here. This
	 * end connects from any free port. sin6_port is in the same place.
	 */
	((struct sockaddr_in *)&local)->sin_port = 0;
	if (!rc)
		rc = dp_port_open((struct sockaddr *)&local, &port, err);
	if (rc)
		return rc;
	dp_rdma_emit(fd, port.device, port.provider,
		     port.attr.odp_caps.general_caps & IBV_ODP_SUPPORT);
	return dp_traffic_run(cases, routes, n, &port, options, fd, err);
}
