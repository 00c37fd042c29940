// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "racer.h"

#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/rdma.h"

/* A region is held for a random time up to this one, us. */
#define HOLD_US 300
/*
 * In one of this many rounds, one thread holds its region until the event has completed, or has
 * been under way for HOLDER_NS nanoseconds, so that a teardown also meets regions that do not go
 * away by themselves. That time is some five times what an unbind that does not wait takes under
 * emulation.
 */
#define HOLDER_ROUNDS 16
/*
 * How often the holder looks at the event, us; and in how many looks in a row it was asleep without
 * a context switch when it waits for the region. One that does not wait has work to do.
 */
#define LOOK_US 5000
#define ASLEEP  20
/*
 * After a registration that the dying mapping refused, the next attempt of this thread comes a
 * random time up to this one later, us, or when the event has ended. Refusals that follow each
 * other at once are all that the CPUs do otherwise: up to 6.1 rxe prints a warning for each
 * (rxe_mr_init_user(), rxe_mem_init_user()), which takes a millisecond of the serial console.
 */
#define PAUSE_US  20000
#define HOLDER_NS (DP_HOLDER_MS * 1000000ULL)

struct racer;

struct runner {
	struct racer *racer;
	unsigned int number;
	bool tried; /* once, in this round */
	uint64_t random;
	pthread_t thread;
};

struct racer {
	struct dp_race *race;
	struct dp_rdma rdma; /* of all threads, unless the event takes it away */
	struct dp_area area;
	bool mapped;
	struct runner runners[DP_RACERS];
	atomic_uint ready; /* threads that have tried once in this round */
	int fd;
};

uint64_t dp_race_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t dp_race_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void dp_race_is_over(struct dp_race *race)
{
	atomic_fetch_add(&race->over, 1);
	syscall(SYS_futex, &race->over, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* One registration and its deregistration; times in ns. */
struct attempt {
	int err; /* its errno, 0 if it was allowed */
	uint64_t began, answered, releasing;
	int release_err;
};

static bool takes_rdma(const struct racer *r)
{
	return r->race->scenario->event->takes_rdma;
}

static int register_once(struct racer *r, struct dp_rdma *rdma, struct ibv_mr **mr)
{
	unsigned int access = dp_owner_access(r->race->scenario->mapping, rdma->odp);

	errno = 0;
	*mr = ibv_reg_mr(rdma->pd, r->area.addr, r->area.len, (int)access);
	return *mr ? 0 : errno ? errno : EIO;
}

/* Whether a region must hold the event up: its memory is what goes, and it is pinned. */
static bool must_hold(const struct racer *r)
{
	return r->race->scenario->event->effect == DP_GONE && !takes_rdma(r) && !r->race->on_demand;
}

/* Whether this thread goes on holding its region. @asleep: looks that found the event asleep. */
static bool keeps_on(const struct runner *runner, int asleep)
{
	const struct dp_race *race = runner->racer->race;
	uint64_t begun = atomic_load(&race->begun);

	return runner->number == 0 && race->round % HOLDER_ROUNDS == 0 &&
	       must_hold(runner->racer) && !atomic_load(&race->ended) &&
	       !atomic_load(&race->stop) && asleep < ASLEEP &&
	       (!begun || dp_race_now() < begun + HOLDER_NS);
}

/* The event begins once all have tried once, so the second region is the one to hold. */
static void hold(const struct runner *runner)
{
	const struct dp_race *race = runner->racer->race;
	int64_t switches = -1;
	int asleep = 0;

	while (runner->tried && keeps_on(runner, asleep)) {
		usleep(LOOK_US);
		asleep = dp_task_slept(atomic_load(&race->event), &switches) ? asleep + 1 : 0;
	}
}

/*
 * Whether a region held the event up is told by the clock: the end of the event is stored after it
 * has returned, and the beginning of the release is taken before the release is asked for. This is
 * counted before the release, which a kernel that did not wait may not survive.
 */
static void count_held(struct runner *runner, const struct attempt *a)
{
	const struct dp_race *race = runner->racer->race;
	uint64_t ended = atomic_load(&race->ended);

	runner->racer->race->tally[runner->number].not_held +=
		must_hold(runner->racer) && ended && a->began <= ended && a->releasing > ended;
}

static void hold_and_release(struct runner *runner, struct ibv_mr *mr, struct attempt *a)
{
	hold(runner);
	usleep((useconds_t)(dp_race_random(&runner->random) % HOLD_US));
	a->releasing = dp_race_now();
	count_held(runner, a);
	a->release_err = ibv_dereg_mr(mr);
}

/* An adapter whose name does not exist is "bad input" there; here it is an answer, ENODEV. */
static int open_adapter(const struct racer *r, struct dp_rdma *rdma)
{
	struct dp_error err = { 0 };
	int rc = dp_rdma_open(r->race->target.rdma, rdma, &err);

	return err.input ? ENODEV : -rc;
}

static void try_once(struct runner *runner, struct attempt *a)
{
	struct racer *r = runner->racer;
	struct dp_rdma own = { 0 }, *rdma = takes_rdma(r) ? &own : &r->rdma;
	struct ibv_mr *mr = NULL;

	*a = (struct attempt){ .began = dp_race_now() };
	if (rdma == &own)
		a->err = open_adapter(r, &own);
	if (!a->err)
		a->err = register_once(r, rdma, &mr);
	a->answered = dp_race_now();
	if (!a->err)
		hold_and_release(runner, mr, a);
	/* A region that an adapter no longer takes back goes with the adapter's descriptor. */
	if (takes_rdma(r))
		a->release_err = 0;
	dp_rdma_close(&own);
}

static void count(const struct racer *r, struct dp_tally *t, const struct attempt *a)
{
	const struct dp_race *race = r->race;
	uint64_t begun = atomic_load(&race->begun), ended = atomic_load(&race->ended);

	t->allowed += !a->err;
	t->errors[a->err > 0 && a->err < DP_ERRNOS ? a->err : EIO] += a->err != 0;
	if (a->release_err) {
		t->not_released++;
		t->release_errno = a->release_err;
	}
	if (a->err != race->first && (!begun || a->answered < begun)) {
		t->early++;
		t->early_errno = a->err;
	}
	if (a->err)
		return;
	t->late += must_hold(r) && ended && a->began > ended;
	t->during += begun && a->answered > begun && (!ended || a->releasing < ended);
}

static void pause_a_while(struct runner *runner)
{
	struct dp_race *race = runner->racer->race;
	unsigned int over = atomic_load(&race->over);
	const struct timespec limit = {
		.tv_nsec = (long)(dp_race_random(&runner->random) % PAUSE_US) * 1000
	};

	if (!atomic_load(&race->ended) && !atomic_load(&race->stop))
		syscall(SYS_futex, &race->over, FUTEX_WAIT, over, &limit, NULL, 0);
}

static void *run_thread(void *arg)
{
	struct runner *runner = arg;
	struct racer *r = runner->racer;
	struct dp_race *race = r->race;
	struct dp_tally *tally = &race->tally[runner->number];
	struct attempt a;
	uint64_t ended;
	bool stop;

	atomic_store(&race->thread[runner->number], (int)syscall(SYS_gettid));
	do {
		try_once(runner, &a);
		count(r, tally, &a);
		if (!runner->tried)
			atomic_fetch_add(&r->ready, 1);
		runner->tried = true;
		if (a.err != race->first && atomic_load(&race->begun))
			pause_a_while(runner);
		/*
		 * The round needs one attempt of each thread that begins after the event's end. An
		 * event that has ended has done so before the threads are stopped.
		 */
		stop = atomic_load(&race->stop);
		ended = atomic_load(&race->ended);
	} while (ended ? a.began <= ended : !stop);
	atomic_store(&race->thread[runner->number], 0);
	return NULL;
}

static void answer(const struct racer *r, int rc, int64_t number)
{
	struct dp_reply reply = { .rc = rc, .number = number };

	send(r->fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

/* Finds out what is raced for, from the first mapping. */
static void describe(struct racer *r)
{
	struct dp_race *race = r->race;
	struct dp_target *target = &race->target;

	dp_target_find(race->scenario->mapping, &r->area, target);
	snprintf(target->rdma, sizeof(target->rdma), "%s", r->rdma.device);
	dp_read_attr(target->netdev, sizeof(target->netdev), "/sys/class/infiniband/%s/parent",
		     r->rdma.device);
	target->channel = race->options->channel;
	snprintf(race->provider, sizeof(race->provider), "%s", r->rdma.provider);
	dp_bias_find_memory(race->scenario->mapping, &r->area, &race->memory);
	race->odp = r->rdma.odp;
	race->on_demand = dp_is_fsdax(race->scenario->mapping) && race->odp;
}

static int try_the_first(struct racer *r)
{
	struct ibv_mr *mr;
	int err = register_once(r, &r->rdma, &mr);

	if (!err)
		ibv_dereg_mr(mr);
	return err;
}

static void map(struct racer *r)
{
	struct dp_race *race = r->race;
	bool first = !r->rdma.context && !race->target.mapping;
	int rc = 0;

	if (first)
		rc = dp_rdma_open(race->options->rdma, &r->rdma, &race->error);
	if (!rc && !r->mapped)
		rc = dp_area_open(race->scenario->mapping, &race->options->env, &r->area,
				  &race->error);
	r->mapped |= !rc;
	if (!rc && first) {
		describe(r);
		race->first = try_the_first(r);
		/* An event that takes the adapter away must not find it open. */
		if (takes_rdma(r))
			dp_rdma_close(&r->rdma);
	}
	answer(r, rc, r->area.fd);
}

static void run(struct racer *r)
{
	int rc = 0;

	atomic_store(&r->ready, 0);
	for (unsigned int i = 0; i < DP_RACERS && !rc; i++) {
		struct runner *runner = &r->runners[i];

		*runner = (struct runner){ .racer = r, .number = i };
		runner->random = r->race->options->seed + r->race->round * DP_RACERS + i;
		rc = -pthread_create(&runner->thread, NULL, run_thread, runner);
	}
	while (!rc && atomic_load(&r->ready) < DP_RACERS)
		usleep(200);
	answer(r, rc, 0);
}

static void end(struct racer *r)
{
	for (unsigned int i = 0; i < DP_RACERS; i++)
		pthread_join(r->runners[i].thread, NULL);
	if (r->race->scenario->event->effect == DP_GONE && !r->race->scenario->event->file) {
		dp_area_close(&r->area);
		r->mapped = false;
	}
	answer(r, 0, 0);
}

static void race(int fd, void *arg)
{
	struct racer r = { .race = arg, .fd = fd, .area = { .fd = -1 } };
	char command;

	dp_bias_be(DP_BIAS_REGISTRAR);
	while (recv(fd, &command, 1, 0) == 1) {
		if (command == DP_RACER_MAP)
			map(&r);
		else if (command == DP_RACER_RUN)
			run(&r);
		else
			end(&r);
	}
}

int dp_racer_start(struct dp_actor *actor, struct dp_race *shared)
{
	return dp_actor_start(actor, race, shared);
}
