// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "serve.h"

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/error.h"
#include "daxpin/observe.h"
#include "daxpin/worker_pool.h"

/* How long a child may take to stand by, ms. */
#define START_LIMIT_MS 120000

struct child {
	int stream;
	bool pool;
	const struct dp_armed *armed;
};

static int carry_out(const char *line, size_t len, struct dp_standby *by, int stream,
		     struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command;
	int rc = dp_command_from_json(line, len, &command, err);

	return rc ? rc : dp_carry_out(&command, by, stream, err);
}

static void stand_by(int fd, void *arg)
{
	const struct child *child = arg;
	struct dp_reply reply = { 0 };
	struct dp_standby by = { .armed = *child->armed };
	struct dp_error err = { 0 };
	char line[DP_COMMAND_LIMIT];
	ssize_t n;

	if (child->pool)
		reply.rc = dp_worker_pool_start(&by.pool, NULL);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	n = recv(fd, line, sizeof(line), 0);
	if (n <= 0)
		return;
	if (carry_out(line, (size_t)n, &by, child->stream, &err))
		dp_emit_failure(child->stream, &err);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	dp_worker_pool_close(&by.pool);
}

int dp_child_start(struct dp_actor *child, int stream, bool pool, const struct dp_armed *armed)
{
	struct child arg = { .stream = stream, .pool = pool, .armed = armed };
	struct dp_reply reply;
	int rc = dp_actor_start(child, stand_by, &arg);

	if (rc)
		return rc;
	return dp_actor_hear(child, START_LIMIT_MS, &reply) == DP_DONE ? reply.rc : -EIO;
}

/* It is done when the child says so, or is no more. */
void dp_child_run(struct dp_actor *child, const char *line, int stream)
{
	struct dp_reply reply;

	send(child->fd, line, strlen(line), MSG_NOSIGNAL);
	while (dp_actor_hear(child, HEARTBEAT_MS, &reply) == DP_RUNS)
		dp_emit_text(stream, "alive", NULL, NULL);
	dp_emit_text(stream, "done", NULL, NULL);
	dp_actor_clear(child);
}
