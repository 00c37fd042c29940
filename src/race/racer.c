// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
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

/* How long a region is held, at most, us. */
#define HOLD_US 300
/*
 * So that a teardown finds regions that are held, and not only such as come and go: in every so
 * manieth round, one thread keeps its region until the event has completed or has been on for so
 * long, ns: some five times what an unbind that does not wait takes under emulation.
 */
#define HOLDER_ROUNDS 16
#define HOLDER_NS     (DP_HOLDER_MS * 1000000ULL)

struct racer;

struct runner {
	struct racer *racer;
	unsigned int number;
	bool registered_once; /* in this round */
	uint64_t random;
	pthread_t thread;
};

struct racer {
	struct dp_race *race;
	struct dp_rdma rdma; /* of all threads, unless the event takes it away */
	struct dp_area area;
	bool mapped;
	struct runner runners[DP_RACERS];
	atomic_uint ready; /* threads that have registered once in this round */
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

/* One registration, from its beginning to the end of its deregistration; times in ns. */
struct attempt {
	int err; /* 0 or its errno */
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

/* Whether a region must make the event wait: it is pinned, and its memory is what goes. */
static bool must_hold(const struct racer *r)
{
	return r->race->scenario->event->effect == DP_GONE && !takes_rdma(r) && !r->race->on_demand;
}

static bool keeps_on(const struct runner *runner)
{
	const struct dp_race *race = runner->racer->race;
	uint64_t begun = atomic_load(&race->begun);

	return runner->number == 0 && race->round % HOLDER_ROUNDS == 0 &&
	       must_hold(runner->racer) && !atomic_load(&race->ended) &&
	       !atomic_load(&race->stop) && (!begun || dp_race_now() < begun + HOLDER_NS);
}

/*
 * Whether a region held the event is told by the clock: the event's end is read after it has
 * returned, and the release's beginning before it is asked for. Counted before, as a kernel that
 * did not wait may not survive the release.
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
	/* The event begins once all have registered once, so it is the second region that is kept.
	 */
	while (runner->registered_once && keeps_on(runner))
		usleep(HOLD_US);
	usleep((useconds_t)(dp_race_random(&runner->random) % HOLD_US));
	a->releasing = dp_race_now();
	count_held(runner, a);
	a->release_err = ibv_dereg_mr(mr);
}

/* That there is no adapter of this name is found out without asking the kernel. */
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
	/* What an adapter that has gone does not take back goes with its descriptor. */
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

static void *run_thread(void *arg)
{
	struct runner *runner = arg;
	struct racer *r = runner->racer;
	struct dp_race *race = r->race;
	struct dp_tally *tally = &race->tally[runner->number];
	struct attempt a;
	uint64_t ended;

	atomic_store(&race->thread[runner->number], (int)syscall(SYS_gettid));
	do {
		try_once(runner, &a);
		count(r, tally, &a);
		if (!runner->registered_once)
			atomic_fetch_add(&r->ready, 1);
		runner->registered_once = true;
		ended = atomic_load(&race->ended);
		/* One that began after the end has been seen: that is what the round was for. */
	} while (!atomic_load(&race->stop) && (!ended || a.began <= ended));
	atomic_store(&race->thread[runner->number], 0);
	return NULL;
}

static void answer(const struct racer *r, int rc, int64_t number)
{
	struct dp_reply reply = { .rc = rc, .number = number };

	send(r->fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

/* What the race is about, found by way of the first mapping. */
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
		/* An adapter that is to go must not be held. */
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
