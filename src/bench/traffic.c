// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One message of the size of the region, over a registration that pins: from plain memory into the
 * region, from there back, and once more by a send. From the call that posts it to the completion,
 * of which an event tells: nobody polls, so that with one processor the adapter's driver has it for
 * itself. Both ends of soft-RoCE are in what is measured: their packets, checksums and copies.
 */
#include <errno.h>
#include <string.h>

#include "asker.h"
#include "room.h"

#include "daxpin/cleanup.h"
#include "daxpin/text.h"

struct ends {
	struct dp_area area;
	struct ibv_mr *mr;
	struct dp_plain plain;
};

static void close_ends(struct ends *e)
{
	if (e->mr)
		ibv_dereg_mr(e->mr);
	dp_plain_close(&e->plain);
	dp_area_close(&e->area);
}

static int open_ends(struct dp_bench_asker *a, const struct dp_env *env, struct ends *e)
{
	char longest[32];
	int rc;

	if (a->bench->size->bytes > a->pair.longest)
		return dp_skip(&a->err, "%s carries no more than %s in one message", a->rdma.device,
			       dp_format_size(a->pair.longest, longest, sizeof(longest)));
	rc = dp_bench_room_touched(a->bench->mapping, env, &e->area, &a->err);
	if (rc)
		return rc;
	errno = 0;
	e->mr = ibv_reg_mr(a->pair.port.pd, e->area.addr, e->area.len,
			   DP_BENCH_ACCESS | IBV_ACCESS_REMOTE_READ);
	if (!e->mr)
		return dp_skip(&a->err, "a registration is refused: %s", dp_errno_name(errno));
	rc = dp_plain_open(&a->pair, e->area.len, &e->plain, &a->err);
	/* What is written is what was there: on somebody's machine no byte may change. */
	if (!rc)
		memcpy(e->plain.at, e->area.addr, e->area.len);
	return rc;
}

static int carry(struct dp_bench_asker *a, struct ends *e, enum ibv_wr_opcode opcode)
{
	struct ibv_sge sge = { (uintptr_t)e->plain.at, (uint32_t)e->plain.len, e->plain.mr->lkey };
	struct ibv_send_wr wr = {
		.sg_list = &sge, .num_sge = 1, .opcode = opcode, .send_flags = IBV_SEND_SIGNALED
	};

	if (opcode != IBV_WR_SEND) {
		wr.wr.rdma.remote_addr = (uintptr_t)e->area.addr;
		wr.wr.rdma.rkey = e->mr->rkey;
	}
	return dp_pair_carry(&a->pair, &wr, 1, &a->err);
}

/* A receive is posted before the clock runs, and is over once the send is. */
static int expect(struct dp_bench_asker *a, struct ends *e)
{
	struct ibv_sge sge = { (uintptr_t)e->area.addr, (uint32_t)e->area.len, e->mr->lkey };
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;
	int rc = ibv_post_recv(a->pair.far.id->qp, &wr, &bad);

	return rc ? dp_fail(&a->err, -rc, "a receive cannot be posted") : 0;
}

static int reap(struct dp_bench_asker *a, size_t len)
{
	struct ibv_wc wc;
	int n = ibv_poll_cq(a->pair.far.cq, 1, &wc);

	return n == 1 && wc.status == IBV_WC_SUCCESS && wc.byte_len == len
		       ? 0
		       : dp_report(&a->err, -EIO, "a message was sent, and not received");
}

/* The second time, what the adapter needs for it is there. */
static int take(struct dp_bench_asker *a, struct ends *e, enum dp_bench_phase phase,
		enum ibv_wr_opcode opcode)
{
	bool send = opcode == IBV_WR_SEND;
	int rc = 0;

	for (int i = 0; i < 2 && !rc; i++) {
		rc = send ? expect(a, e) : 0;
		if (rc)
			break;
		dp_stopwatch_begin_alone(&a->watch);
		rc = carry(a, e, opcode);
		dp_bench_stop(a, phase, 0);
		if (!rc && send)
			rc = reap(a, e->area.len);
	}
	return rc;
}

int dp_bench_round_traffic(struct dp_bench_asker *a, const struct dp_env *env)
{
	dp_cleanup(close_ends) struct ends e = { .area = { .fd = -1 } };
	int rc = open_ends(a, env, &e);

	if (!rc)
		rc = take(a, &e, DP_BENCH_WRITE, IBV_WR_RDMA_WRITE);
	if (!rc)
		rc = take(a, &e, DP_BENCH_READ, IBV_WR_RDMA_READ);
	return rc ? rc : take(a, &e, DP_BENCH_SEND, IBV_WR_SEND);
}
