// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A region that is paged on demand. It is registered before anybody has touched it, so that the
 * adapter finds no page there; then the processor touches it, so that what the adapter's first
 * access takes beyond the second is its own fault, and not an allocation. An access is a write of a
 * word into each page: a message each. A second region is prefetched as a whole instead.
 */
#include <errno.h>
#include <string.h>

#include "asker.h"
#include "room.h"

#include "daxpin/cleanup.h"

#define WORD sizeof(uint64_t)

struct paged {
	struct dp_area area;
	struct ibv_mr *mr;
};

static void close_paged(struct paged *p)
{
	if (p->mr)
		ibv_dereg_mr(p->mr);
	dp_area_close(&p->area);
}

static int find_paging(struct dp_bench_asker *a, const struct dp_env *env)
{
	const struct ibv_odp_caps *caps = &a->pair.port.attr.odp_caps;

	if (!(caps->general_caps & IBV_ODP_SUPPORT) ||
	    !(caps->per_transport_caps.rc_odp_caps & IBV_ODP_SUPPORT_WRITE))
		return dp_skip(&a->err, "%s of this kernel pages no writes on demand",
			       a->pair.port.provider);
	if (!env->guest && !dp_bench_touches(a->bench->mapping))
		return dp_skip(&a->err, "what is there is not known, and a write would change it");
	return 0;
}

/* A private page of a file is copied once it is written: now, and not by the adapter's fault. */
static void touch(const struct dp_bench_asker *a, const struct dp_env *env,
		  const struct dp_area *area)
{
	const struct dp_mapping *mapping = a->bench->mapping;

	if (!dp_bench_touches(mapping))
		return;
	dp_area_touch(mapping, env, area);
	for (uint64_t at = 0; at < area->len && mapping->private; at += a->page)
		__atomic_fetch_add((char *)area->addr + at, 0, __ATOMIC_RELAXED);
}

/*
 * @phase: where to keep what that takes; -1 for nowhere. Return: 0, also if it is refused: then
 * there is no p->mr
 */
static int open_paged(struct dp_bench_asker *a, const struct dp_env *env, int phase,
		      struct paged *p)
{
	int rc = dp_bench_room(a->bench->mapping, env, &p->area, &a->err), code;

	if (rc)
		return rc;
	dp_stopwatch_begin_alone(&a->watch);
	errno = 0;
	p->mr = ibv_reg_mr(a->pair.port.pd, p->area.addr, p->area.len,
			   DP_BENCH_ACCESS | IBV_ACCESS_ON_DEMAND);
	code = p->mr ? 0 : errno;
	if (phase >= 0)
		dp_bench_stop(a, (enum dp_bench_phase)phase, code);
	if (!p->mr)
		return code ? 0 : dp_report(&a->err, -EIO, DP_BENCH_NO_ERRNO);
	touch(a, env, &p->area);
	return 0;
}

/* @words: what the pages begin with. So many messages are under way as the queue takes. */
static int write_words(struct dp_bench_asker *a, const struct paged *p,
		       const struct dp_plain *words)
{
	struct ibv_sge sges[DP_MAX_PENDING];
	struct ibv_send_wr wrs[DP_MAX_PENDING];
	uint64_t pages = p->area.len / a->page;
	int rc = 0;

	for (uint64_t from = 0; from < pages && !rc; from += DP_MAX_PENDING) {
		unsigned int count = (unsigned int)(pages - from < DP_MAX_PENDING ? pages - from
										  : DP_MAX_PENDING);

		for (unsigned int i = 0; i < count; i++) {
			sges[i] = (struct ibv_sge){ (uintptr_t)words->at + (from + i) * WORD, WORD,
						    words->mr->lkey };
			wrs[i] = (struct ibv_send_wr){ .next = i + 1 < count ? &wrs[i + 1] : NULL,
						       .sg_list = &sges[i],
						       .num_sge = 1,
						       .opcode = IBV_WR_RDMA_WRITE,
						       .send_flags = IBV_SEND_SIGNALED };
			wrs[i].wr.rdma.remote_addr = (uintptr_t)p->area.addr + (from + i) * a->page;
			wrs[i].wr.rdma.rkey = p->mr->rkey;
		}
		rc = dp_pair_carry(&a->pair, wrs, count, &a->err);
	}
	return rc;
}

/* What is written is what was there: on somebody's machine no byte may change. */
static int open_words(struct dp_bench_asker *a, const struct paged *p, struct dp_plain *words)
{
	uint64_t pages = p->area.len / a->page;
	int rc = dp_plain_open(&a->pair, pages * WORD, words, &a->err);

	for (uint64_t i = 0; i < pages && !rc && dp_bench_touches(a->bench->mapping); i++)
		memcpy((char *)words->at + i * WORD, (char *)p->area.addr + i * a->page, WORD);
	return rc;
}

static int access_pages(struct dp_bench_asker *a, const struct paged *p,
			const struct dp_plain *words, enum dp_bench_phase phase)
{
	int rc;

	dp_stopwatch_begin_alone(&a->watch);
	rc = write_words(a, p, words);
	dp_bench_stop(a, phase, 0);
	/* A mapping without struct pages, say: rxe_odp_map_range_and_lock() finds none. */
	return rc == -EACCES ? DP_SKIP : rc;
}

static int take_accesses(struct dp_bench_asker *a, const struct dp_env *env)
{
	dp_cleanup(close_paged) struct paged p = { .area = { .fd = -1 } };
	dp_cleanup(dp_plain_close) struct dp_plain words = { 0 };
	int rc = open_paged(a, env, DP_BENCH_ODP_REGISTER, &p);

	if (rc || !p.mr)
		return rc;
	rc = open_words(a, &p, &words);
	if (!rc)
		rc = access_pages(a, &p, &words, DP_BENCH_ODP_ACCESS);
	if (!rc)
		rc = access_pages(a, &p, &words, DP_BENCH_ODP_AGAIN);
	if (rc)
		return rc;
	dp_stopwatch_begin_alone(&a->watch);
	rc = ibv_dereg_mr(p.mr);
	dp_bench_stop(a, DP_BENCH_ODP_DEREGISTER, rc);
	p.mr = rc ? p.mr : NULL;
	return rc ? dp_fail(&a->err, -rc, DP_BENCH_NOT_DEREGISTERED) : 0;
}

static int take_prefetch(struct dp_bench_asker *a, const struct dp_env *env)
{
	dp_cleanup(close_paged) struct paged p = { .area = { .fd = -1 } };
	struct ibv_sge sge;
	int rc = open_paged(a, env, -1, &p);

	if (rc || !p.mr)
		return rc;
	sge = (struct ibv_sge){ (uintptr_t)p.area.addr, (uint32_t)p.area.len, p.mr->lkey };
	dp_stopwatch_begin_alone(&a->watch);
	rc = dp_rdma_prefetch(a->pair.port.pd, a->pair.port.provider, &sge);
	dp_bench_stop(a, DP_BENCH_ODP_PREFETCH, -rc);
	return 0;
}

int dp_bench_round_on_demand(struct dp_bench_asker *a, const struct dp_env *env)
{
	int rc = find_paging(a, env);

	if (!rc)
		rc = take_accesses(a, env);
	return rc ? rc : take_prefetch(a, env);
}
