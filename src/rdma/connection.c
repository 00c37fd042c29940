// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/connection.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/rdma.h"

/* The kernel's own limit for finding out by which route an address is reached, ms. */
#define ROUTE_LIMIT_MS 5000
/*
 * And for finding out where it is, ms, one attempt after the other: an answer that comes while the
 * question is being sent, as on a veth, is looked at only when the limit is over
 * (rdma_resolve_ip() queues the request after addr_resolve() has asked the neighbour).
 */
static const int resolve_limits_ms[] = { 100, 1000, 5000 };

/* 4.096 us times 2 to the power of this: half a second. */
#define ACK_TIMEOUT 17

/* How often somebody who refuses is asked, and when again, us. */
#define CONNECT_ATTEMPTS 3
#define CONNECT_AGAIN_US 50000

/* ---- addresses --------------------------------------------------------------------------- */

static void free_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

/* "[HOST]:PORT", "HOST:PORT" and "HOST"; an IPv6 address without brackets has no port. */
static void split_address(const char *text, char *host, size_t size, char *service, size_t room)
{
	const char *colon = strrchr(text, ':'), *end = text + strlen(text);
	bool bracket = *text == '[' && strchr(text, ']');

	if (bracket) {
		const char *close = strchr(text, ']');

		snprintf(host, size, "%.*s", (int)(close - text - 1), text + 1);
		if (close[1] == ':')
			snprintf(service, room, "%s", close + 2);
		return;
	}
	if (colon && strchr(text, ':') == colon) {
		snprintf(service, room, "%s", colon + 1);
		end = colon;
	}
	snprintf(host, size, "%.*s", (int)(end - text), text);
}

int dp_address_parse(const char *text, uint16_t port, struct sockaddr_storage *address,
		     struct dp_error *err)
{
	dp_cleanup(free_addresses) struct addrinfo *list = NULL;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	char host[256] = "", service[16] = "", *end;
	long number;
	int rc;

	snprintf(service, sizeof(service), "%u", port);
	split_address(text, host, sizeof(host), service, sizeof(service));
	/* getaddrinfo() takes one that is too large for a smaller one. */
	number = strtol(service, &end, 10);
	if (!service[0] || *end || number < 1 || number > UINT16_MAX)
		return dp_bad_input(err, "\"%s\" has no port from 1 to 65535", text);
	rc = host[0] ? getaddrinfo(host, service, &hints, &list) : EAI_NONAME;
	if (rc)
		return dp_bad_input(err, "\"%s\" is no address: %s", text, gai_strerror(rc));
	memset(address, 0, sizeof(*address));
	memcpy(address, list->ai_addr, list->ai_addrlen);
	return 0;
}

uint16_t dp_address_port(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

void dp_address_format(const struct sockaddr *address, char *text, size_t size)
{
	socklen_t len = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						       : sizeof(struct sockaddr_in);
	char host[NI_MAXHOST] = "?", service[NI_MAXSERV] = "?";

	getnameinfo(address, len, host, sizeof(host), service, sizeof(service),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(text, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, service);
}

/* The first address of an interface, IPv4 if it has one. */
static bool find_address(const struct ifaddrs *list, const char *netdev, int family,
			 struct sockaddr_storage *address)
{
	size_t size = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	for (; list; list = list->ifa_next) {
		if (!list->ifa_addr || list->ifa_addr->sa_family != family ||
		    strcmp(list->ifa_name, netdev))
			continue;
		memset(address, 0, sizeof(*address));
		memcpy(address, list->ifa_addr, size);
		return true;
	}
	return false;
}

static void free_interfaces(struct ifaddrs **list)
{
	if (*list)
		freeifaddrs(*list);
}

int dp_rdma_address(uint16_t port, struct sockaddr_storage *address, struct dp_error *err)
{
	dp_cleanup(free_interfaces) struct ifaddrs *list = NULL;
	struct ibv_device **devices = ibv_get_device_list(NULL);
	char netdev[32];
	bool found = false, any = devices && *devices;

	getifaddrs(&list);
	for (struct ibv_device **d = devices; d && *d && !found; d++)
		found = !dp_read_attr(netdev, sizeof(netdev),
				      "/sys/class/infiniband/%s/ports/1/gid_attrs/ndevs/0",
				      ibv_get_device_name(*d)) &&
			(find_address(list, netdev, AF_INET, address) ||
			 find_address(list, netdev, AF_INET6, address));
	if (devices)
		ibv_free_device_list(devices);
	/* At the same place for IPv6. */
	((struct sockaddr_in *)address)->sin_port = htons(port);
	if (found)
		return 0;
	dp_report(err, -ENODEV,
		  any ? "no RDMA device of this machine has an address"
		      : "this machine has no RDMA device");
	return dp_hint(err, any ? "give its interface one"
				: "add one (rdma link add rxe0 type rxe netdev …), or use "
				  "\"daxpin guest\", which brings its own");
}

/* ---- events ------------------------------------------------------------------------------ */

static bool readable(int fd, uint64_t limit_ms)
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

/* What went wrong, from an event that was not the one waited for. */
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

/* The next event of a channel must be this one; @id receives the connection that it is about. */
static int await_event(struct rdma_event_channel *channel, enum rdma_cm_event_type wanted,
		       uint64_t limit_ms, struct rdma_cm_id **id)
{
	struct rdma_cm_event *event;
	int rc;

	if (!readable(channel->fd, limit_ms))
		return -ETIMEDOUT;
	if (rdma_get_cm_event(channel, &event))
		return -errno;
	rc = event->event == wanted ? 0 : unwanted(event);
	if (!rc && id)
		*id = event->id;
	rdma_ack_cm_event(event);
	return rc;
}

/* ---- the port ---------------------------------------------------------------------------- */

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

/* Once an adapter is known. */
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
	dp_bad_input(err, "%s is no address of an RDMA device of this machine", text);
	return dp_hint(err, "give the address of an interface that one lies on: daxpin list");
}

int dp_port_open(const struct sockaddr *address, struct dp_port *port, struct dp_error *err)
{
	int rc = bind_port(address, port, err);

	if (rc)
		dp_port_close(port);
	return rc;
}

/* @from: an address of this machine whose adapter it must be, NULL for whichever leads there. */
static int resolve(struct rdma_cm_id *id, struct rdma_event_channel *channel, struct sockaddr *from,
		   const struct sockaddr *peer, struct dp_error *err)
{
	char text[NI_MAXHOST];
	int rc = -ETIMEDOUT;

	dp_address_format(peer, text, sizeof(text));
	for (size_t i = 0; i < DP_ARRAY_SIZE(resolve_limits_ms) && rc; i++) {
		int limit = resolve_limits_ms[i];

		rc = rdma_resolve_addr(id, from, (struct sockaddr *)peer, limit) ? -errno : 0;
		if (!rc)
			rc = await_event(channel, RDMA_CM_EVENT_ADDR_RESOLVED, 2000 + limit, NULL);
	}
	if (!rc)
		return 0;
	dp_fail(err, rc, "no RDMA device of this machine leads to %s", text);
	return dp_hint(err,
		       "check the route to it, and that an RDMA device lies on that interface");
}

int dp_port_towards(const struct sockaddr *peer, struct dp_port *port, struct dp_error *err)
{
	int rc = begin_port(port, err);

	if (!rc)
		rc = resolve(port->id, port->channel, NULL, peer, err);
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

/* ---- connections ------------------------------------------------------------------------- */

void dp_connection_close(struct dp_connection *c)
{
	if (c->id && c->id->qp) {
		rdma_disconnect(c->id);
		rdma_destroy_qp(c->id);
	}
	if (c->cq)
		ibv_destroy_cq(c->cq);
	if (c->completions)
		ibv_destroy_comp_channel(c->completions);
	if (c->id)
		rdma_destroy_id(c->id);
	if (c->channel)
		rdma_destroy_event_channel(c->channel);
	memset(c, 0, sizeof(*c));
}

/* Operations that are posted through ibv_wr_…(), of those that the adapter has. */
static uint64_t extended_operations(const struct ibv_device_attr_ex *attr)
{
	uint64_t flags = 0;

	if (attr->device_cap_flags_ex & DP_CAP_ATOMIC_WRITE)
		flags |= IBV_QP_EX_WITH_ATOMIC_WRITE;
#ifdef DP_HAVE_FLUSH
	if (attr->device_cap_flags_ex & (DP_CAP_FLUSH_GLOBAL | DP_CAP_FLUSH_PERSISTENT))
		flags |= IBV_QP_EX_WITH_FLUSH;
#endif
	return flags;
}

static int make_queues(struct dp_connection *c, const struct dp_port *port, struct dp_error *err)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_RC,
		.sq_sig_all = 1,
		.comp_mask = IBV_QP_INIT_ATTR_PD,
		.pd = port->pd,
		.cap = { .max_send_wr = DP_MAX_PENDING,
			 .max_recv_wr = DP_MAX_PENDING,
			 .max_send_sge = DP_MAX_SGE,
			 .max_recv_sge = DP_MAX_SGE },
	};

	c->completions = ibv_create_comp_channel(c->id->verbs);
	if (c->completions)
		c->cq = ibv_create_cq(c->id->verbs, 2 * DP_MAX_PENDING, NULL, c->completions, 0);
	if (!c->cq)
		return dp_fail(err, errno ? -errno : -EIO, "no completion queue");
	attr.send_cq = attr.recv_cq = c->cq;
	attr.send_ops_flags = extended_operations(&port->attr);
	if (attr.send_ops_flags)
		attr.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
	if (rdma_create_qp_ex(c->id, &attr))
		return dp_fail(err, -errno, "no queue pair");
	return ibv_req_notify_cq(c->cq, 0) ? dp_fail(err, -EIO, "no completion events") : 0;
}

static struct rdma_conn_param parameters(const struct dp_port *port)
{
	const struct ibv_device_attr *attr = &port->attr.orig_attr;

	/* One read or atomic at a time is what is asked here; retries end after seconds. */
	return (struct rdma_conn_param){
		.responder_resources = attr->max_qp_rd_atom > 0,
		.initiator_depth = attr->max_qp_init_rd_atom > 0,
		.retry_count = 5,
		.rnr_retry_count = 5,
	};
}

static int take_request(struct dp_port *port, uint64_t limit_ms, struct dp_connection *c,
			struct dp_error *err)
{
	struct rdma_conn_param param = parameters(port);
	int rc = await_event(port->channel, RDMA_CM_EVENT_CONNECT_REQUEST, limit_ms, &c->id);

	if (rc)
		return dp_fail(err, rc, "nobody has connected");
	c->channel = rdma_create_event_channel();
	if (!c->channel || rdma_migrate_id(c->id, c->channel))
		return dp_fail(err, -errno, "no event channel for a connection");
	rc = make_queues(c, port, err);
	if (rc)
		return rc;
	rc = rdma_accept(c->id, &param) ? -errno : 0;
	if (!rc)
		rc = await_event(c->channel, RDMA_CM_EVENT_ESTABLISHED, limit_ms, NULL);
	return rc ? dp_fail(err, rc, "a connection was not completed") : 0;
}

int dp_accept(struct dp_port *port, uint64_t limit_ms, struct dp_connection *connection,
	      struct dp_error *err)
{
	int rc;

	memset(connection, 0, sizeof(*connection));
	rc = take_request(port, limit_ms, connection, err);
	if (rc)
		dp_connection_close(connection);
	return rc;
}

static int establish(struct dp_port *port, const struct sockaddr *peer, uint64_t limit_ms,
		     bool brief, struct dp_connection *c, struct dp_error *err)
{
	struct rdma_conn_param param = parameters(port);
	uint8_t timeout = ACK_TIMEOUT;
	struct sockaddr_storage from = port->id->route.addr.src_storage;
	char text[NI_MAXHOST];
	int rc;

	/* Whichever port is free: it is at the same place for IPv6. */
	((struct sockaddr_in *)&from)->sin_port = 0;
	c->channel = rdma_create_event_channel();
	if (!c->channel || rdma_create_id(c->channel, &c->id, NULL, RDMA_PS_TCP))
		return dp_fail(err, -errno, "no event channel for a connection");
	/* Where a kernel does not know the option, waiting takes longer, and that is all. */
	if (brief)
		rdma_set_option(c->id, RDMA_OPTION_ID, RDMA_OPTION_ID_ACK_TIMEOUT, &timeout,
				sizeof(timeout));
	param.retry_count = brief ? 3 : param.retry_count;
	rc = resolve(c->id, c->channel, (struct sockaddr *)&from, peer, err);
	if (rc)
		return rc;
	dp_address_format(peer, text, sizeof(text));
	rc = rdma_resolve_route(c->id, ROUTE_LIMIT_MS) ? -errno : 0;
	if (!rc)
		rc = await_event(c->channel, RDMA_CM_EVENT_ROUTE_RESOLVED, limit_ms, NULL);
	if (rc)
		return dp_fail(err, rc, "no RDMA route to %s", text);
	rc = make_queues(c, port, err);
	if (rc)
		return rc;
	rc = rdma_connect(c->id, &param) ? -errno : 0;
	if (!rc)
		rc = await_event(c->channel, RDMA_CM_EVENT_ESTABLISHED, limit_ms, NULL);
	return rc ? dp_fail(err, rc, "cannot connect to %s", text) : 0;
}

/*
 * A queue pair's number that was in use a moment ago may be refused as stale (cm_match_req()): the
 * next one is not.
 */
int dp_connect(struct dp_port *port, const struct sockaddr *peer, uint64_t limit_ms, bool brief,
	       struct dp_connection *connection, struct dp_error *err)
{
	for (int attempt = 1;; attempt++) {
		struct dp_error why = { 0 };
		int rc;

		memset(connection, 0, sizeof(*connection));
		rc = establish(port, peer, limit_ms, brief, connection, &why);
		if (!rc)
			return 0;
		dp_connection_close(connection);
		if (rc != -ECONNREFUSED || attempt == CONNECT_ATTEMPTS) {
			if (err)
				*err = why;
			return rc;
		}
		usleep(CONNECT_AGAIN_US);
	}
}

int dp_await_completion(struct dp_connection *c, uint64_t limit_ms, struct ibv_wc *wc)
{
	uint64_t end = dp_now_ms() + limit_ms;
	struct ibv_cq *cq;
	void *context;
	int n;

	while ((n = ibv_poll_cq(c->cq, 1, wc)) == 0) {
		uint64_t now = dp_now_ms();

		if (now >= end || !readable(c->completions->fd, end - now))
			return -ETIMEDOUT;
		if (ibv_get_cq_event(c->completions, &cq, &context))
			return -errno;
		ibv_ack_cq_events(cq, 1);
		if (ibv_req_notify_cq(cq, 0))
			return -EIO;
	}
	return n < 0 ? -EIO : 0;
}

const char *dp_queue_pair_state(const struct dp_connection *c)
{
	static const char *const names[] = { "RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR" };
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	if (!c->id || !c->id->qp || ibv_query_qp(c->id->qp, &attr, IBV_QP_STATE, &init) ||
	    attr.qp_state >= DP_ARRAY_SIZE(names))
		return "?";
	return names[attr.qp_state];
}
