// SPDX-License-Identifier: GPL-2.0-or-later
/* The connection between the two ends: the remote end accepts, the driving end connects. */
#include <errno.h>

#include "../end.h"

static int obey_accept(struct dp_end *end, struct json_object *command, struct json_object *reply,
		       struct dp_error *err)
{
	(void)command;
	(void)reply;
	dp_connection_close(&end->connection);
	if (!end->port->id)
		return -ENODEV;
	return dp_accept(end->port, end->options->limit_ms, &end->connection, err);
}

static int obey_connect(struct dp_end *end, struct json_object *command, struct json_object *reply,
			struct dp_error *err)
{
	const char *to = dp_json_text(command, "to");
	struct sockaddr_storage address;
	int rc;

	(void)reply;
	dp_connection_close(&end->connection);
	rc = to && end->port->id ? dp_address_parse(to, DP_TRAFFIC_PORT, &address, err) : -EBADMSG;
	if (rc)
		return rc;
	return dp_connect(end->port, (struct sockaddr *)&address, end->options->limit_ms,
			  dp_json_bool_or(command, "brief", false), &end->connection, err);
}

static int obey_reset(struct dp_end *end, struct json_object *command, struct json_object *reply,
		      struct dp_error *err)
{
	(void)command;
	(void)reply;
	return dp_connection_reset(&end->connection, err);
}

static int obey_disconnect(struct dp_end *end, struct json_object *command,
			   struct json_object *reply, struct dp_error *err)
{
	(void)command;
	(void)reply;
	(void)err;
	dp_connection_close(&end->connection);
	return 0;
}

DP_COMMAND(accept_command, .name = "accept", .obey = obey_accept);
DP_COMMAND(connect_command, .name = "connect", .obey = obey_connect);
DP_COMMAND(reset_command, .name = "reset", .obey = obey_reset);
DP_COMMAND(disconnect_command, .name = "disconnect", .obey = obey_disconnect);
