// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/observe.h"
#include "daxpin/proc.h"
#include "daxpin/rdma.h"

/* How often the stream says that nothing has happened, ms. */
#define HEARTBEAT_MS 2000
/* How long a worker that was killed may take to go away, ms; one in state D does not. */
#define GRACE_MS 2000

#define MAX_LANES 16

/*
 * A lane asks about one mapping after the other: a worker that asks, and somebody who watches it.
 * Shared between the two.
 */
struct lane {
	volatile size_t next, end; /* the question being asked, and where the mapping's end */
	volatile bool failed;      /* the worker could not begin; error says why */
	struct dp_error error;
};

struct shared {
	atomic_size_t unclaimed; /* the first question that is no lane's yet */
	struct dp_pin_book book;
	struct lane lanes[MAX_LANES];
};

/* What is known of a lane's worker. */
struct watch {
	pid_t pid;
	int alive; /* pipe whose other end only the worker holds; -1 without a worker */
	size_t seen;
	uint64_t since; /* ms, when seen was new */
};

struct run {
	const struct dp_plan *plan;
	const struct dp_check_options *options;
	int fd;
	struct shared *shared;
	unsigned int lanes;
	struct watch watches[MAX_LANES];
};

static void emit_rdma(int fd, const struct dp_rdma *rdma)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "kind", json_object_new_string("rdma"));
	json_object_object_add(obj, "device", json_object_new_string(rdma->device));
	json_object_object_add(obj, "provider", json_object_new_string(rdma->provider));
	json_object_object_add(obj, "odp", json_object_new_boolean(rdma->odp));
	dp_emit(fd, obj);
}

/* ---- the worker -------------------------------------------------------------------------- */

/* The next mapping's questions are this lane's; false if all are somebody's. */
static bool claim(struct run *run, struct lane *lane)
{
	const struct dp_plan *plan = run->plan;
	size_t from = atomic_load(&run->shared->unclaimed), to;

	do {
		if (from == plan->count)
			return false;
		to = from + 1;
		while (to < plan->count && plan->list[to].mapping == plan->list[from].mapping)
			to++;
	} while (!atomic_compare_exchange_weak(&run->shared->unclaimed, &from, to));
	lane->next = from;
	lane->end = to;
	return true;
}

static void ask(struct run *run, struct dp_asker *asker, const struct dp_question *question)
{
	struct dp_cell cell = { .outcome = DP_BROKEN };
	struct dp_error why = { 0 };

	dp_emit_text(run->fd, "begin", "id", question->id);
	if (run->options->misbehave && run->options->misbehave())
		_exit(1);
	if (run->options->prepare && run->options->prepare(question->mapping, &why)) {
		snprintf(cell.id, sizeof(cell.id), "%s", question->id);
		snprintf(cell.text, sizeof(cell.text), "%.500s", why.what);
	} else {
		dp_asker_ask(asker, question, &cell);
	}
	if (dp_emit(run->fd, dp_cell_to_json(&cell)))
		_exit(1);
}

static void work(struct run *run, struct lane *lane)
{
	struct dp_rdma rdma;
	struct dp_asker asker;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dp_rdma_open(run->options->rdma, &rdma, &lane->error)) {
		lane->failed = true;
		_exit(1);
	}
	emit_rdma(run->fd, &rdma);
	dp_asker_init(&asker, &rdma, &run->options->env, &run->shared->book);
	while (lane->next < lane->end || claim(run, lane)) {
		ask(run, &asker, &run->plan->list[lane->next]);
		lane->next++;
	}
	_exit(0);
}

/* ---- those who watch --------------------------------------------------------------------- */

static int start_worker(struct run *run, unsigned int i, struct dp_error *err)
{
	struct watch *w = &run->watches[i];
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return dp_fail(err, -errno, "cannot make a pipe");
	fflush(NULL);
	w->pid = fork();
	if (w->pid == 0) {
		/* Its siblings' ends are theirs: each ends when its own worker does. */
		close(fds[0]);
		work(run, &run->shared->lanes[i]);
	}
	close(fds[1]);
	w->alive = fds[0];
	w->seen = run->shared->lanes[i].next;
	w->since = dp_now_ms();
	return w->pid < 0 ? dp_fail(err, -errno, "cannot fork") : 0;
}

static int emit_death(int fd, const char *id, const char *text)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "kind", json_object_new_string("died"));
	json_object_object_add(obj, "id", json_object_new_string(id));
	json_object_object_add(obj, "text", json_object_new_string(text));
	return dp_emit(fd, obj);
}

/* What became of a worker that has ended; NULL if it did so by itself, its work done. */
static const char *last_words(struct watch *w, char *text, size_t size)
{
	int status = 0;

	if (dp_reap(w->pid, GRACE_MS, &status))
		return "the process that asked neither answers nor ends";
	if (WIFSIGNALED(status)) {
		snprintf(text, size, "the process that asked was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
		return text;
	}
	return WEXITSTATUS(status) ? "the process that asked gave up" : NULL;
}

/* One that does not answer is given up; NULL if it is not yet time for that. */
static const char *too_late(struct run *run, unsigned int i, char *text, size_t size)
{
	struct watch *w = &run->watches[i];
	uint64_t limit = run->options->cell_limit_ms;

	if (run->shared->lanes[i].next != w->seen) {
		w->seen = run->shared->lanes[i].next;
		w->since = dp_now_ms();
	}
	if (dp_now_ms() - w->since <= limit)
		return NULL;
	kill(w->pid, SIGKILL);
	snprintf(text, size, "no answer within %llu s%s", (unsigned long long)limit / 1000,
		 dp_reap(w->pid, GRACE_MS, NULL) ? ", and it cannot be killed" : "");
	return text;
}

/* A worker that is no more: what it was asking has its observation, another one takes over. */
static int bury(struct run *run, unsigned int i, const char *death, struct dp_error *err)
{
	struct lane *lane = &run->shared->lanes[i];

	dp_closep(&run->watches[i].alive);
	run->watches[i].alive = -1;
	if (lane->failed) {
		*err = lane->error;
		return err->code;
	}
	if (!death)
		return 0;
	if (lane->next < lane->end)
		emit_death(run->fd, run->plan->list[lane->next++].id, death);
	return start_worker(run, i, err);
}

/* Sleeps until a worker ends, or for a while; then looks after all of them. */
static int look(struct run *run, struct dp_error *err)
{
	struct pollfd p[MAX_LANES];
	char text[128];
	int rc = 0;

	for (unsigned int i = 0; i < run->lanes; i++)
		p[i] = (struct pollfd){ .fd = run->watches[i].alive, .events = POLLIN };
	if (poll(p, run->lanes, HEARTBEAT_MS) <= 0)
		dp_emit_text(run->fd, "alive", NULL, NULL);
	for (unsigned int i = 0; i < run->lanes && !rc; i++) {
		const char *death = NULL;

		if (run->watches[i].alive < 0)
			continue;
		if (p[i].revents)
			rc = bury(run, i, last_words(&run->watches[i], text, sizeof(text)), err);
		else if ((death = too_late(run, i, text, sizeof(text))))
			rc = bury(run, i, death, err);
	}
	return rc;
}

static bool at_work(const struct run *run)
{
	for (unsigned int i = 0; i < run->lanes; i++)
		if (run->watches[i].alive >= 0)
			return true;
	return false;
}

static void end_all(struct run *run)
{
	for (unsigned int i = 0; i < run->lanes; i++) {
		struct watch *w = &run->watches[i];

		if (w->alive < 0)
			continue;
		kill(w->pid, SIGKILL);
		dp_reap(w->pid, GRACE_MS, NULL);
		dp_closep(&w->alive);
	}
}

static int init_shared(struct run *run, struct dp_error *err)
{
	pthread_mutexattr_t attr;

	run->shared = mmap(NULL, sizeof(*run->shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run->shared == MAP_FAILED)
		return dp_fail(err, -errno, "cannot share memory with a child");
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&run->shared->book.mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	return 0;
}

int dp_check_run(const struct dp_plan *plan, const struct dp_check_options *options, int fd,
		 struct dp_error *err)
{
	struct run run = { .plan = plan, .options = options, .fd = fd, .lanes = 1 };
	int rc = init_shared(&run, err);

	if (rc)
		return rc;
	if (options->lanes)
		run.lanes = options->lanes < MAX_LANES ? options->lanes : MAX_LANES;
	for (unsigned int i = 0; i < MAX_LANES; i++)
		run.watches[i].alive = -1;
	for (unsigned int i = 0; i < run.lanes && !rc; i++)
		rc = start_worker(&run, i, err);
	while (!rc && at_work(&run))
		rc = look(&run, err);
	end_all(&run);
	munmap(run.shared, sizeof(*run.shared));
	return rc;
}
