// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "end.h"

#include "daxpin/cleanup.h"
#include "daxpin/proc.h"

/* How long a server that was killed is waited for, ms. */
#define KILL_LIMIT_MS 60000

extern const struct dp_command *__start_dp_commands_entries[], *__stop_dp_commands_entries[];

struct json_object *dp_end_obey(struct dp_end *end, struct json_object *command)
{
	struct json_object *reply = json_object_new_object();
	const char *name = dp_json_text(command, "command");
	const struct dp_command *which = name ? DP_REGISTRY_FIND(dp_commands, name) : NULL;
	struct dp_error err = { 0 };
	int rc = which ? which->obey(end, command, reply, &err) : -EBADMSG;

	dp_json_add_int(reply, "rc", rc);
	if (rc)
		dp_json_add_text(reply, "text", err.what[0] ? err.what : dp_errno_name(rc));
	return reply;
}

struct dp_key *dp_end_key(struct dp_end *end, const char *name)
{
	for (size_t i = 0; name && i < DP_MAX_KEYS; i++)
		if (end->keys[i].mr && !strcmp(end->keys[i].name, name))
			return &end->keys[i];
	return NULL;
}

int dp_end_drop_key(struct dp_key *key, struct dp_error *err)
{
	int rc = key->mr ? ibv_dereg_mr(key->mr) : 0;

	if (rc)
		return dp_fail(err, -rc, "cannot deregister");
	*key = (struct dp_key){ 0 };
	return 0;
}

int dp_end_drop_keys(struct dp_end *end, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < DP_MAX_KEYS && !rc; i++)
		rc = dp_end_drop_key(&end->keys[i], err);
	return rc;
}

bool dp_end_is_shared(const struct dp_end *end)
{
	return end->area.fd >= 0 && !end->mapping->private;
}

void dp_end_stop_server(struct dp_end *end)
{
	if (end->server <= 0)
		return;
	if (dp_reap(end->server, 0, NULL) == -ETIMEDOUT) {
		kill(end->server, SIGKILL);
		dp_reap(end->server, KILL_LIMIT_MS, NULL);
	}
	dp_closep(&end->server_output);
	end->server = 0;
}

int dp_end_close(struct dp_end *end, struct dp_error *err)
{
	int rc;

	dp_end_stop_server(end);
	dp_connection_close(&end->connection);
	rc = dp_end_drop_keys(end, err);
	if (end->mapping)
		dp_area_close(&end->area);
	end->mapping = NULL;
	return rc;
}

void dp_end_clear(struct dp_end *end)
{
	dp_end_close(end, NULL);
	if (end->foreign_pd)
		ibv_dealloc_pd(end->foreign_pd);
	end->foreign_pd = NULL;
}
