// SPDX-License-Identifier: GPL-2.0-or-later
/* The holds of a race, as the guest sees them: what its processes say, and to whom. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "holds.h"
#include "request.h"

#include "daxpin/bias.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"

/* To begin, and to end: QEMU answers in some ms, on a busy host in seconds. */
#define LIMIT_MS 120000

/* In each process of a race its own magic number; 0 in all others. */
static volatile uint64_t self, first;
/* Set by whoever runs the guest. */
static _Atomic uint64_t answered;

/* Where whoever runs the guest stops them. */
static void at_point(uint64_t word, uint64_t round)
{
	__asm__ volatile("" : : "r"(word), "r"(round) : "memory");
}

/* Called where the compiler cannot see to whom: it would make another function of it. */
static void (*volatile say)(uint64_t word, uint64_t round) = at_point;

void dp_bias_find_memory(const struct dp_mapping *mapping, const struct dp_area *area,
			 struct dp_bias_memory *memory)
{
	struct stat st;
	uint64_t pfn = 0;

	*memory = (struct dp_bias_memory){ 0 };
	/* MKDEV() of <linux/kdev_t.h> */
	if (area->fd >= 0 && !fstat(area->fd, &st) && S_ISCHR(st.st_mode))
		memory->device = (uint64_t)major(st.st_rdev) << 20 | minor(st.st_rdev);
	if (area->resource[0] && mapping->frames == DP_FRAMES_DEVICE &&
	    !dp_frames_read(area->addr, 1, &pfn))
		memory->frame = pfn * (uint64_t)sysconf(_SC_PAGESIZE);
}

void dp_bias_prepare(void)
{
	first = 0x6461787069686f00ULL + (uint64_t)getpid() * 0x10000;
	self = first + 3;
}

void dp_bias_be(enum dp_bias_side side)
{
	cpu_set_t set;

	if (!first)
		return;
	self = first + 1 + (uint64_t)side;
	CPU_ZERO(&set);
	CPU_SET(side, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

void dp_bias_event(uint64_t round)
{
	say(DP_HOLDS_EVENT, round);
}

void dp_bias_event_ended(uint64_t round)
{
	say(DP_HOLDS_EVENT_ENDED, round);
}

/* A release is seen in no function of its own: those stations are of orders only. */
static unsigned int stations_of(const struct dp_mapping *mapping)
{
	unsigned int set = 0;
	size_t count;
	const struct dp_station *stations = dp_stations(&count);

	for (size_t i = 0; i < count; i++)
		if (stations[i].kind != DP_HOLD_RELEASE &&
		    (!stations[i].applies || stations[i].applies(mapping)))
			set |= 1U << i;
	return set;
}

/* What was answered, unless all went well. */
static void take_answer(struct dp_bias *bias, const char *line)
{
	const char *state = line + strlen(DP_ANSWER);

	if (strncmp(state, "played", 6) != 0)
		snprintf(bias->missing, sizeof(bias->missing), "%.150s", state);
}

/* It is said again and again until somebody has heard it. */
static void await_hold(struct dp_bias *bias)
{
	uint64_t end = dp_now_ms() + LIMIT_MS;
	struct pollfd p = { .fd = bias->held, .events = POLLIN };
	char line[300];

	while (!atomic_load(&answered)) {
		say(DP_HOLDS_BEGIN, 0);
		if (poll(&p, 1, 1) > 0) {
			if (dp_request_await(bias->held, end, line, sizeof(line)))
				snprintf(line, sizeof(line), DP_ANSWER "nobody answers");
			take_answer(bias, line);
			return;
		}
		if (dp_now_ms() > end) {
			snprintf(bias->missing, sizeof(bias->missing), "nobody answers");
			return;
		}
	}
	bias->playing = true;
}

static int describe(const struct dp_mapping *mapping, const struct dp_event *event,
		    struct dp_request *request, struct dp_error *err)
{
	const struct dp_order order = { .mapping = mapping, .event = event };

	request->stations = stations_of(mapping);
	request->main = first + 3;
	request->point = (uint64_t)say;
	request->answered = (uint64_t)&answered;
	for (int i = 0; i < DP_ORDER_SIDES; i++) {
		request->owners[i] = (uint64_t)&self;
		request->magic[i] = first + 1 + (uint64_t)i;
	}
	return dp_passages_find(&order, &request->passages, err);
}

void dp_bias_begin(struct dp_bias *bias, const struct dp_mapping *mapping,
		   const struct dp_event *event, const struct dp_bias_memory *memory, uint64_t seed,
		   int held, int fd)
{
	dp_autofree struct dp_request *request = calloc(1, sizeof(*request));
	struct dp_error err = { 0 };

	*bias = (struct dp_bias){ .held = held };
	if (!request || describe(mapping, event, request, &err)) {
		snprintf(bias->missing, sizeof(bias->missing), "%.150s",
			 request ? err.what : "there is no memory");
		return;
	}
	request->seed = seed;
	request->device = memory->device;
	request->frame = memory->frame;
	atomic_store(&answered, 0);
	dp_emit(fd, dp_holds_to_json(request, 1));
	tcdrain(fd);
	await_hold(bias);
}

void dp_bias_end(struct dp_bias *bias)
{
	char line[300];

	if (!bias->playing)
		return;
	bias->playing = false;
	say(DP_HOLDS_END, 0);
	/* What came of it is told by the step, if there is one. */
	dp_request_await(bias->held, dp_now_ms() + LIMIT_MS, line, sizeof(line));
}
