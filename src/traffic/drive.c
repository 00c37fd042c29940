// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "drive.h"

#include "talk.h"

#include "daxpin/observe.h"
#include "daxpin/splat.h"

/* A command may wait for its own limit several times: to connect, to post, to read back. */
#define PATIENCE 6

static int ask_remote(struct dp_drive *d, struct json_object *command, struct json_object **reply)
{
	int rc = dp_talk_say(d->route->fd, json_object_get(command));

	if (!rc)
		rc = dp_talk_hear(d->route->fd, PATIENCE * d->options->limit_ms, d->local.taint,
				  reply);
	if (rc)
		d->lost = rc;
	return rc;
}

int dp_drive_ask(struct dp_drive *d, enum dp_side side, struct json_object *command,
		 struct json_object **reply)
{
	struct json_object *answer = NULL;
	int rc = 0;

	if (!d->lost && dp_kernel_has_splat(d->local.taint))
		d->lost = -EIO;
	if (d->lost)
		rc = d->lost;
	else if (side == DP_LOCAL)
		answer = dp_end_obey(&d->local, command);
	else
		rc = ask_remote(d, command, &answer);
	json_object_put(command);
	if (!rc)
		rc = (int)dp_json_int_or(answer, "rc", -EBADMSG);
	if (reply)
		*reply = answer;
	else
		json_object_put(answer);
	return rc;
}

/* The remote end accepts while the local end connects. */
int dp_drive_connect(struct dp_drive *d, bool brief, struct json_object **reply)
{
	struct json_object *command = dp_talk_command("connect"), *accepted = NULL;
	char to[128];
	int rc, remote;

	*reply = NULL;
	dp_address_format((const struct sockaddr *)&d->route->at, to, sizeof(to));
	dp_json_add_text(command, "to", to);
	dp_json_add_bool(command, "brief", brief);
	dp_drive_ask(d, DP_LOCAL, dp_talk_command("disconnect"), NULL);
	remote = dp_talk_say(d->route->fd, dp_talk_command("accept"));
	rc = dp_drive_ask(d, DP_LOCAL, command, reply);
	if (!remote)
		remote = dp_talk_hear(d->route->fd, 2 * d->options->limit_ms, d->local.taint,
				      &accepted);
	if (remote)
		d->lost = remote;
	else
		remote = (int)dp_json_int_or(accepted, "rc", -EBADMSG);
	if (!rc && remote) {
		json_object_put(*reply);
		*reply = accepted;
		return remote;
	}
	json_object_put(accepted);
	return rc;
}

bool dp_drive_peer_gone(struct dp_drive *d)
{
	dp_drive_ask(d, DP_REMOTE, dp_talk_command("hello"), NULL);
	return d->lost && d->lost != -EIO;
}

void dp_drive_emit(struct dp_drive *d, struct json_object *obj)
{
	struct json_object *command;

	if (d->route->shared && !d->lost) {
		command = dp_talk_command("observe");
		dp_json_add_text(command, "line",
				 json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
		dp_drive_ask(d, DP_REMOTE, command, NULL);
	}
	dp_emit(d->fd, obj);
}

void dp_drive_emit_case(struct dp_drive *d, const char *kind, const char *text)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "id", d->tcase->id);
	if (text)
		dp_json_add_text(obj, "text", text);
	dp_drive_emit(d, obj);
}
