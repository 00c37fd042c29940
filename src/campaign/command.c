// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "ask.h"

#include "daxpin/cleanup.h"

static int try_once(const struct campaign *c, const char *command, struct dp_collect *collect,
		    struct dp_error *err)
{
	dp_cleanup(dp_snapshot_close) struct dp_boot boot = NO_BOOT;
	int rc = dp_guest_prepare(c, c->guests->fresh, &boot, collect, err);

	if (rc || collect->run.ending[0])
		return rc;
	return dp_session_run(&boot, command, &c->guests->limits, collect, c->progress, err);
}

int dp_campaign_command(const struct dp_guests *guests, const struct dp_command *command,
			struct dp_collect *collect, dp_progress_fn progress, struct dp_error *err)
{
	const struct campaign c = { .guests = guests,
				    .kernel = guests->kernels[0],
				    .cpus = DP_GUEST_CPUS,
				    .progress = progress };
	dp_autofree char *line = NULL;
	int rc = dp_command_to_json(command, &line, err);

	if (!rc)
		rc = try_once(&c, line, collect, err);
	/* What was damaged has gone from the cache, and is made anew. */
	if (rc == -ESTALE) {
		*err = (struct dp_error){ 0 };
		rc = try_once(&c, line, collect, err);
	}
	return rc ? rc : dp_bad_input_of(collect, err);
}
