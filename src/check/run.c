// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
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

/* Shared between the worker that asks and the parent that watches. */
struct progress {
	volatile size_t next; /* the question being asked */
	volatile bool failed; /* the worker could not begin; error says why */
	struct dp_error error;
};

struct run {
	const struct dp_plan *plan;
	const struct dp_check_options *options;
	int fd;
	struct progress *progress;
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

static void work(struct run *run)
{
	struct progress *progress = run->progress;
	struct dp_rdma rdma;
	struct dp_asker asker;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dp_rdma_open(run->options->rdma, &rdma, &progress->error)) {
		progress->failed = true;
		_exit(1);
	}
	emit_rdma(run->fd, &rdma);
	dp_asker_init(&asker, &rdma, &run->options->env);
	for (; progress->next < run->plan->count; progress->next++) {
		struct dp_cell cell;

		dp_emit_text(run->fd, "begin", "id", run->plan->list[progress->next].id);
		if (run->options->misbehave && run->options->misbehave())
			_exit(1);
		dp_asker_ask(&asker, &run->plan->list[progress->next], &cell);
		if (dp_emit(run->fd, dp_cell_to_json(&cell)))
			_exit(1);
	}
	_exit(0);
}

/* Sleeps until the worker ends, as told by the pipe that only it holds, or for a while. */
static bool ended(int pipe_fd, int ms)
{
	struct pollfd p = { .fd = pipe_fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* Watches one worker. Returns NULL when it ended by itself, else what became of it. */
static const char *watch(struct run *run, pid_t pid, int pipe_fd, char *text, size_t size)
{
	size_t seen = run->progress->next;
	uint64_t since = dp_now_ms();
	int status = 0;

	while (!ended(pipe_fd, HEARTBEAT_MS)) {
		if (run->progress->next != seen) {
			seen = run->progress->next;
			since = dp_now_ms();
		}
		if (dp_now_ms() - since > run->options->cell_limit_ms) {
			kill(pid, SIGKILL);
			snprintf(text, size, "no answer within %llu s%s",
				 (unsigned long long)run->options->cell_limit_ms / 1000,
				 dp_reap(pid, GRACE_MS, NULL) ? ", and it cannot be killed" : "");
			return text;
		}
		dp_emit_text(run->fd, "alive", NULL, NULL);
	}
	if (dp_reap(pid, GRACE_MS, &status))
		return "the process that asked neither answers nor ends";
	if (WIFSIGNALED(status)) {
		snprintf(text, size, "the process that asked was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
		return text;
	}
	return WEXITSTATUS(status) ? "the process that asked gave up" : NULL;
}

static int emit_death(int fd, const char *id, const char *text)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "kind", json_object_new_string("died"));
	json_object_object_add(obj, "id", json_object_new_string(id));
	json_object_object_add(obj, "text", json_object_new_string(text));
	return dp_emit(fd, obj);
}

static int run_worker(struct run *run, struct dp_error *err)
{
	dp_autofd int reader = -1;
	const char *death;
	char text[128];
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return dp_fail(err, -errno, "cannot make a pipe");
	reader = fds[0];
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(reader);
		work(run);
	}
	close(fds[1]);
	if (pid < 0)
		return dp_fail(err, -errno, "cannot fork");
	death = watch(run, pid, reader, text, sizeof(text));
	if (run->progress->failed) {
		*err = run->progress->error;
		return err->code;
	}
	if (death && run->progress->next < run->plan->count)
		emit_death(run->fd, run->plan->list[run->progress->next++].id, death);
	return 0;
}

int dp_check_run(const struct dp_plan *plan, const struct dp_check_options *options, int fd,
		 struct dp_error *err)
{
	struct run run = { .plan = plan, .options = options, .fd = fd };
	int rc = 0;

	run.progress = mmap(NULL, sizeof(*run.progress), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run.progress == MAP_FAILED)
		return dp_fail(err, -errno, "cannot share memory with a child");
	while (!rc && run.progress->next < plan->count)
		rc = run_worker(&run, err);
	munmap(run.progress, sizeof(*run.progress));
	return rc;
}
