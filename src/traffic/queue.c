// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "end.h"

#include "daxpin/clock.h"
#include "daxpin/splat.h"

/* The state of a queue pair may follow its completions, ms: rxe changes it in a work queue. */
#define SETTLE_MS 3000

int command_accept(struct end *end, struct json_object *command, struct json_object *reply,
		   struct dp_error *err)
{
	(void)command;
	(void)reply;
	dp_connection_close(&end->connection);
	if (!end->port->id)
		return -ENODEV;
	return dp_accept(end->port, end->options->limit_ms, &end->connection, err);
}

int command_connect(struct end *end, struct json_object *command, struct json_object *reply,
		    struct dp_error *err)
{
	const char *to = dp_json_text(command, "to");
	struct sockaddr_storage address;
	int rc;

	(void)reply;
	dp_connection_close(&end->connection);
	rc = to && end->port->id ? dp_address_parse(to, DP_TRAFFIC_PORT, &address, err) : -EBADMSG;
	if (rc)
		return rc;
	return dp_connect(end->port, (struct sockaddr *)&address, end->options->limit_ms,
			  json_object_get_boolean(json_object_object_get(command, "brief")),
			  &end->connection, err);
}

int command_disconnect(struct end *end, struct json_object *command, struct json_object *reply,
		       struct dp_error *err)
{
	(void)command;
	(void)reply;
	(void)err;
	dp_connection_close(&end->connection);
	return 0;
}

/* "sges": [[KEY, OFFSET, LENGTH], …], offsets in the region. */
static int read_sges(struct end *end, struct json_object *command, struct ibv_sge *sges)
{
	struct json_object *list = json_object_object_get(command, "sges");
	size_t count =
		json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	if (!end->connection.id || count > DP_MAX_SGE)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		struct key *key;
		uint64_t offset, length;

		if (!json_object_is_type(item, json_type_array) ||
		    json_object_array_length(item) != 3)
			return -EBADMSG;
		key = find_key(end, json_object_get_string(json_object_array_get_idx(item, 0)));
		offset = (uint64_t)json_object_get_int64(json_object_array_get_idx(item, 1));
		length = (uint64_t)json_object_get_int64(json_object_array_get_idx(item, 2));
		if (!key || offset > end->area.len || length > end->area.len - offset ||
		    length > UINT32_MAX)
			return -EBADMSG;
		sges[i] = (struct ibv_sge){ (uintptr_t)end->area.addr + offset, (uint32_t)length,
					    key->mr->lkey };
	}
	return (int)count;
}

int command_receive(struct end *end, struct json_object *command, struct json_object *reply,
		    struct dp_error *err)
{
	struct ibv_sge sges[DP_MAX_SGE];
	struct ibv_recv_wr wr = { .sg_list = sges }, *bad;
	int count = read_sges(end, command, sges), rc;

	(void)reply;
	if (count < 0)
		return dp_fail(err, count, "nothing to receive into");
	wr.num_sge = count;
	if (count && json_object_object_get(command, "lkey"))
		sges[0].lkey = (uint32_t)number_of(command, "lkey");
	rc = ibv_post_recv(end->connection.id->qp, &wr, &bad);
	return rc ? dp_fail(err, -rc, "cannot post a receive") : 0;
}

static void add_status(struct json_object *reply, const struct dp_connection *connection,
		       const struct ibv_wc *wc)
{
	uint64_t end = dp_now_ms() + SETTLE_MS;

	while (wc->status != IBV_WC_SUCCESS && dp_now_ms() < end &&
	       strcmp(dp_queue_pair_state(connection), "ERR"))
		usleep(1000);
	dp_json_add_int(reply, "status", wc->status);
	dp_json_add_text(reply, "status_text", ibv_wc_status_str(wc->status));
	dp_json_add_text(reply, "state", dp_queue_pair_state(connection));
}

/* In slices, as a kernel that has splatted is waited for in vain. */
static int await(struct end *end, struct ibv_wc *wc)
{
	uint64_t until = dp_now_ms() + end->options->limit_ms;
	int rc = -ENOTCONN;

	while (end->connection.cq) {
		rc = dp_await_completion(&end->connection, SLICE_MS, wc);
		if (rc != -ETIMEDOUT || dp_now_ms() >= until)
			break;
		if (dp_kernel_has_splat(end->taint))
			return -EIO;
	}
	return rc;
}

int command_received(struct end *end, struct json_object *command, struct json_object *reply,
		     struct dp_error *err)
{
	struct ibv_wc wc = { 0 };
	int rc = end->connection.cq
			 ? dp_await_completion(&end->connection, end->options->limit_ms, &wc)
			 : -ENOTCONN;

	(void)command;
	if (rc)
		return dp_fail(err, rc, "nothing was received");
	add_status(reply, &end->connection, &wc);
	dp_json_add_int(reply, "bytes", wc.byte_len);
	if (wc.wc_flags & IBV_WC_WITH_IMM)
		dp_json_add_int(reply, "immediate", ntohl(wc.imm_data));
	return 0;
}

/* What a command says of a request; the words of an atomic are text, as they are unsigned. */
static void read_request(struct json_object *command, const struct dp_operation *operation,
			 struct ibv_send_wr *wr)
{
	uint64_t remote = number_of(command, "remote");
	uint32_t rkey = (uint32_t)number_of(command, "rkey");
	const char *compare = dp_json_text(command, "compare"),
		   *swap = dp_json_text(command, "swap");

	wr->opcode = (enum ibv_wr_opcode)operation->opcode;
	wr->send_flags = IBV_SEND_SIGNALED;
	wr->imm_data = htonl((uint32_t)number_of(command, "immediate"));
	if (operation->shape == DP_SHAPE_ATOMIC) {
		wr->wr.atomic.remote_addr = remote;
		wr->wr.atomic.rkey = rkey;
		wr->wr.atomic.compare_add = compare ? strtoull(compare, NULL, 16) : 0;
		wr->wr.atomic.swap = swap ? strtoull(swap, NULL, 16) : 0;
	} else {
		wr->wr.rdma.remote_addr = remote;
		wr->wr.rdma.rkey = rkey;
	}
}

/* What ibv_post_send() has no word for: one request, the element's. */
static int post_extended(struct ibv_qp *qp, const struct dp_operation *operation,
			 const struct ibv_send_wr *wr)
{
	struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(qp);

	if (!ex)
		return -EOPNOTSUPP;
	ibv_wr_start(ex);
	ex->wr_id = 0;
	ex->wr_flags = IBV_SEND_SIGNALED;
	if (operation->carried)
		ibv_wr_atomic_write(ex, wr->wr.atomic.rkey, wr->wr.atomic.remote_addr,
				    (void *)(uintptr_t)wr->sg_list->addr);
#ifdef DP_HAVE_FLUSH
	else
		ibv_wr_flush(ex, wr->wr.rdma.rkey, wr->wr.rdma.remote_addr, wr->sg_list->length,
			     operation->capability == DP_CAP_FLUSH_GLOBAL ? IBV_FLUSH_GLOBAL
									  : IBV_FLUSH_PERSISTENT,
			     IBV_FLUSH_RANGE);
#endif
	return -ibv_wr_complete(ex);
}

static int post(struct ibv_qp *qp, const struct dp_operation *operation, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad;

	return operation->capability ? post_extended(qp, operation, wr)
				     : -ibv_post_send(qp, wr, &bad);
}

static const struct dp_operation *operation_of(struct json_object *command)
{
	const char *name = dp_json_text(command, "operation");

	return name ? dp_operation_find(name) : NULL;
}

/* Posts one request and waits for its completion. "lkey" stands in for a key that is no good. */
int command_post(struct end *end, struct json_object *command, struct json_object *reply,
		 struct dp_error *err)
{
	const struct dp_operation *operation = operation_of(command);
	struct ibv_sge sges[DP_MAX_SGE];
	struct ibv_send_wr wr = { .sg_list = sges };
	struct ibv_wc wc = { 0 };
	int count = read_sges(end, command, sges), rc;

	if (!operation || count < 1)
		return dp_fail(err, -EBADMSG, "nothing to post");
	wr.num_sge = count;
	read_request(command, operation, &wr);
	if (json_object_object_get(command, "lkey"))
		sges[0].lkey = (uint32_t)number_of(command, "lkey");
	rc = post(end->connection.id->qp, operation, &wr);
	if (rc) {
		dp_json_add_text(reply, "unposted", dp_errno_name(rc));
		return dp_fail(err, rc, "cannot post: %s", operation->name);
	}
	rc = await(end, &wc);
	if (rc)
		return dp_fail(err, rc, "%s does not complete", operation->name);
	add_status(reply, &end->connection, &wc);
	return 0;
}

struct stream {
	const struct dp_operation *operation;
	uint64_t size, room, remote;
	uint32_t rkey;
	struct key *key;
	uint64_t posted, done;
};

static int post_next(struct end *end, struct stream *s)
{
	uint64_t offset = s->posted * s->size % (s->room / s->size * s->size);
	struct ibv_sge sge = { (uintptr_t)end->area.addr + offset, (uint32_t)s->size,
			       s->key->mr->lkey };
	struct ibv_send_wr wr = { .sg_list = &sge,
				  .num_sge = 1,
				  .opcode = (enum ibv_wr_opcode)s->operation->opcode,
				  .send_flags = IBV_SEND_SIGNALED };

	wr.wr.rdma.remote_addr = s->remote + offset;
	wr.wr.rdma.rkey = s->rkey;
	s->posted++;
	return post(end->connection.id->qp, s->operation, &wr);
}

/* Requests one after the other, as many under way as the queue takes, for so long. */
int command_stream(struct end *end, struct json_object *command, struct json_object *reply,
		   struct dp_error *err)
{
	uint64_t begin = dp_now_us(), limit = number_of(command, "ms") * 1000;
	struct stream s = { .operation = operation_of(command),
			    .size = number_of(command, "size"),
			    .remote = number_of(command, "remote"),
			    .rkey = (uint32_t)number_of(command, "rkey"),
			    .key = find_key(end, dp_json_text(command, "key")) };
	struct ibv_wc wc = { 0 };
	int rc = 0;

	if (!s.operation || !s.key || !end->connection.id || !s.size || s.size > s.key->length ||
	    (s.operation->shape != DP_SHAPE_WRITE && s.operation->shape != DP_SHAPE_READ))
		return dp_fail(err, -EBADMSG, "no stream");
	s.room = s.key->length < WINDOW ? s.key->length : WINDOW;
	while (!rc && wc.status == IBV_WC_SUCCESS) {
		bool more = dp_now_us() - begin < limit;

		while (!rc && more && s.posted - s.done < DP_MAX_PENDING)
			rc = post_next(end, &s);
		if (s.done == s.posted)
			break;
		if (!rc)
			rc = await(end, &wc);
		s.done += !rc && wc.status == IBV_WC_SUCCESS;
	}
	if (rc)
		return dp_fail(err, rc, "a stream of %s does not complete", s.operation->name);
	add_status(reply, &end->connection, &wc);
	dp_json_add_int(reply, "operations", (int64_t)s.done);
	dp_json_add_int(reply, "us", (int64_t)(dp_now_us() - begin));
	return 0;
}
