// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "ask.h"

#include "daxpin/cleanup.h"

static int run(const struct campaign *c, struct dp_task *task, struct dp_error *err)
{
	const char *unready = c->guest->making.run.ending;
	int rc = dp_guest_run(c, task, 1, err);

	if (!rc)
		rc = dp_bad_input_of(&task->end, err);
	if (!rc && (unready[0] || task->end.ending[0]))
		rc = dp_report(err, -EIO, "%s", unready[0] ? unready : task->end.ending);
	dp_session_end_clear(&task->end);
	return rc;
}

/* Whether daxpin will set probes in the guest. */
static bool arms(const struct dp_command *command)
{
	const struct dp_words *words = &command->as_host.arguments;

	for (size_t i = 0; command->kind == DP_COMMAND_AS_HOST && i < words->count; i++)
		if (!strncmp(words->list[i], "--witness", strlen("--witness")))
			return true;
	return false;
}

int dp_campaign_command(const struct dp_guests *guests, const struct dp_command *command,
			const struct dp_sink *sink, const struct dp_progress *progress,
			struct dp_error *err)
{
	dp_cleanup(dp_guest_clear) struct dp_guest guest = DP_NO_GUEST;
	struct dp_kernel kernel;
	/*
	 * One processor for a layout, and for a witness that is armed meanwhile: two of them under
	 * TCG have now and then met the int3 of a jump label that the other was patching, and the
	 * kernel panicked.
	 */
	const struct campaign c = { .guests = guests,
				    .kernel = &kernel,
				    .guest = &guest,
				    .layout = guests->layout,
				    .cpus = guests->layout || arms(command) ? 1 : DP_GUEST_CPUS,
				    .progress = progress };
	dp_autofree char *line = NULL;
	struct dp_task task = { .sink = *sink };
	int rc = dp_command_to_json(command, &line, err);

	if (!rc)
		rc = dp_kernel_ready(guests, 0, progress, &kernel, err);
	if (!rc)
		rc = dp_guest_prepare(&c, !guests->fresh, &guest, err);
	task.command = line;
	return rc ? rc : run(&c, &task, err);
}
