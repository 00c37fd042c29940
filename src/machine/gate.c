// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest wants is told by the scheduler's accounts of its QEMU's threads, which count the
 * time on a processor and the time of waiting for one (kernel/sched/stats.h: sched_info). So a
 * guest that gets little because the computer is busy with something else is not taken for one that
 * waits. A kernel without these accounts shows none: each guest then counts as one processor.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/gate.h"
#include "daxpin/signals.h"

/* Between two looks at what guests want: shorter, and one burst is all that is seen. */
#define LOOK_US 200000
/* Between two looks whether it is somebody's turn. */
#define TICK_MS 50
#define MS_NS   1000000L

void dp_gate_init(struct dp_gate *gate, unsigned int least, unsigned int most)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	*gate = (struct dp_gate){ .least = least ? least : 1,
				  .most = most < DP_GUESTS_MOST ? most : DP_GUESTS_MOST,
				  .processors = processors < 1 ? 1 : (unsigned int)processors,
				  .mutex = PTHREAD_MUTEX_INITIALIZER,
				  .moved = PTHREAD_COND_INITIALIZER };
	if (gate->most < gate->least)
		gate->most = gate->least;
}

uint64_t dp_schedstat_parse(const char *text)
{
	unsigned long long run, wait;

	return sscanf(text, "%llu %llu", &run, &wait) == 2 ? run + wait : 0;
}

/* Of all threads of a process; 0 if the kernel does not tell. */
static uint64_t wanted_ns(pid_t pid)
{
	dp_autodir DIR *tasks = NULL;
	struct dirent *task;
	uint64_t sum = 0;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && (task = readdir(tasks))) {
		char text[80] = "";

		if (task->d_name[0] != '.' &&
		    !dp_read_attr(text, sizeof(text), "/proc/%d/task/%s/schedstat", (int)pid,
				  task->d_name))
			sum += dp_schedstat_parse(text);
	}
	return sum;
}

/* A thread that has ended takes its time along: then nothing is known until the next look. */
static void look(struct dp_gate_place *place, uint64_t now_us)
{
	uint64_t ns = place->pid ? wanted_ns(place->pid) : 0, us = now_us - place->at_us;
	bool known = place->ns && ns >= place->ns && us;

	place->wanted =
		known ? (unsigned int)((ns - place->ns) * DP_PROCESSOR / 1000 / us) : DP_PROCESSOR;
	place->ns = ns;
	place->at_us = now_us;
}

static void look_at_all(struct dp_gate *gate)
{
	uint64_t now_us = dp_now_us();

	for (unsigned int i = 0; i < DP_GUESTS_MOST; i++)
		if (gate->places[i].taken && now_us - gate->places[i].at_us >= LOOK_US)
			look(&gate->places[i], now_us);
}

bool dp_gate_room(const struct dp_gate *gate)
{
	unsigned int wanted = 0;

	if (gate->inside < gate->least)
		return true;
	if (gate->inside >= gate->most)
		return false;
	for (unsigned int i = 0; i < DP_GUESTS_MOST; i++)
		wanted += gate->places[i].taken ? gate->places[i].wanted : 0;
	return wanted + DP_PROCESSOR / 2 <= gate->processors * DP_PROCESSOR;
}

static void wait_a_tick(struct dp_gate *gate)
{
	struct timespec tick;

	clock_gettime(CLOCK_REALTIME, &tick);
	tick.tv_nsec += TICK_MS * MS_NS;
	tick.tv_sec += tick.tv_nsec / (1000 * MS_NS);
	tick.tv_nsec %= 1000 * MS_NS;
	pthread_cond_timedwait(&gate->moved, &gate->mutex, &tick);
}

static int take_place(struct dp_gate *gate)
{
	int i = 0;

	while (gate->places[i].taken)
		i++;
	gate->places[i] = (struct dp_gate_place){ .taken = true,
						  .at_us = dp_now_us(),
						  .wanted = DP_PROCESSOR };
	gate->inside++;
	gate->peak = gate->inside > gate->peak ? gate->inside : gate->peak;
	return i;
}

/* Whether it is the turn of this number, and there is room. */
static bool may_enter(struct dp_gate *gate, uint64_t number)
{
	if (gate->serving != number)
		return false;
	look_at_all(gate);
	return dp_gate_room(gate);
}

int dp_gate_enter(struct dp_gate *gate, struct dp_error *err)
{
	uint64_t number;
	int place;

	if (!gate)
		return 0;
	pthread_mutex_lock(&gate->mutex);
	number = gate->next++;
	while (!may_enter(gate, number) && !dp_interrupted())
		wait_a_tick(gate);
	/* After an interruption nobody enters, and whose turn it is does not matter. */
	place = dp_interrupted() ? -EINTR : take_place(gate);
	gate->serving += place >= 0;
	pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->mutex);
	return place < 0 ? dp_report(err, place, "interrupted; no further guest was started")
			 : place;
}

void dp_gate_is(struct dp_gate *gate, int place, pid_t pid)
{
	if (!gate)
		return;
	pthread_mutex_lock(&gate->mutex);
	gate->places[place].pid = pid;
	gate->places[place].ns = pid ? wanted_ns(pid) : 0;
	gate->places[place].at_us = dp_now_us();
	pthread_mutex_unlock(&gate->mutex);
}

void dp_gate_leave(struct dp_gate *gate, int place)
{
	if (!gate || place < 0)
		return;
	pthread_mutex_lock(&gate->mutex);
	gate->places[place].taken = false;
	gate->inside--;
	pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->mutex);
}
