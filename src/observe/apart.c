// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"
#include "daxpin/steps.h"

int dp_ask_apart(const char *id, void (*body)(int fd, void *arg), void *arg, uint64_t limit_ms,
		 int fd, struct dp_error *err)
{
	dp_cleanup(dp_actor_clear) struct dp_actor actor = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	unsigned long taint = 0;
	enum dp_fate fate;
	int rc;

	dp_kernel_taint(&taint);
	dp_emit_text(fd, "begin", "id", id);
	fflush(NULL);
	rc = dp_actor_start(&actor, body, arg);
	if (rc)
		return dp_fail(err, rc, "cannot start a process");
	fate = dp_actor_hear(&actor, limit_ms, &reply);
	if (fate == DP_DONE && !reply.rc) {
		dp_emit(fd, dp_step_taint(taint));
		dp_emit_id(fd, "end", id, NULL);
	} else {
		dp_emit_id(fd, fate == DP_DONE && reply.rc == DP_SKIP ? "skip" : "died", id,
			   fate == DP_DONE   ? reply.text
			   : fate == DP_DIED ? "the process that asked has died"
					     : "the process that asked does not answer");
	}
	return 0;
}
