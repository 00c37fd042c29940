// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daxpin/actor.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/file.h"
#include "daxpin/proc.h"

/* Time between two looks at a task, ms. */
#define LOOK_MS 20
/* A task waits after so many looks in a row without a context switch. */
#define QUIET 30
/*
 * A task that polls in the kernel waits at this score: a look in the same place adds 1, a look
 * elsewhere takes ELSEWHERE away.
 */
#define POLLS     45
#define ELSEWHERE 4
/* Time for a killed task to end, ms; one that is held by the kernel never does. */
#define GRACE_MS 200
/* How often a task that runs is looked at on its processor, and how long that may take, ms. */
#define BESIDE    20
#define BESIDE_MS 2000
/* Kernel functions that are told of a stack. */
#define FRAMES 12

const char *dp_fate_name(enum dp_fate fate)
{
	static const char *const names[] = { "completed", "waits", "runs", "died" };

	return names[fate];
}

int dp_actor_start(struct dp_actor *actor, void (*body)(int fd, void *arg), void *arg)
{
	pid_t parent = getpid();
	int pair[2];

	*actor = (struct dp_actor)DP_NO_ACTOR;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	actor->pid = fork();
	if (actor->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(pair[0]);
		body(pair[1], arg);
		_exit(0);
	}
	close(pair[1]);
	if (actor->pid < 0) {
		int rc = -errno;

		close(pair[0]);
		actor->pid = 0;
		return rc;
	}
	actor->fd = pair[0];
	return 0;
}

static bool reaped(struct dp_actor *actor)
{
	if (actor->pid && waitpid(actor->pid, &actor->status, WNOHANG) == actor->pid)
		actor->pid = 0;
	return !actor->pid;
}

/*
 * Reads the state of a task and the sum of its context switches; false if they cannot be read.
 * State X is a task that oopsed while it exited and is never reaped (make_task_dead(),
 * kernel/exit.c).
 */
static bool read_task(pid_t pid, char *state, int64_t *switches)
{
	dp_autofree char *text = NULL;
	const char *line, *at;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (dp_read_file(path, 65536, &text, NULL, NULL))
		return false;
	line = strstr(text, "\nState:\t");
	if (!line)
		return false;
	*state = line[8];
	*switches = 0;
	for (at = strstr(text, "ctxt_switches:"); at; at = strstr(at + 1, "ctxt_switches:"))
		*switches += atoll(at + 14);
	return true;
}

bool dp_task_slept(pid_t pid, int64_t *switches)
{
	int64_t before = *switches;
	char state;

	*switches = -1;
	return read_task(pid, &state, switches) && strchr("SD", state) && *switches == before;
}

/* What the looks at a task have shown so far. */
struct sight {
	int64_t switches;
	int still;       /* looks in a row without a context switch */
	int there;       /* score of looks that found it asleep in the same place */
	char place[640]; /* that place: its kernel stack */
};

/* A task that polls is elsewhere now and then, so one such look does not begin the count anew. */
static void look_at_place(struct sight *sight, const char *place)
{
	if (place[0] && !strcmp(place, sight->place))
		sight->there++;
	else
		sight->there -= sight->there < ELSEWHERE ? sight->there : ELSEWHERE;
	if (!sight->there)
		snprintf(sight->place, sizeof(sight->place), "%s", place);
}

/* Looks at the task once; true if the looks together show that it waits. */
static bool seen_to_wait(pid_t pid, struct sight *sight)
{
	char state, place[sizeof(sight->place)];
	int64_t switches;

	place[0] = '\0';
	if (!read_task(pid, &state, &switches) || !strchr("SDX", state))
		switches = -1;
	else
		dp_actor_where(pid, place, sizeof(place));
	/* A task in state X never moves again. */
	sight->still = switches < 0 || switches != sight->switches ? 0
		       : state == 'X'                              ? QUIET
								   : sight->still + 1;
	sight->switches = switches;
	look_at_place(sight, place);
	return sight->still >= QUIET || sight->there >= POLLS;
}

/* Polls once, for at most @ms; true if the actor has answered or ended, and @fate tells which. */
static bool look(struct dp_actor *actor, int ms, bool end_only, struct dp_reply *reply,
		 enum dp_fate *fate)
{
	struct pollfd p = { .fd = end_only ? -1 : actor->fd, .events = POLLIN };
	bool end;

	/* Its socket closes before the task has ended, and the task may still hang in exit. */
	if (poll(&p, 1, ms) > 0 && !(p.revents & POLLIN))
		poll(NULL, 0, LOOK_MS / 4);
	end = reaped(actor);
	/* It may have answered and ended since poll() returned. */
	*fate = DP_DONE;
	if (!end_only && recv(actor->fd, reply, sizeof(*reply), MSG_DONTWAIT) == sizeof(*reply))
		return true;
	*fate = DP_DIED;
	return end;
}

static enum dp_fate watch(struct dp_actor *actor, uint64_t limit_ms, bool end_only,
			  struct dp_reply *reply)
{
	uint64_t end = dp_now_ms() + limit_ms;
	struct sight sight = { .switches = -1 };
	enum dp_fate fate;

	do {
		if (look(actor, LOOK_MS, end_only, reply, &fate))
			return fate;
		if (seen_to_wait(actor->pid, &sight))
			return DP_WAITS;
	} while (dp_now_ms() < end);
	return DP_RUNS;
}

enum dp_fate dp_actor_wait(struct dp_actor *actor, uint64_t limit_ms, struct dp_reply *reply)
{
	*reply = (struct dp_reply){ 0 };
	return watch(actor, limit_ms, false, reply);
}

enum dp_fate dp_actor_wait_end(struct dp_actor *actor, uint64_t limit_ms)
{
	struct dp_reply reply;

	if (reaped(actor))
		return DP_DIED;
	return watch(actor, limit_ms, true, &reply);
}

enum dp_fate dp_actor_hear(struct dp_actor *actor, uint64_t limit_ms, struct dp_reply *reply)
{
	uint64_t now = dp_now_ms(), end = now + limit_ms;
	enum dp_fate fate;

	*reply = (struct dp_reply){ 0 };
	do {
		if (look(actor, (int)(end - now), false, reply, &fate))
			return fate;
		now = dp_now_ms();
	} while (now < end);
	return DP_RUNS;
}

bool dp_actor_tell(struct dp_actor *actor, char command)
{
	return actor->fd >= 0 && send(actor->fd, &command, 1, MSG_NOSIGNAL) == 1;
}

void dp_actor_where(pid_t pid, char *text, size_t size)
{
	dp_autofree char *stack = NULL;
	char path[48], *rest;
	size_t used = 0;
	int frames = 0;

	text[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/stack", (int)pid);
	if (!pid || dp_read_file(path, 65536, &stack, NULL, NULL))
		return;
	rest = stack;
	/* "[<0>] function+0x12/0x34 [module]" */
	for (char *line = strsep(&rest, "\n"); line && frames < FRAMES;
	     line = strsep(&rest, "\n")) {
		char *name = strchr(line, ' ');

		if (!name || used + 80 > size)
			continue;
		name++;
		used += (size_t)snprintf(text + used, size - used, "%s%.*s", used ? " " : "",
					 (int)strcspn(name, "+"), name);
		frames++;
	}
}

/* The processor that a task ran on last, if it runs or wants to; -1 if it sleeps. */
static int processor_of(pid_t pid)
{
	dp_autofree char *text = NULL;
	const char *at;
	char path[48], state;
	int cpu;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (dp_read_file(path, 4096, &text, NULL, NULL))
		return -1;
	/* The third and the 39th field; the second is a name in parentheses, which may have any. */
	at = strrchr(text, ')');
	if (!at || sscanf(at, ") %c", &state) != 1 || state != 'R')
		return -1;
	for (int field = 2; at && field < 39; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, "%d", &cpu) == 1 && cpu >= 0 && cpu < CPU_SETSIZE ? cpu : -1;
}

/* On the processor of a task that runs: while this does, the task does not. */
static void read_beside(int fd, void *arg)
{
	pid_t pid = *(pid_t *)arg;
	struct dp_reply reply = { 0 };
	int cpu = processor_of(pid);
	cpu_set_t set;

	for (int i = 0; i < BESIDE && cpu >= 0 && !reply.text[0]; i++, cpu = processor_of(pid)) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (!sched_setaffinity(0, sizeof(set), &set))
			dp_actor_where(pid, reply.text, sizeof(reply.text));
	}
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

void dp_actor_look(pid_t pid, char *text, size_t size)
{
	struct dp_actor reader = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };

	dp_actor_where(pid, text, size);
	if (!pid || processor_of(pid) < 0 || dp_actor_start(&reader, read_beside, &pid))
		return;
	dp_actor_hear(&reader, BESIDE_MS, &reply);
	dp_actor_clear(&reader);
	snprintf(text, size, "%s", reply.text);
}

void dp_actor_clear(struct dp_actor *actor)
{
	if (actor->pid) {
		kill(actor->pid, SIGKILL);
		dp_reap(actor->pid, GRACE_MS, NULL);
	}
	dp_closep(&actor->fd);
	*actor = (struct dp_actor)DP_NO_ACTOR;
}
