// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daxpin/actor.h"
#include "daxpin/teardown.h"

extern const struct dp_event *__start_dp_events[], *__stop_dp_events[];

/* More events than there will be; the section's own size decides. */
#define EVENTS 64

static int by_rank(const void *a, const void *b)
{
	const struct dp_event *const *x = a, *const *y = b;

	return (int)(*x)->rank - (int)(*y)->rank;
}

const struct dp_event *const *dp_events(size_t *count)
{
	static const struct dp_event *sorted[EVENTS];
	size_t n = (size_t)(__stop_dp_events - __start_dp_events);

	if (n > EVENTS)
		n = EVENTS;
	if (!sorted[0]) {
		memcpy(sorted, __start_dp_events, n * sizeof(sorted[0]));
		qsort(sorted, n, sizeof(sorted[0]), by_rank);
	}
	*count = n;
	return sorted;
}

const char *dp_release_name(enum dp_release release)
{
	static const char *const names[] = { "dereg", "close", "kill", "link-delete", "none" };

	return names[release];
}

void dp_event_carry_out(int fd, int (*act)(const struct dp_target *, struct dp_error *),
			const struct dp_target *target)
{
	struct dp_error err = { 0 };
	struct dp_reply reply = { .rc = act ? act(target, &err) : 0 };

	snprintf(reply.text, sizeof(reply.text), "%.300s", err.what);
	if (write(fd, &reply, sizeof(reply)) < 0)
		_exit(1);
}
