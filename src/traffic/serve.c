// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "end.h"

#include "daxpin/splat.h"

int dp_traffic_serve(int fd, struct dp_port *port, const struct dp_traffic_options *options,
		     int (*watch)(void *arg, const char *line, size_t len), void *arg,
		     struct dp_error *err)
{
	struct end end = {
		.port = port,
		.options = options,
		.area = { .fd = -1 },
		.watch = watch,
		.arg = arg,
	};
	struct json_object *command;
	int rc = 0;

	while (!end.over && !(rc = hear(fd, 10 * options->limit_ms, end.taint, &command))) {
		struct json_object *reply = obey(&end, command);

		json_object_put(command);
		rc = say(fd, reply);
		if (rc)
			break;
	}
	clear_end(&end);
	if (rc == -ETIMEDOUT)
		return dp_report(err, rc, "the remote end has said nothing for %llu s",
				 (unsigned long long)(10 * options->limit_ms / 1000));
	return rc ? dp_fail(err, rc, "the remote end is lost") : 0;
}
