// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic on this machine: with both ends here, or with one of them here and the other elsewhere.
 * The two talk over TCP, at the same address and port as over RDMA.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/campaign.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/collect.h"
#include "daxpin/dax.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/proc.h"
#include "daxpin/rdma.h"
#include "daxpin/traffic.h"

/* How long --listen waits if nothing is said, and a connection may take, ms. */
#define LISTEN_MS  600000
#define CONNECT_MS 10000
/* How often somebody who waits says so, ms. */
#define HEARTBEAT_MS 2000
/* Regions that are registered at the same time, all over the same memory, at both ends. */
#define REGISTRATIONS 10

struct traffic {
	const struct cli_check_options *cli;
	const char *device; /* that may be written to, or NULL */
	struct dp_cases cases;
	struct dp_traffic_options options;
	struct dp_dirs dirs;
	struct sockaddr_storage address; /* to listen at, to connect to, or of both ends */
	uint64_t wait_ms;
};

static void clear(struct traffic *t)
{
	dp_cases_clear(&t->cases);
	dp_dirs_clear(&t->dirs);
}

static socklen_t length_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

/* ---- the two of them --------------------------------------------------------------------- */

static int await_peer(int fd, uint64_t limit_ms, int stream)
{
	uint64_t end = dp_now_ms() + limit_ms;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (dp_now_ms() < end) {
		if (poll(&p, 1, HEARTBEAT_MS) > 0)
			return accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		dp_emit_text(stream, "alive", NULL, NULL);
	}
	errno = ETIMEDOUT;
	return -1;
}

static int open_listener(const struct traffic *t, struct dp_error *err)
{
	int fd = socket(t->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	char text[128];

	dp_address_format((const struct sockaddr *)&t->address, text, sizeof(text));
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd >= 0 && !bind(fd, (const struct sockaddr *)&t->address, length_of(&t->address)) &&
	    !listen(fd, 1))
		return fd;
	dp_fail(err, -errno, "cannot listen at %s", text);
	dp_closep(&fd);
	return err->code;
}

/* What the other end has seen is said here, too; that it is this machine's to say is not. */
static int pass_on(void *arg, const char *line, size_t len)
{
	static const char *const kinds[] = { "begin", "step", "skip", "end" };
	const int *stream = arg;
	struct json_object *obj;
	int rc = dp_observation_parse(line, len, &obj, NULL);

	for (size_t i = 0; i < DP_ARRAY_SIZE(kinds) && !rc; i++)
		if (!strcmp(dp_json_text(obj, "kind"), kinds[i]))
			return dp_emit(*stream, obj);
	if (!rc)
		json_object_put(obj);
	return -EBADMSG;
}

static int serve_peer(const struct traffic *t, int stream, struct dp_error *err)
{
	dp_cleanup(dp_port_close) struct dp_port port = { 0 };
	dp_autofd int fd = -1, peer = -1;
	int rc = dp_port_open((const struct sockaddr *)&t->address, &port, err);

	if (!rc)
		rc = dp_port_listen(&port, err);
	if (rc)
		return rc;
	fd = open_listener(t, err);
	if (fd < 0)
		return fd;
	dp_rdma_emit(stream, port.device, port.provider,
		     port.attr.odp_caps.general_caps & IBV_ODP_SUPPORT);
	peer = await_peer(fd, t->wait_ms, stream);
	if (peer < 0)
		return dp_report(err, -errno, "nobody has connected within %llu s",
				 (unsigned long long)t->wait_ms / 1000);
	return dp_traffic_serve(peer, &port, &t->options, pass_on, &stream, err);
}

static int connect_within(int fd, const struct sockaddr_storage *address, uint64_t limit_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int failure = 0;

	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		return -errno;
	if (!connect(fd, (const struct sockaddr *)address, length_of(address)))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (poll(&p, 1, (int)limit_ms) <= 0)
		return -ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
	return -failure;
}

/* Somebody who is not there yet is waited for, if that was asked for. */
static int find_peer(const struct traffic *t, struct dp_error *err)
{
	uint64_t end = dp_now_ms() + t->wait_ms;
	char text[128];
	int rc;

	for (;;) {
		dp_autofd int fd = socket(t->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		rc = fd < 0 ? -errno : connect_within(fd, &t->address, CONNECT_MS);
		if (!rc && !fcntl(fd, F_SETFL, 0))
			return dp_take_fd(&fd);
		if (rc != -ECONNREFUSED || dp_now_ms() >= end)
			break;
		usleep(200000);
	}
	dp_address_format((const struct sockaddr *)&t->address, text, sizeof(text));
	dp_fail(err, rc, "cannot connect to %s", text);
	return dp_hint(err, "run daxpin traffic --listen there first");
}

static int ask_peer(const struct traffic *t, int stream, struct dp_error *err)
{
	dp_cleanup(dp_port_close) struct dp_port port = { 0 };
	struct dp_route route = { .topology = "remote", .at = t->address, .shared = true };
	dp_autofd int fd = find_peer(t, err);
	int rc = fd < 0 ? fd : dp_port_towards((const struct sockaddr *)&t->address, &port, err);

	if (rc)
		return err->code;
	route.fd = fd;
	dp_rdma_emit(stream, port.device, port.provider,
		     port.attr.odp_caps.general_caps & IBV_ODP_SUPPORT);
	return dp_traffic_run(&t->cases, &route, 1, &port, &t->options, stream, err);
}

static void carry_out(int stream, void *arg)
{
	const struct traffic *t = arg;
	struct dp_error err = { 0 };
	int rc = t->cli->listen    ? serve_peer(t, stream, &err)
		 : t->cli->connect ? ask_peer(t, stream, &err)
				   : dp_traffic_local(&t->cases, &t->address, false, &t->options,
						      stream, &err);

	if (rc)
		dp_emit_failure(stream, &err);
	else
		dp_emit_text(stream, "done", NULL, NULL);
}

/* ---- what is wanted ---------------------------------------------------------------------- */

static int find_address(struct traffic *t, struct dp_error *err)
{
	const struct cli_check_options *o = t->cli;
	const char *given = o->listen ? o->listen : o->connect ? o->connect : o->at;

	if (!!o->listen + !!o->connect + !!o->at > 1)
		return dp_bad_input(err, "only one of --listen, --connect and --at can be given");
	if (given)
		return dp_address_parse(given, DP_TRAFFIC_PORT, &t->address, err);
	return dp_rdma_address(DP_TRAFFIC_PORT, &t->address, err);
}

/* Who may not lock memory without limit must be allowed enough of it. */
static int check_limit(const struct traffic *t, struct dp_error *err)
{
	uint64_t needed = REGISTRATIONS * t->options.env.size;
	struct rlimit limit;

	if (!geteuid() || getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur >= needed)
		return 0;
	dp_report(err, -EPERM,
		  "%llu KiB of memory can be locked here, and the regions need %llu KiB",
		  (unsigned long long)limit.rlim_cur / 1024, (unsigned long long)needed / 1024);
	return dp_hint(err, "raise the limit (ulimit -l), or choose a smaller --size");
}

static int name_device(struct traffic *t, struct dp_error *err)
{
	const struct cli_check_options *o = t->cli;
	struct dp_claim claim;
	int rc;

	if (!t->device && o->destroy)
		return dp_bad_input(
			err,
			"--destroy-data needs the name of the device-dax that may be written to");
	if (!t->device)
		return 0;
	if (!o->destroy)
		return dp_bad_input(err,
				    "all data on %s would be lost: allow that with --destroy-data",
				    t->device);
	rc = dp_device_claim(t->device, &claim, err);
	if (!rc && claim.block)
		return dp_bad_input(err, "%s is not device-dax: only a device-dax has to be named",
				    t->device);
	t->options.env.device = t->device;
	return rc;
}

static int find_reference(const struct cli_check_options *o, struct dp_error *err)
{
	char path[PATH_MAX];

	if (o->listen)
		return dp_bad_input(err, "--reference is for --connect, which selects the cases");
	if (!dp_find_program("ib_write_bw", path, sizeof(path)))
		return 0;
	dp_bad_input(err, "the program ib_write_bw is missing");
	return dp_hint(err, "install the package perftest");
}

static int begin(struct traffic *t, struct dp_collect *collect, struct dp_error *err)
{
	const struct cli_check_options *o = t->cli;
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	int rc = dp_size_check(o->size, memory, err);

	if (!rc && o->listen && o->nonly)
		rc = dp_bad_input(err, "--only is for --connect, which selects the cases");
	if (!rc)
		rc = dp_cases_make(o->only, o->nonly, &t->cases, err);
	dp_cases_for_host(&t->cases);
	if (!rc && !t->cases.count)
		rc = dp_bad_input(
			err,
			"cases that take devices or the machine away run in guests only: daxpin guest traffic");
	t->options = (struct dp_traffic_options){ .env = { .size = o->size },
						  .seed = o->seed,
						  .limit_ms = 20000,
						  .reference = o->reference };
	if (!rc && o->reference)
		rc = find_reference(o, err);
	if (!rc)
		rc = name_device(t, err);
	if (!rc)
		rc = find_address(t, err);
	if (!rc)
		rc = check_limit(t, err);
	if (!rc)
		rc = dp_dirs_read(o->dirs, o->ndirs, &t->dirs);
	if (!rc)
		rc = dp_collect_init(collect, t->cases.count);
	for (size_t i = 0; i < t->cases.count && !rc; i++)
		dp_collect_add(collect, t->cases.list[i].id);
	t->options.env.dirs = t->dirs.list;
	t->options.env.ndirs = t->dirs.count;
	t->wait_ms = o->duration_ms ? o->duration_ms : o->listen ? LISTEN_MS : 0;
	return rc;
}

/* Only the other end knows what was asked: the rest has not been. */
static void forget_unasked(struct dp_collect *collect)
{
	size_t kept = 0;

	for (size_t i = 0; i < collect->count; i++)
		if (collect->records[i].began)
			collect->records[kept++] = collect->records[i];
	collect->count = kept;
}

static int finish(const struct traffic *t, const struct dp_host_end *end,
		  struct dp_collect *collect, struct dp_error *err)
{
	if (end->failed.code && !collect->answered) {
		*err = end->failed;
		return err->code;
	}
	if (end->failed.code)
		snprintf(collect->run.ending, sizeof(collect->run.ending), "%.500s",
			 end->failed.what);
	else if (!end->done)
		snprintf(collect->run.ending, sizeof(collect->run.ending),
			 "the process that carried it out was lost");
	if (t->cli->listen)
		forget_unasked(collect);
	return dp_collect_finish(collect, NULL);
}

static int ask(struct traffic *t, struct dp_collect *collect, struct dp_error *err)
{
	const struct dp_sink sink = dp_collect_sink(collect);
	struct dp_host_end end;
	int rc = dp_host_run(carry_out, t, true, &sink, cli_progress, &end, err);

	return rc ? rc : finish(t, &end, collect, err);
}

#define CLI_OPTIONS struct cli_check_options

static const struct cli_option options_anywhere[] = {
	OPT_SIZE("size", 0, "SIZE", size, "Size of each memory region.", .initial = "4M"),
	OPT_NUMBER("seed", 0, "N", seed, 0, INT64_MAX, "Seed of the data patterns.",
		   .initial = "1"),
	OPT_FLAG("reference", 0, reference,
		 "Also run ib_write_bw of perftest over each mapping, and report its bandwidth, or "
		 "that it could not register the mapping."),
	CLI_END,
};

static const struct cli_option options_of_ends[] = {
	OPT_STRING("at", 0, "ADDRESS", at,
		   "Use the RDMA device with this address. Default: the first one that has an "
		   "address."),
	OPT_STRING("listen", 0, "ADDRESS", listen,
		   "Listen at this address for the other machine, which selects the cases."),
	OPT_STRING("connect", 0, "ADDRESS", connect,
		   "Run the cases with the machine that listens at this address."),
	OPT_SECONDS("seconds", 0, "S", duration_ms,
		    "Wait this long for the other machine. Default: 600 for --listen, and not at "
		    "all for --connect."),
	CLI_END,
};

static const struct cli_option options_of_device[] = {
	OPT_FLAG("destroy-data", 0, destroy,
		 "Allow writing to the device-dax that is named. Without it, mappings of "
		 "device-dax are skipped."),
	CLI_END,
};

static int run(struct cli_call *call)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	struct cli_check_options options = { 0 };
	dp_cleanup(clear) struct traffic traffic = { .cli = &options };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &options, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	traffic.device = call->count ? call->words[0] : NULL;
	if (!rc)
		rc = cli_operands_end(call, 1, &err);
	if (!rc)
		rc = begin(&traffic, &collect, &err);
	if (!rc)
		rc = cli_report_open(&options, &err);
	dp_host_describe(&collect.run);
	dp_collect_listen(&collect, NULL, cli_outputs_tell, &options.outputs);
	if (!rc)
		rc = ask(&traffic, &collect, &err);
	if (!rc)
		rc = cli_report(&options, &collect.run, 1, &err);
	cli_report_close(&options);
	return cli_exit_code(rc, options.bisect, &err);
}

const struct cli_command cli_traffic = {
	.name = "traffic",
	.brief = "move data by RDMA and verify it",
	.usage = CLI_USAGE("traffic [OPTIONS] [DEVICE --destroy-data]",
			   "traffic --listen ADDRESS[:PORT] [OPTIONS]",
			   "traffic --connect ADDRESS[:PORT] [OPTIONS]",
			   "guest [GUEST-OPTIONS] traffic [OPTIONS]"),
	.about = "Moves data by RDMA into and out of each kind of mapping, and reads it back by a "
		 "route that shares nothing with the mapping. Tries accesses that must be "
		 "refused: with keys that are wrong, stale or lack the right, and outside the "
		 "memory region.\n\n"
		 "--listen on one machine and --connect on another run the cases between the two. "
		 "Both write a report. PORT is for TCP and RDMA; the default is 18514.",
	.groups = CLI_GROUPS(
		{ .options = cli_case_options }, { .options = options_anywhere },
		{ .options = options_of_ends, .host_only = "the guest has both ends" },
		{ .options = options_of_device, .host_only = "the guest has devices of its own" },
		{ .options = cli_folder_options, .host_only = "the guest has folders of its own" },
		{ .options = cli_report_options, .title = "Reports" }),
	.operand = CLI_DEVICES,
	.run = run,
};
