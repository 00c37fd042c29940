// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "daxpin/cgroup.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/proc.h"
#include "daxpin/rdma.h"
#include "daxpin/steps.h"
#include "daxpin/witness.h"
#include "daxpin/worker_pool.h"

/* Time after which an observation says that the executor is alive, ms. */
#define HEARTBEAT_MS 2000
/* Time for a killed worker to end, ms; one that is held by the kernel never does. */
#define GRACE_MS 2000

#define MAX_LANES 16

/* A lane checks one mapping after the other. It is shared between its worker and the parent. */
struct lane {
	struct shared *shared;
	volatile size_t next, end;   /* the current check, and the end of those of its mapping */
	volatile enum dp_step doing; /* of the current check; DP_STEPS between steps */
	volatile bool failed;        /* the worker could not start; error says why */
	struct dp_error error;
};

struct shared {
	struct dp_check_options options;
	int fd;
	atomic_size_t unclaimed; /* the first check that no lane has taken */
	struct dp_pin_counters counters;
	char unwitnessed[128]; /* why the witness is not there, or "" */
	char ungraphed[160];   /* why there is no function graph, or "" */
	struct lane lanes[MAX_LANES];
	bool adapter; /* some of them need one */
	size_t count;
	struct dp_check questions[];
};

/* The parent's view of the worker of a lane. */
struct watch {
	struct dp_actor worker;
	bool done;      /* no check is left for it */
	size_t seen;    /* the check that it was last seen at */
	uint64_t since; /* when that began, ms */
};

struct run {
	struct shared *shared;
	struct dp_worker_pool *pool; /* or NULL */
	size_t size; /* bytes mapped for shared; 0 if it lies in the memory of the pool */
	unsigned int lanes;
	struct watch watches[MAX_LANES];
	uint64_t oom_kills; /* in the control group of this process, before */
};

/* ---- the worker -------------------------------------------------------------------------- */

/* Takes the checks of the next mapping for this lane; false if none are left. */
static bool claim(struct lane *lane)
{
	struct shared *shared = lane->shared;
	const struct dp_check *list = shared->questions;
	size_t from = atomic_load(&shared->unclaimed), to;

	do {
		if (from == shared->count)
			return false;
		to = from + 1;
		while (to < shared->count && list[to].mapping == list[from].mapping)
			to++;
	} while (!atomic_compare_exchange_weak(&shared->unclaimed, &from, to));
	lane->next = from;
	lane->end = to;
	return true;
}

/* Events in one line of the stream: each has at most 256 bytes, and escapes. */
#define PORTION 64

static void emit_trace(int fd, const char *id, struct json_object *trace)
{
	for (size_t i = 0; i < dp_json_count(trace); i += PORTION) {
		struct json_object *obj = json_object_new_object();
		struct json_object *lines = json_object_new_array();

		for (size_t k = i; k < dp_json_count(trace) && k < i + PORTION; k++)
			dp_json_append_text(lines, dp_json_text_at(trace, k));
		dp_json_add_text(obj, "kind", "trace");
		dp_json_add_text(obj, "id", id);
		json_object_object_add(obj, "lines", lines);
		dp_emit(fd, obj);
	}
}

static void ask(struct shared *shared, struct dp_asker *asker, const struct dp_check *question)
{
	const struct dp_check_options *options = &shared->options;
	struct dp_cell cell = { .outcome = DP_BROKEN };
	struct dp_error why = { 0 };

	dp_emit_text(shared->fd, "begin", "id", question->id);
	if (options->prepare && options->prepare(question->mapping, &why)) {
		snprintf(cell.id, sizeof(cell.id), "%s", question->id);
		snprintf(cell.text, sizeof(cell.text), "%.500s", why.what);
	} else {
		dp_asker_ask(asker, question, &cell);
		emit_trace(shared->fd, question->id, asker->trace);
	}
	if (dp_emit(shared->fd, dp_cell_to_json(&cell)))
		_exit(1);
}

static void take_reading(const struct shared *shared, struct dp_asker *asker)
{
	asker->level = shared->options.witness;
	if (!asker->level)
		return;
	asker->reading = shared->options.reading;
	memcpy(asker->unwitnessed, shared->unwitnessed, sizeof(asker->unwitnessed));
	memcpy(asker->ungraphed, shared->ungraphed, sizeof(asker->ungraphed));
}

/* Replies once, when no check is left. */
static void work(int fd, struct dp_rdma *rdma, void *arg)
{
	struct lane *lane = arg;
	struct shared *shared = lane->shared;
	struct dp_reply done = { 0 };
	struct dp_asker asker;

	if (!rdma->context && shared->adapter &&
	    dp_rdma_open(shared->options.rdma, rdma, &lane->error)) {
		lane->failed = true;
		_exit(1);
	}
	if (rdma->context)
		dp_rdma_emit(shared->fd, rdma->device, rdma->provider, rdma->odp);
	dp_asker_init(&asker, rdma->context ? rdma : NULL, &shared->options.env, &shared->counters);
	asker.doing = &lane->doing;
	asker.misbehave = shared->options.misbehave;
	take_reading(shared, &asker);
	while (lane->next < lane->end || claim(lane)) {
		ask(shared, &asker, &shared->questions[lane->next]);
		lane->next++;
	}
	send(fd, &done, sizeof(done), MSG_NOSIGNAL);
	dp_asker_close(&asker);
}

/* ---- the parent -------------------------------------------------------------------------- */

static int start_worker(struct run *run, unsigned int i, struct dp_error *err)
{
	struct watch *w = &run->watches[i];
	int rc;

	run->shared->lanes[i].doing = DP_STEPS;
	fflush(NULL);
	rc = dp_worker_pool_call(run->pool, &w->worker, work, &run->shared->lanes[i]);
	w->seen = run->shared->lanes[i].next;
	w->since = dp_now_ms();
	return rc ? dp_fail(err, rc, "cannot start a process") : 0;
}

static int emit_death(int fd, const char *kind, const char *id, const char *text)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "id", id);
	dp_json_add_text(obj, "text", text);
	return dp_emit(fd, obj);
}

/* Of the control group that this process is in; 0 outside of one. */
static uint64_t count_oom_kills(void)
{
	dp_autofree char *events = NULL;
	char group[256];

	if (!dp_cgroup_own(group, sizeof(group)))
		events = dp_cgroup_read(group, "memory.events");
	return events ? dp_oom_kills(events) : 0;
}

/* A worker that was killed for want of memory: that the job has no more says nothing of a pin. */
static const char *is_starved(struct run *run, char *text, size_t size)
{
	dp_autofree char *most = NULL;
	uint64_t kills = count_oom_kills();
	char group[256];

	if (kills <= run->oom_kills || dp_cgroup_own(group, sizeof(group)))
		return NULL;
	run->oom_kills = kills;
	most = dp_cgroup_read(group, "memory.max");
	if (most)
		most[strcspn(most, "\n")] = '\0';
	snprintf(text, size,
		 "the control group %.128s had the process that asked killed for want of memory "
		 "(memory.max is %.32s): give the job more, or choose a smaller --size",
		 group, most ? most : "not known");
	return text;
}

/* Why a worker ended that has replied or closed its socket; NULL if its work is done. */
static const char *ending_of(struct watch *w, char *text, size_t size)
{
	struct dp_reply reply;
	int status = 0;

	if (recv(w->worker.fd, &reply, sizeof(reply), MSG_DONTWAIT) == sizeof(reply))
		return NULL;
	if (dp_reap(w->worker.pid, GRACE_MS, &status))
		return "the process that asked neither answers nor ends";
	w->worker.pid = 0;
	if (!WIFSIGNALED(status))
		return "the process that asked gave up";
	snprintf(text, size, "the process that asked was killed by signal %d (%s)",
		 WTERMSIG(status), strsignal(WTERMSIG(status)));
	return text;
}

/* Kills a worker whose check takes too long; NULL while it is within the limit. */
static const char *enforce_limit(struct run *run, unsigned int i, char *text, size_t size)
{
	struct watch *w = &run->watches[i];
	uint64_t limit = run->shared->options.cell_limit_ms;
	enum dp_step doing = run->shared->lanes[i].doing;
	char where[256];

	if (run->shared->lanes[i].next != w->seen) {
		w->seen = run->shared->lanes[i].next;
		w->since = dp_now_ms();
	}
	if (dp_now_ms() - w->since <= limit)
		return NULL;
	dp_actor_look(w->worker.pid, where, sizeof(where));
	kill(w->worker.pid, SIGKILL);
	snprintf(text, size, "no answer within %llu s%s%s%s%s%s", (unsigned long long)limit / 1000,
		 doing < DP_STEPS ? ", at step " : "", doing < DP_STEPS ? dp_step_name(doing) : "",
		 where[0] ? ", in " : "", where,
		 dp_reap(w->worker.pid, GRACE_MS, NULL) ? "; it cannot be killed" : "");
	w->worker.pid = 0;
	return text;
}

/* Emits the observation of the check that a worker died in, and starts another worker. */
static int replace_worker(struct run *run, unsigned int i, const char *death, struct dp_error *err)
{
	struct lane *lane = &run->shared->lanes[i];
	const char *starved;
	char text[384];

	dp_actor_clear(&run->watches[i].worker);
	if (lane->failed) {
		*err = lane->error;
		return err->code;
	}
	starved = is_starved(run, text, sizeof(text));
	if (lane->next < lane->end)
		emit_death(run->shared->fd, starved ? "skip" : "died",
			   run->shared->questions[lane->next++].id, starved ? starved : death);
	return start_worker(run, i, err);
}

/* Handles one lane. @said: its worker has replied or closed its socket. */
static int attend(struct run *run, unsigned int i, bool said, struct dp_error *err)
{
	struct watch *w = &run->watches[i];
	char text[384];
	const char *death =
		said ? ending_of(w, text, sizeof(text)) : enforce_limit(run, i, text, sizeof(text));

	if (death)
		return replace_worker(run, i, death, err);
	w->done = said;
	if (said)
		dp_worker_pool_return(run->pool, &w->worker);
	return 0;
}

/* Waits for workers, for HEARTBEAT_MS at most, and handles each lane. */
static int look(struct run *run, struct dp_error *err)
{
	struct pollfd p[MAX_LANES];
	int rc = 0;

	for (unsigned int i = 0; i < run->lanes; i++) {
		const struct watch *w = &run->watches[i];

		p[i] = (struct pollfd){ .fd = w->done ? -1 : w->worker.fd, .events = POLLIN };
	}
	if (poll(p, run->lanes, HEARTBEAT_MS) <= 0)
		dp_emit_text(run->shared->fd, "alive", NULL, NULL);
	for (unsigned int i = 0; i < run->lanes && !rc; i++)
		if (!run->watches[i].done)
			rc = attend(run, i, p[i].revents, err);
	return rc;
}

static bool at_work(const struct run *run)
{
	for (unsigned int i = 0; i < run->lanes; i++)
		if (!run->watches[i].done)
			return true;
	return false;
}

static void clear(struct run *run)
{
	for (unsigned int i = 0; i < run->lanes; i++)
		dp_actor_clear(&run->watches[i].worker);
	if (run->size)
		munmap(run->shared, run->size);
}

static int init_counters(struct dp_pin_counters *counters)
{
	pthread_mutexattr_t attr;
	int rc;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	rc = -pthread_mutex_init(&counters->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	return rc;
}

/* Puts what the lanes need into shared memory: that of the pool if it fits, or new one. */
static int share(struct run *run, const struct dp_plan *plan,
		 const struct dp_check_options *options, int fd, struct dp_error *err)
{
	size_t size = sizeof(*run->shared) + plan->count * sizeof(*plan->list);
	struct shared *shared = run->pool ? run->pool->memory : NULL;

	if (!shared || size > DP_WORKER_POOL_MEMORY) {
		run->pool = NULL;
		run->size = size;
		shared =
			mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	}
	if (shared == MAP_FAILED) {
		run->size = 0;
		return dp_fail(err, -errno, "cannot share memory with a child");
	}
	run->shared = shared;
	shared->options = *options;
	shared->fd = fd;
	shared->count = plan->count;
	memcpy(shared->questions, plan->list, plan->count * sizeof(*plan->list));
	shared->adapter = false;
	for (size_t i = 0; i < plan->count; i++)
		shared->adapter |= !plan->list[i].by;
	for (int i = 0; i < MAX_LANES; i++)
		shared->lanes[i].shared = shared;
	return init_counters(&shared->counters);
}

/* Before the workers are forked off, which read with what is opened here. */
static void arm(struct shared *shared)
{
	struct dp_check_options *options = &shared->options;
	struct dp_error err = { 0 }, graph = { 0 };

	if (options->env.guest)
		snprintf(shared->unwitnessed, sizeof(shared->unwitnessed), "%s",
			 options->unwitnessed ? options->unwitnessed : "");
	if (options->witness == DP_WITNESS_GRAPH && dp_graph_arm(&graph))
		snprintf(shared->ungraphed, sizeof(shared->ungraphed), "no function graph: %.130s",
			 graph.what);
	if (!options->witness || options->env.guest)
		return;
	if (!dp_witness_arm(&err))
		options->reading = dp_reading_open(&err);
	snprintf(shared->unwitnessed, sizeof(shared->unwitnessed), "%.120s", err.what);
}

static void disarm(struct shared *shared)
{
	if (shared->options.witness == DP_WITNESS_GRAPH)
		dp_graph_disarm();
	if (!shared->options.witness || shared->options.env.guest)
		return;
	dp_reading_close(shared->options.reading);
	dp_witness_disarm();
}

int dp_check_run(const struct dp_plan *plan, const struct dp_check_options *options, int fd,
		 struct dp_error *err)
{
	dp_cleanup(clear) struct run run = { .pool = options->pool,
					     .lanes = 1,
					     .oom_kills = count_oom_kills() };
	int rc = 0;

	if (options->lanes)
		run.lanes = options->lanes < MAX_LANES ? options->lanes : MAX_LANES;
	for (unsigned int i = 0; i < MAX_LANES; i++)
		run.watches[i].worker = (struct dp_actor)DP_NO_ACTOR;
	rc = share(&run, plan, options, fd, err);
	if (!rc)
		arm(run.shared);
	for (unsigned int i = 0; i < run.lanes && !rc; i++)
		rc = start_worker(&run, i, err);
	while (!rc && at_work(&run))
		rc = look(&run, err);
	if (run.shared)
		disarm(run.shared);
	return rc;
}
