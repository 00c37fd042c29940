// SPDX-License-Identifier: GPL-2.0-or-later
/* The remote end: obeys until the driving end says goodbye. */
#include <errno.h>

#include "end.h"
#include "talk.h"

#include "daxpin/cleanup.h"
#include "daxpin/splat.h"

/* The driving end may be busy for several times the limit of a wait. */
#define SILENCE 10

int dp_traffic_serve(int fd, struct dp_port *port, const struct dp_traffic_options *options,
		     int (*watch)(void *arg, const char *line, size_t len), void *arg,
		     struct dp_error *err)
{
	struct dp_end end = {
		.port = port,
		.options = options,
		.area = { .fd = -1 },
		.watch = watch,
		.arg = arg,
	};
	int rc = 0;

	dp_kernel_taint(&end.taint);
	while (!end.over && !rc) {
		dp_autojson struct json_object *command = NULL;

		rc = dp_talk_hear(fd, SILENCE * options->limit_ms, end.taint, &command);
		if (!rc)
			rc = dp_talk_say(fd, dp_end_obey(&end, command));
	}
	dp_end_clear(&end);
	if (rc == -ETIMEDOUT)
		return dp_report(err, rc, "the driving end has sent nothing for %llu s",
				 (unsigned long long)(SILENCE * options->limit_ms / 1000));
	return rc ? dp_fail(err, rc, "the driving end is lost") : 0;
}
