// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registrar is bound to processor 0, the event to processor 1. While they are played, each
 * turns in a loop that makes no system call, so that it is before its processor whenever nothing
 * else is to be done there.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sides.h"

#include "daxpin/file.h"
#include "daxpin/rdma.h"

/* Between two looks of a watcher, us. */
#define LOOK_US 50000
/* The least page of x86-64. */
#define PAGE 4096

/* In the process of a side, and in no other, this is its magic number. */
static volatile uint64_t owners[DP_ORDER_SIDES];

/*
 * Where whoever holds the guest stops them; the arguments are the answer, and the word that it is
 * an answer to.
 */
static void at_answer(int64_t value, uint64_t word)
{
	__asm__ volatile("" : : "r"(value), "r"(word), "i"(DP_REGISTRAR) : "memory");
}

static void at_end(int64_t value, uint64_t word)
{
	__asm__ volatile("nop" : : "r"(value), "r"(word), "i"(DP_EVENT_SIDE) : "memory");
}

/* Called where the compiler cannot see to whom: it would make other functions of them. */
static void (*volatile returned)(int64_t value, uint64_t word) = at_answer;
static void (*volatile completed)(int64_t value, uint64_t word) = at_end;

static void add_passage(struct dp_passages *p, enum dp_point point, const char *function,
			uint64_t address)
{
	if (p->count < DP_MAX_PASSAGES)
		p->list[p->count++] = (struct dp_passage){ point, function, address };
}

void dp_sides_describe(const struct dp_order_shared *shared, struct dp_request *request)
{
	request->region = shared->region;
	request->frame = shared->memory.frame;
	request->device = shared->memory.device;
	for (int i = 0; i < DP_ORDER_SIDES; i++) {
		request->mailboxes[i] = (uint64_t)&shared->mailboxes[i];
		request->owners[i] = (uint64_t)&owners[i];
		request->magic[i] = shared->magic[i];
	}
	add_passage(&request->passages, DP_POINT_RETURNED, "the answer", (uint64_t)returned);
	add_passage(&request->passages, DP_POINT_COMPLETED, shared->order->event->name,
		    (uint64_t)completed);
}

static void bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* The next word of a mailbox, after @last. */
static uint64_t await_word(struct dp_order_shared *shared, enum dp_order_side side, uint64_t last)
{
	uint64_t word;

	atomic_store(&shared->turning[side], true);
	while ((word = atomic_load(&shared->mailboxes[side].word)) == last)
		__builtin_ia32_pause();
	return word;
}

static void begin_side(struct dp_order_shared *shared, enum dp_order_side side)
{
	bind_to((int)side);
	owners[side] = shared->magic[side];
	atomic_store(&shared->tasks[side], (int)syscall(SYS_gettid));
}

bool dp_order_is_own(const struct dp_order *order)
{
	return !order->event->run;
}

/* ---- the registrar ------------------------------------------------------------------------ */

struct registrar {
	struct dp_order_shared *shared;
	struct dp_rdma rdma;
	struct dp_area area;
	struct ibv_mr *mr;
	pthread_t thread;
	int fd;
};

static void answer(const struct registrar *r, int rc, int64_t number)
{
	struct dp_reply reply = { .rc = rc, .number = number };

	snprintf(reply.text, sizeof(reply.text), "%.300s", rc ? r->shared->error.what : "");
	send(r->fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

static int access_of(const struct registrar *r)
{
	const struct dp_station *s = r->shared->order->station;
	int access = s->writes ? IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
					 IBV_ACCESS_REMOTE_READ
			       : 0;

	return s->on_demand ? access | IBV_ACCESS_ON_DEMAND : access;
}

static int reg(struct registrar *r)
{
	errno = 0;
	r->mr = ibv_reg_mr(r->rdma.pd, r->area.addr, r->area.len, access_of(r));
	atomic_store(&r->shared->registered, r->mr);
	return r->mr ? 0 : errno ? errno : EIO;
}

static int release(struct registrar *r)
{
	int rc = r->mr ? ibv_dereg_mr(r->mr) : 0;

	r->mr = NULL;
	atomic_store(&r->shared->registered, false);
	return rc;
}

/* The mapping is still there, and so is what is behind it; the page table does not say so any more.
 */
static int forget_pages(struct registrar *r)
{
	if (madvise(r->area.addr, r->area.len, MADV_DONTNEED))
		return errno;
	for (uint64_t at = 0; r->shared->order->station->renewed && at < r->area.len; at += PAGE)
		((volatile char *)r->area.addr)[at] = 1;
	return 0;
}

static void map(struct registrar *r)
{
	struct dp_order_shared *s = r->shared;
	int rc = dp_rdma_open(s->options->rdma, &r->rdma, &s->error);

	if (!rc)
		rc = dp_area_open(s->order->mapping, &s->options->env, &r->area, &s->error);
	if (!rc) {
		dp_target_find(s->order->mapping, &r->area, &s->target);
		snprintf(s->target.rdma, sizeof(s->target.rdma), "%s", r->rdma.device);
		dp_read_attr(s->target.netdev, sizeof(s->target.netdev),
			     "/sys/class/infiniband/%s/parent", r->rdma.device);
		s->target.channel = s->options->channel;
		snprintf(s->provider, sizeof(s->provider), "%s", r->rdma.provider);
		s->odp = r->rdma.odp;
		s->on_demand = s->order->station->on_demand;
		s->region = (uint64_t)r->area.addr;
		dp_bias_find_memory(s->order->mapping, &r->area, &s->memory);
	}
	answer(r, rc, r->area.fd);
}

/*
 * What was unmapped is unmapped once more when the area is closed: nothing else may lie there then.
 * Not before the order is over: even PROT_NONE is something that a registration can find.
 */
static void reserve(struct registrar *r)
{
	void *at = mmap(r->area.reserved, r->area.reserved_len, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	/* Somebody was faster. */
	if (at == MAP_FAILED)
		r->area.reserved_len = 0;
}

/*
 * An event that is done to the registrar's own memory, by another thread of it. The whole mapping
 * goes: device-dax has no part of a leaf unmapped.
 */
static void *unmap(void *arg)
{
	struct registrar *r = arg;
	struct dp_order_shared *s = r->shared;
	uint64_t word;

	begin_side(s, DP_EVENT_SIDE);
	word = await_word(s, DP_EVENT_SIDE, 0);
	if ((word & 255) == DP_WORD_EVENT) {
		s->event.rc = munmap(r->area.reserved, r->area.reserved_len) ? -errno : 0;
		completed(s->event.rc, word);
		atomic_store(&s->event_done, true);
		await_word(s, DP_EVENT_SIDE, word);
		reserve(r);
	}
	atomic_store(&s->event_done, true);
	return NULL;
}

static void play(struct registrar *r)
{
	struct dp_order_shared *s = r->shared;
	uint64_t word = 0;
	int err = 0;

	if (dp_order_is_own(s->order))
		pthread_create(&r->thread, NULL, unmap, r);
	begin_side(s, DP_REGISTRAR);
	for (;;) {
		word = await_word(s, DP_REGISTRAR, word);
		switch (word & 255) {
		case DP_WORD_REGISTER:
			returned(err = reg(r), word);
			break;
		case DP_WORD_RELEASE:
			returned(release(r), word);
			break;
		case DP_WORD_UNMAP:
			returned(forget_pages(r), word);
			break;
		default:
			answer(r, 0, err);
			return;
		}
	}
}

static void register_again(struct registrar *r)
{
	struct dp_order_shared *s = r->shared;
	int rc, err = 0;

	dp_area_close(&r->area);
	if (!r->rdma.context)
		dp_rdma_open(s->options->rdma, &r->rdma, &s->error);
	rc = dp_area_open(s->order->mapping, &s->options->env, &r->area, &s->error);
	if (!rc)
		err = r->rdma.context ? reg(r) : ENODEV;
	release(r);
	answer(r, rc, err);
}

static void registrar(int fd, void *arg)
{
	struct registrar r = { .shared = arg, .fd = fd, .area = { .fd = -1 } };
	char command;

	while (recv(fd, &command, 1, 0) == 1) {
		switch (command) {
		case DP_REGISTRAR_MAP:
			map(&r);
			break;
		case DP_REGISTRAR_PLAY:
			play(&r);
			break;
		case DP_REGISTRAR_RELEASE:
			answer(&r, -release(&r), 0);
			break;
		case DP_REGISTRAR_CLOSE:
			dp_rdma_close(&r.rdma);
			r.mr = NULL;
			answer(&r, 0, 0);
			break;
		case DP_REGISTRAR_LEAVE:
			dp_area_close(&r.area);
			r.area = (struct dp_area){ .fd = -1 };
			answer(&r, 0, 0);
			break;
		default:
			register_again(&r);
		}
	}
}

int dp_registrar_start(struct dp_actor *actor, struct dp_order_shared *shared)
{
	return dp_actor_start(actor, registrar, shared);
}

/* ---- the event ---------------------------------------------------------------------------- */

static void event(int fd, void *arg)
{
	struct dp_order_shared *s = arg;
	struct dp_error err = { 0 };
	struct dp_reply reply = { .rc = -ECANCELED };
	uint64_t word;

	begin_side(s, DP_EVENT_SIDE);
	word = await_word(s, DP_EVENT_SIDE, 0);
	if ((word & 255) == DP_WORD_EVENT) {
		reply.rc = s->order->event->run(&s->target, &err);
		completed(reply.rc, word);
	}
	snprintf(reply.text, sizeof(reply.text), "%.300s", err.what);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

int dp_order_event_start(struct dp_actor *actor, struct dp_order_shared *shared)
{
	return dp_actor_start(actor, event, shared);
}

/* ---- the watchers ------------------------------------------------------------------------- */

static void watch(struct dp_order_shared *s, enum dp_order_side side)
{
	bind_to((int)side);
	for (;;) {
		int task = atomic_load(&s->tasks[side]);

		if (task)
			dp_actor_where(task, s->mailboxes[side].sleeps, DP_SLEEP_SIZE);
		usleep(LOOK_US);
	}
}

static void watch_registrar(int fd, void *arg)
{
	(void)fd;
	watch(arg, DP_REGISTRAR);
}

static void watch_event(int fd, void *arg)
{
	(void)fd;
	watch(arg, DP_EVENT_SIDE);
}

int dp_order_watcher_start(struct dp_actor *actor, struct dp_order_shared *shared,
			   enum dp_order_side side)
{
	return dp_actor_start(actor, side == DP_REGISTRAR ? watch_registrar : watch_event, shared);
}
