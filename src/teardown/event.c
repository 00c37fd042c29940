// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daxpin/actor.h"
#include "daxpin/teardown.h"

DP_REGISTRY(struct dp_event, dp_events)

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
