// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "ask.h"

#include "daxpin/cleanup.h"

/* The guest to carry a command out in. */
static int prepare(const struct campaign *c, struct dp_boot *boot, struct dp_error *err)
{
	dp_cleanup(dp_collect_clear) struct dp_collect making = { 0 };
	int rc = dp_collect_init(&making, 0);

	if (!rc)
		rc = dp_guest_prepare(c, c->guests->fresh, boot, &making, err);
	if (!rc && making.run.ending[0])
		rc = dp_report(err, -EIO, "%s", making.run.ending);
	return rc;
}

static int try_once(const struct campaign *c, const char *command, const struct dp_sink *sink,
		    struct dp_error *err)
{
	dp_cleanup(dp_session_end_clear) struct dp_session_end end = { 0 };
	dp_cleanup(dp_snapshot_close) struct dp_boot boot = NO_BOOT;
	int rc = prepare(c, &boot, err);

	if (!rc)
		rc = dp_session_run(&boot, command, &c->guests->limits, sink, c->progress, &end,
				    err);
	if (!rc)
		rc = dp_bad_input_of(&end, err);
	if (!rc && end.ending[0])
		rc = dp_report(err, -EIO, "%s", end.ending);
	return rc;
}

int dp_campaign_command(const struct dp_guests *guests, const struct dp_command *command,
			const struct dp_sink *sink, dp_progress_fn progress, struct dp_error *err)
{
	const struct campaign c = { .guests = guests,
				    .kernel = guests->kernels[0],
				    .cpus = DP_GUEST_CPUS,
				    .progress = progress };
	dp_autofree char *line = NULL;
	int rc = dp_command_to_json(command, &line, err);

	if (!rc)
		rc = try_once(&c, line, sink, err);
	/* What was damaged has gone from the cache, and is made anew. */
	if (rc == -ESTALE) {
		*err = (struct dp_error){ 0 };
		rc = try_once(&c, line, sink, err);
	}
	return rc;
}
