// SPDX-License-Identifier: GPL-2.0-or-later
/* What a teardown does inside the kernel, told after each step from the event on. */
#include <unistd.h>

#include "scenario.h"

#include "daxpin/cleanup.h"
#include "daxpin/witness.h"

/* To read the events takes milliseconds; a kernel that is broken may never let go, ms. */
#define READ_LIMIT_MS 5000

void dp_teardown_arm(struct dp_teardown *t)
{
	struct dp_error err = { 0 };

	if (!t->options->witness)
		return;
	if (!dp_course_arm(&err))
		t->course = dp_course_open(&err);
	if (!t->course)
		dp_course_emit_missing(err.what, dp_step_name(DP_STEP_EVENT), t->fd);
}

void dp_teardown_disarm(struct dp_teardown *t)
{
	dp_course_close(t->course);
	/* A guest is thrown away. */
	if (t->options->witness && !t->options->env.guest)
		dp_witness_disarm();
}

void dp_teardown_begin_course(struct dp_teardown *t)
{
	if (t->course && !t->witnessed)
		dp_course_begin(t->course);
	t->witnessed = t->course;
	t->cast.owner = t->keeper.pid;
}

void dp_teardown_end_course(struct dp_teardown *t)
{
	if (t->witnessed)
		dp_course_end(t->course);
	t->witnessed = false;
}

static void act_emit(int fd, void *arg)
{
	const struct dp_teardown *t = arg;
	struct dp_reply reply = { 0 };

	dp_course_emit(t->course, &t->cast, dp_step_name(t->step), t->fd);
	if (write(fd, &reply, sizeof(reply)) < 0)
		_exit(1);
}

void dp_teardown_tell_course(struct dp_teardown *t)
{
	dp_cleanup(dp_actor_clear) struct dp_actor reader = DP_NO_ACTOR;
	struct dp_reply reply;

	if (!t->witnessed)
		return;
	if (!dp_actor_start(&reader, act_emit, t) &&
	    dp_actor_hear(&reader, READ_LIMIT_MS, &reply) == DP_DONE)
		return;
	dp_course_emit_missing("the events cannot be read any more", dp_step_name(t->step), t->fd);
	t->witnessed = false;
}
