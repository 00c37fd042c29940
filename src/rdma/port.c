// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "cm.h"

#include "daxpin/connection.h"
#include "daxpin/error.h"
#include "daxpin/rdma.h"

void dp_port_close(struct dp_port *port)
{
	if (port->pd)
		ibv_dealloc_pd(port->pd);
	if (port->id)
		rdma_destroy_id(port->id);
	if (port->channel)
		rdma_destroy_event_channel(port->channel);
	memset(port, 0, sizeof(*port));
}

static int begin_port(struct dp_port *port, struct dp_error *err)
{
	memset(port, 0, sizeof(*port));
	port->channel = rdma_create_event_channel();
	if (!port->channel) {
		dp_fail(err, -errno, "there is no RDMA connection manager");
		return dp_hint(err, "load the module rdma_ucm, and check /dev/infiniband/rdma_cm");
	}
	return rdma_create_id(port->channel, &port->id, NULL, RDMA_PS_TCP)
		       ? dp_fail(err, -errno, "rdma_create_id")
		       : 0;
}

/* Fills in what depends on the adapter, which is known now. */
static int complete_port(struct dp_port *port, struct dp_error *err)
{
	snprintf(port->device, sizeof(port->device), "%s",
		 ibv_get_device_name(port->id->verbs->device));
	dp_rdma_provider(port->device, port->provider, sizeof(port->provider));
	port->pd = ibv_alloc_pd(port->id->verbs);
	if (!port->pd)
		return dp_fail(err, errno ? -errno : -EIO, "no protection domain on %s",
			       port->device);
	ibv_query_device_ex(port->id->verbs, NULL, &port->attr);
	return 0;
}

static int bind_port(const struct sockaddr *address, struct dp_port *port, struct dp_error *err)
{
	char text[NI_MAXHOST];
	int rc = begin_port(port, err);

	if (rc)
		return rc;
	dp_address_format(address, text, sizeof(text));
	if (rdma_bind_addr(port->id, (struct sockaddr *)address)) {
		rc = -errno;
		if (rc != -EADDRNOTAVAIL && rc != -ENODEV)
			return dp_fail(err, rc, "cannot bind to %s", text);
	}
	if (!rc && port->id->verbs)
		return complete_port(port, err);
	dp_bad_input(err, "%s is not an address of an RDMA device of this machine", text);
	return dp_hint(err, "give the address of an interface that one lies on: daxpin list");
}

int dp_port_open(const struct sockaddr *address, struct dp_port *port, struct dp_error *err)
{
	int rc = bind_port(address, port, err);

	if (rc)
		dp_port_close(port);
	return rc;
}

int dp_port_towards(const struct sockaddr *peer, struct dp_port *port, struct dp_error *err)
{
	int rc = begin_port(port, err);

	if (!rc)
		rc = dp_cm_resolve(port->id, port->channel, NULL, peer, err);
	if (!rc)
		rc = complete_port(port, err);
	if (rc)
		dp_port_close(port);
	return rc;
}

int dp_port_listen(struct dp_port *port, struct dp_error *err)
{
	char text[NI_MAXHOST];

	if (!rdma_listen(port->id, DP_MAX_PENDING))
		return 0;
	dp_address_format(rdma_get_local_addr(port->id), text, sizeof(text));
	return dp_fail(err, -errno, "cannot listen at %s", text);
}
