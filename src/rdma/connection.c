// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "cm.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/connection.h"
#include "daxpin/error.h"

/* The kernel's limit for resolving a route, ms. */
#define ROUTE_LIMIT_MS 5000

/* The limit for an acknowledgement is 4.096 us times 2 to the power of this: half a second. */
#define ACK_TIMEOUT 17

/* How many attempts are made if the peer refuses, and the time between them, us. */
#define CONNECT_ATTEMPTS 3
#define CONNECT_AGAIN_US 50000

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

/* The operations of the adapter that ibv_post_send() has no opcode for: IBV_QP_EX_WITH_…. */
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

	/* One read or atomic at a time is enough here. The retries end after seconds. */
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
	int rc = dp_cm_await(port->channel, RDMA_CM_EVENT_CONNECT_REQUEST, limit_ms, &c->id);

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
		rc = dp_cm_await(c->channel, RDMA_CM_EVENT_ESTABLISHED, limit_ms, NULL);
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

	/* From any free port. sin6_port is in the same place. */
	((struct sockaddr_in *)&from)->sin_port = 0;
	c->channel = rdma_create_event_channel();
	if (!c->channel || rdma_create_id(c->channel, &c->id, NULL, RDMA_PS_TCP))
		return dp_fail(err, -errno, "no event channel for a connection");
	/* A kernel that does not know the option only takes longer to give up. */
	if (brief)
		rdma_set_option(c->id, RDMA_OPTION_ID, RDMA_OPTION_ID_ACK_TIMEOUT, &timeout,
				sizeof(timeout));
	param.retry_count = brief ? 3 : param.retry_count;
	rc = dp_cm_resolve(c->id, c->channel, (struct sockaddr *)&from, peer, err);
	if (rc)
		return rc;
	dp_address_format(peer, text, sizeof(text));
	rc = rdma_resolve_route(c->id, ROUTE_LIMIT_MS) ? -errno : 0;
	if (!rc)
		rc = dp_cm_await(c->channel, RDMA_CM_EVENT_ROUTE_RESOLVED, limit_ms, NULL);
	if (rc)
		return dp_fail(err, rc, "no RDMA route to %s", text);
	rc = make_queues(c, port, err);
	if (rc)
		return rc;
	rc = rdma_connect(c->id, &param) ? -errno : 0;
	if (!rc)
		rc = dp_cm_await(c->channel, RDMA_CM_EVENT_ESTABLISHED, limit_ms, NULL);
	return rc ? dp_fail(err, rc, "cannot connect to %s", text) : 0;
}

/*
 * The number of a queue pair that was in use a moment ago may be refused as stale (cm_match_req()).
 * The next attempt has another number.
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

		if (now >= end || !dp_readable(c->completions->fd, end - now))
			return -ETIMEDOUT;
		if (ibv_get_cq_event(c->completions, &cq, &context))
			return -errno;
		ibv_ack_cq_events(cq, 1);
		if (ibv_req_notify_cq(cq, 0))
			return -EIO;
	}
	return n < 0 ? -EIO : 0;
}

/* The attributes that each state wants (InfiniBand Architecture, modify queue pair). */
int dp_connection_reset(struct dp_connection *c, struct dp_error *err)
{
	static const struct {
		enum ibv_qp_state state;
		const char *name;
		int mask;
	} way[] = {
		{ IBV_QPS_RESET, "RESET", 0 },
		{ IBV_QPS_INIT, "INIT", IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS },
		{ IBV_QPS_RTR, "RTR",
		  IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
			  IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER },
		{ IBV_QPS_RTS, "RTS",
		  IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
			  IBV_QP_MAX_QP_RD_ATOMIC },
	};
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	int mask = 0, rc;

	if (!c->id || !c->id->qp)
		return -ENOTCONN;
	for (size_t i = 0; i < DP_ARRAY_SIZE(way); i++)
		mask |= way[i].mask;
	rc = ibv_query_qp(c->id->qp, &attr, mask, &init);
	if (rc)
		return dp_fail(err, -rc, "the queue pair does not tell its attributes");
	for (size_t i = 0; i < DP_ARRAY_SIZE(way); i++) {
		attr.qp_state = way[i].state;
		rc = ibv_modify_qp(c->id->qp, &attr, IBV_QP_STATE | way[i].mask);
		if (rc)
			return dp_fail(err, -rc, "the queue pair does not go to state %s",
				       way[i].name);
	}
	return 0;
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
