// SPDX-License-Identifier: GPL-2.0-or-later
/* How the driving end begins and ends, and what it shares. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../end.h"
#include "../talk.h"

static int obey_hello(struct dp_end *end, struct json_object *command, struct json_object *reply,
		      struct dp_error *err)
{
	uint64_t version = dp_talk_number(command, "version");

	dp_json_add_int(reply, "version", DP_TRAFFIC_VERSION);
	dp_json_add_text(reply, "daxpin", DP_VERSION);
	dp_json_add_text(reply, "device", end->port->device);
	dp_json_add_text(reply, "provider", end->port->provider);
	dp_json_add_int(reply, "size", (int64_t)end->options->env.size);
	if (version == DP_TRAFFIC_VERSION)
		return 0;
	return dp_report(err, -EPROTONOSUPPORT,
			 "the remote end speaks version %llu of the protocol, this one %d",
			 (unsigned long long)version, DP_TRAFFIC_VERSION);
}

static int obey_observe(struct dp_end *end, struct json_object *command, struct json_object *reply,
			struct dp_error *err)
{
	const char *line = dp_json_text(command, "line");

	(void)reply;
	if (!line)
		return dp_fail(err, -EBADMSG, "no observation");
	return end->watch ? end->watch(end->arg, line, strlen(line)) : 0;
}

static int obey_goodbye(struct dp_end *end, struct json_object *command, struct json_object *reply,
			struct dp_error *err)
{
	(void)command;
	(void)reply;
	(void)err;
	end->over = true;
	return 0;
}

/* Exits with all registrations in place, and without a reply. */
static int obey_exit(struct dp_end *end, struct json_object *command, struct json_object *reply,
		     struct dp_error *err)
{
	(void)command;
	(void)reply;
	if (end->options->env.guest)
		_exit(0);
	return dp_fail(err, -EPERM, "only the end of a guest exits when it is told to");
}

DP_COMMAND(hello_command, .name = "hello", .obey = obey_hello);
DP_COMMAND(observe_command, .name = "observe", .obey = obey_observe);
DP_COMMAND(goodbye_command, .name = "goodbye", .obey = obey_goodbye);
DP_COMMAND(exit_command, .name = "exit", .obey = obey_exit);
