// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests: receives and sends of one at a time, and streams of many. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../end.h"
#include "../layout.h"
#include "../talk.h"

#include "daxpin/clock.h"
#include "daxpin/splat.h"

/* How long the state of a queue pair may lag behind its completions, ms: rxe has a work queue. */
#define SETTLE_MS 3000

/* How long a stream goes on when the event that it accompanies has ended, us. */
#define LINGER_US 300000

/* Reads "sges": [[KEY, OFFSET, LENGTH], …], offsets in the region. Return: how many, or -EBADMSG.
 */
static int read_sges(struct dp_end *end, struct json_object *command, struct ibv_sge *sges)
{
	struct json_object *list = dp_json_array(command, "sges");
	size_t count = dp_json_count(list);

	if (!end->connection.id || count > DP_MAX_SGE)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		struct dp_key *key;
		uint64_t offset, length;

		if (dp_json_count(item) != 3)
			return -EBADMSG;
		key = dp_end_key(end, dp_json_text_at(item, 0));
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

static int obey_receive(struct dp_end *end, struct json_object *command, struct json_object *reply,
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
		sges[0].lkey = (uint32_t)dp_talk_number(command, "lkey");
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

/* Waits in slices: a kernel that has splatted may never complete the request. */
static int await(struct dp_end *end, struct ibv_wc *wc)
{
	uint64_t until = dp_now_ms() + end->options->limit_ms;
	int rc = -ENOTCONN;

	while (end->connection.cq) {
		rc = dp_await_completion(&end->connection, DP_SLICE_MS, wc);
		if (rc != -ETIMEDOUT || dp_now_ms() >= until)
			break;
		if (dp_kernel_has_splat(end->taint))
			return -EIO;
	}
	return rc;
}

static int obey_received(struct dp_end *end, struct json_object *command, struct json_object *reply,
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

/* Fills in a request; the operands of an atomic are zero if they are not given. */
static void read_request(struct json_object *command, const struct dp_operation *operation,
			 struct ibv_send_wr *wr)
{
	uint64_t remote = dp_talk_number(command, "remote");
	uint32_t rkey = (uint32_t)dp_talk_number(command, "rkey");

	wr->opcode = (enum ibv_wr_opcode)operation->opcode;
	wr->send_flags = IBV_SEND_SIGNALED;
	wr->imm_data = htonl((uint32_t)dp_talk_number(command, "immediate"));
	if (operation->shape == DP_SHAPE_ATOMIC) {
		wr->wr.atomic.remote_addr = remote;
		wr->wr.atomic.rkey = rkey;
		dp_talk_word(command, "compare", &wr->wr.atomic.compare_add);
		dp_talk_word(command, "swap", &wr->wr.atomic.swap);
	} else {
		wr->wr.rdma.remote_addr = remote;
		wr->wr.rdma.rkey = rkey;
	}
}

/* Posts one request, with one element, that ibv_post_send() has no opcode for. */
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

/* Posts one request and waits for its completion. "lkey" replaces the key of the first element. */
static int obey_post(struct dp_end *end, struct json_object *command, struct json_object *reply,
		     struct dp_error *err)
{
	const struct dp_operation *operation = operation_of(command);
	struct ibv_sge sges[DP_MAX_SGE];
	struct ibv_send_wr wr = { .sg_list = sges };
	struct ibv_wc wc = { 0 };
	int count = read_sges(end, command, sges), rc;

	/* An atomic is always of eight bytes, and ibv_wr_atomic_write() reads as many. */
	if (!operation || count < 1 ||
	    (operation->shape == DP_SHAPE_ATOMIC && sges[0].length != sizeof(uint64_t)))
		return dp_fail(err, -EBADMSG, "nothing to post");
	wr.num_sge = count;
	read_request(command, operation, &wr);
	if (json_object_object_get(command, "lkey"))
		sges[0].lkey = (uint32_t)dp_talk_number(command, "lkey");
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
	struct dp_key *key;
	uint64_t posted, done;
	uint64_t until_us; /* when it has seen enough, by dp_now_us() */
};

/* Whether requests are posted on: for their time, or until the event has been over for a while. */
static bool goes_on(const struct dp_end *end, struct stream *s)
{
	uint64_t now = dp_now_us();
	struct pollfd event = { .fd = end->event ? *end->event : -1, .events = POLLIN };

	if (poll(&event, 1, 0) > 0 && now + LINGER_US < s->until_us)
		s->until_us = now + LINGER_US;
	return now < s->until_us;
}

static int post_next(struct dp_end *end, struct stream *s)
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

/* Posts requests for "ms" milliseconds, as many at the same time as the queue takes. */
static int obey_stream(struct dp_end *end, struct json_object *command, struct json_object *reply,
		       struct dp_error *err)
{
	uint64_t begin = dp_now_us();
	struct stream s = { .operation = operation_of(command),
			    .size = dp_talk_number(command, "size"),
			    .remote = dp_talk_number(command, "remote"),
			    .rkey = (uint32_t)dp_talk_number(command, "rkey"),
			    .key = dp_end_key(end, dp_json_text(command, "key")),
			    .until_us = begin + dp_talk_number(command, "ms") * 1000 };
	struct ibv_wc wc = { 0 };
	int rc = 0;

	if (!s.operation || !s.key || !end->connection.id || !s.size || s.size > s.key->length ||
	    (s.operation->shape != DP_SHAPE_WRITE && s.operation->shape != DP_SHAPE_READ))
		return dp_fail(err, -EBADMSG, "no stream");
	s.room = s.key->length < DP_WINDOW ? s.key->length : DP_WINDOW;
	while (!rc && wc.status == IBV_WC_SUCCESS) {
		bool more = goes_on(end, &s);

		while (!rc && more && s.posted - s.done < DP_MAX_PENDING)
			rc = post_next(end, &s);
		if (s.done == s.posted)
			break;
		if (!rc)
			rc = await(end, &wc);
		s.done += !rc && wc.status == IBV_WC_SUCCESS;
	}
	dp_json_add_int(reply, "operations", (int64_t)s.done);
	dp_json_add_int(reply, "us", (int64_t)(dp_now_us() - begin));
	if (rc)
		return dp_fail(err, rc, "a stream of %s does not complete", s.operation->name);
	add_status(reply, &end->connection, &wc);
	return 0;
}

DP_COMMAND(receive_command, .name = "receive", .obey = obey_receive);
DP_COMMAND(received_command, .name = "received", .obey = obey_received);
DP_COMMAND(post_command, .name = "post", .obey = obey_post);
DP_COMMAND(stream_command, .name = "stream", .obey = obey_stream);
