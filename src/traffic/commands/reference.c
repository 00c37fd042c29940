// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference: ib_write_bw of perftest, over the same adapter and the same file or device. It
 * registers twice the size of a message (perftest_resources.c, alloc_ctx()), reports if it cannot,
 * and prints the bandwidth. The remote end runs it as a server, the driving end as a client.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../end.h"
#include "../talk.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/file.h"
#include "daxpin/proc.h"
#include "daxpin/text.h"

#define TOOL "ib_write_bw"
/* It runs for a fraction of a second; under emulation it takes a second to start. */
#define LIMIT_MS 60000
/* How long a client waits before it tries again to reach the server, us. */
#define RETRY_US 100000
/* What it prints is a page. */
#define OUTPUT_LIMIT 65536
/* Its unit of bandwidth, bytes (perftest_parameters.c, format_factor). */
#define MEGABYTE 0x100000
#define MAX_ARGS 20

/* Its command line. The driving end decides numbers in it, and an address that was parsed. */
struct invocation {
	const char *argv[MAX_ARGS];
	char port[16], size[24], count[24], file[64], to[INET_ADDRSTRLEN];
};

static int read_invocation(const struct dp_end *end, struct json_object *command,
			   struct invocation *c, struct dp_error *err)
{
	uint64_t port = dp_talk_number(command, "port"), size = dp_talk_number(command, "size");
	uint64_t count = dp_talk_number(command, "count");
	const char *const argv[] = {
		TOOL,    "-F", "-d",     end->port->device,   "-p", c->port, "-s",
		c->size, "-n", c->count, "--output=bandwidth"
	};

	if (!port || port > UINT16_MAX || !size || 2 * size > end->area.len || count < 5 ||
	    count > INT32_MAX)
		return dp_fail(err, -EBADMSG, "no reference");
	*c = (struct invocation){ 0 };
	memcpy(c->argv, argv, sizeof(argv));
	snprintf(c->port, sizeof(c->port), "%u", (unsigned int)port);
	snprintf(c->size, sizeof(c->size), "%llu", (unsigned long long)size);
	snprintf(c->count, sizeof(c->count), "%llu", (unsigned long long)count);
	return 0;
}

static void add_argument(struct invocation *c, const char *argument)
{
	size_t n = 0;

	while (c->argv[n])
		n++;
	if (n + 1 < MAX_ARGS)
		c->argv[n] = argument;
}

/*
 * Without a file, perftest allocates plain memory of its own. A file that no second process can
 * open, as that of memfd_secret(), cannot be given to it.
 */
static int name_file(const struct dp_end *end, struct invocation *c, struct dp_error *err)
{
	dp_autofd int again = -1;

	if (end->area.fd < 0)
		return 0;
	snprintf(c->file, sizeof(c->file), "--mmap=/proc/%d/fd/%d", (int)getpid(), end->area.fd);
	add_argument(c, c->file);
	again = open(strchr(c->file, '/'), O_RDWR | O_CLOEXEC);
	return again >= 0 ? 0 : dp_skip(err, "it cannot be opened a second time");
}

static int obey_serve(struct dp_end *end, struct json_object *command, struct json_object *reply,
		      struct dp_error *err)
{
	struct invocation c;
	int rc = end->mapping ? read_invocation(end, command, &c, err) : -EBADMSG;

	(void)reply;
	if (!rc)
		rc = name_file(end, &c, err);
	if (rc)
		return dp_fail(err, rc, "nothing to serve");
	dp_end_stop_server(end);
	end->server_output = memfd_create(TOOL, MFD_CLOEXEC);
	if (end->server_output < 0)
		return dp_fail(err, -errno, "cannot make a file in memory");
	end->server = dp_spawn(c.argv, -1, end->server_output, NULL, 0, err);
	if (end->server > 0)
		return 0;
	dp_closep(&end->server_output);
	return (int)end->server;
}

/* With --output=bandwidth it prints the average in a line of its own. */
static int take_bandwidth(char *output, struct json_object *reply)
{
	for (char *line = strsep(&output, "\n"); line; line = strsep(&output, "\n")) {
		char *rest;
		double rate = strtod(line, &rest);

		if (rest == line || *rest || !(rate > 0) || rate > 1e9)
			continue;
		dp_json_add_int(reply, "bytes_per_second", (int64_t)(rate * MEGABYTE));
		return 0;
	}
	return -ENOMSG;
}

/* The server was started before, but may not listen yet. */
static int obey_ask(struct dp_end *end, struct json_object *command, struct json_object *reply,
		    struct dp_error *err)
{
	uint64_t limit = dp_now_ms() + LIMIT_MS;
	const char *to = dp_json_text(command, "to");
	struct in_addr address;
	struct invocation c;
	int rc = read_invocation(end, command, &c, err);

	if (rc || !to || inet_pton(AF_INET, to, &address) != 1)
		return dp_fail(err, -EBADMSG, "nobody to ask");
	inet_ntop(AF_INET, &address, c.to, sizeof(c.to));
	add_argument(&c, c.to);
	for (;;) {
		dp_autofree char *output = NULL;
		struct dp_error now = { 0 };

		rc = dp_run(c.argv, LIMIT_MS, &output, &now);
		if (!rc)
			return take_bandwidth(output, reply)
				       ? dp_report(err, -ENOMSG, TOOL " tells no bandwidth")
				       : 0;
		if (!output || !strstr(output, "Couldn't connect") || dp_now_ms() > limit)
			return dp_report(err, rc, "%s", now.what);
		usleep(RETRY_US);
	}
}

/* Waits for the server, and tells whether it could register its memory. */
static int obey_end(struct dp_end *end, struct json_object *command, struct json_object *reply,
		    struct dp_error *err)
{
	char output[OUTPUT_LIMIT];
	int status = -1, rc;
	ssize_t n;

	(void)command;
	if (end->server <= 0)
		return dp_fail(err, -EBADMSG, "there is no reference");
	rc = dp_reap(end->server, LIMIT_MS, &status);
	n = pread(end->server_output, output, sizeof(output) - 1, 0);
	output[n > 0 ? n : 0] = '\0';
	dp_end_stop_server(end);
	if (rc)
		return dp_report(err, rc, TOOL " does not end");
	if (!status || strstr(output, "Couldn't allocate MR")) {
		dp_json_add_bool(reply, "registered", !status);
		return 0;
	}
	return dp_report(err, -EIO, TOOL ": %.200s", dp_last_line(output));
}

DP_COMMAND(serve_command, .name = "serve-reference", .obey = obey_serve);
DP_COMMAND(ask_command, .name = "ask-reference", .obey = obey_ask);
DP_COMMAND(end_command, .name = "end-reference", .obey = obey_end);
