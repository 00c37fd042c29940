// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic on this machine: with both ends here, or with one of them here and the other elsewhere.
 * The two talk over TCP, at the same address and port as over RDMA.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host.h"

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/proc.h"
#include "daxpin/rdma.h"

/* Regions that are registered at the same time, all over the same memory, at both ends. */
#define REGISTRATIONS 10
/* So many that do not have the secret may try. */
#define STRANGERS 8

struct traffic {
	const struct dp_cases *cases;
	struct dp_peer peer;
	struct dp_traffic_options options;
	struct dp_claim claim; /* of the device that is named */
	char ns[64];           /* its namespace, "" if it has none */
};

/* ---- in a process of its own ------------------------------------------------------------- */

/* What the other end has seen is said here, too; that it is this machine's to say is not. */
static int pass_on(void *arg, const char *line, size_t len)
{
	static const char *const kinds[] = { "begin", "step", "left-out", "skip", "end" };
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

/* Strangers are sent away, and somebody else may come; but not for ever. */
static int accept_peer(const struct traffic *t, int fd, int stream, struct dp_error *err)
{
	int rc = -EACCES;

	for (int i = 0; i < STRANGERS; i++) {
		dp_autofd int peer = dp_peer_accept(fd, t->peer.wait_ms, stream, err);

		if (peer < 0)
			return peer;
		*err = (struct dp_error){ 0 };
		rc = t->peer.secret.len ? dp_secret_ask(&t->peer.secret, peer, err) : 0;
		if (!rc)
			return dp_take_fd(&peer);
		if (i + 1 < STRANGERS)
			*err = (struct dp_error){ 0 };
	}
	return rc;
}

static int serve_peer(const struct traffic *t, int stream, struct dp_error *err)
{
	dp_cleanup(dp_port_close) struct dp_port port = { 0 };
	dp_autofd int fd = -1, peer = -1;
	int rc = dp_port_open((const struct sockaddr *)&t->peer.address, &port, err);

	if (!rc)
		rc = dp_port_listen(&port, err);
	if (rc)
		return rc;
	fd = dp_peer_listen(&t->peer.address, err);
	if (fd < 0)
		return fd;
	dp_rdma_emit(stream, port.device, port.provider,
		     port.attr.odp_caps.general_caps & IBV_ODP_SUPPORT);
	peer = accept_peer(t, fd, stream, err);
	return peer < 0 ? peer : dp_traffic_serve(peer, &port, &t->options, pass_on, &stream, err);
}

static int ask_peer(const struct traffic *t, int stream, struct dp_error *err)
{
	const struct sockaddr_storage *at = &t->peer.address;
	dp_cleanup(dp_port_close) struct dp_port port = { 0 };
	struct dp_route route = { .topology = "remote", .at = *at, .shared = true };
	dp_autofd int fd = dp_peer_find(at, t->peer.wait_ms, err);
	int rc = fd < 0 ? fd : 0;

	if (!rc && t->peer.secret.len)
		rc = dp_secret_answer(&t->peer.secret, fd, err);
	if (!rc)
		rc = dp_port_towards((const struct sockaddr *)at, &port, err);
	if (rc)
		return rc;
	route.fd = fd;
	dp_rdma_emit(stream, port.device, port.provider,
		     port.attr.odp_caps.general_caps & IBV_ODP_SUPPORT);
	return dp_traffic_run(t->cases, &route, 1, &port, &t->options, stream, err);
}

static int ask_here(const struct traffic *t, int stream, struct dp_error *err)
{
	return dp_traffic_local(t->cases, &t->peer.address, false, &t->options, stream, err);
}

static void carry_out(int stream, void *arg)
{
	static int (*const kinds[])(const struct traffic *t, int stream, struct dp_error *err) = {
		[DP_PEER_HERE] = ask_here,
		[DP_PEER_CONNECTS] = serve_peer,
		[DP_PEER_LISTENS] = ask_peer,
	};
	const struct traffic *t = arg;
	struct dp_error err = { 0 };

	if (kinds[t->peer.kind](t, stream, &err))
		dp_emit_failure(stream, &err);
	else
		dp_emit_text(stream, "done", NULL, NULL);
}

/* ---- before and after -------------------------------------------------------------------- */

/* Who may not lock memory without limit must be allowed enough of it. */
static int check_limit(uint64_t size, struct dp_error *err)
{
	uint64_t needed = REGISTRATIONS * size;
	struct rlimit limit;

	if (!geteuid() || getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur >= needed)
		return 0;
	dp_report(err, -EPERM,
		  "%llu KiB of memory can be locked here, and the regions need %llu KiB",
		  (unsigned long long)limit.rlim_cur / 1024, (unsigned long long)needed / 1024);
	return dp_hint(err, "raise the limit (ulimit -l), or choose a smaller --size");
}

/* A device that the user has named by its node has its name from now on. */
static int claim(struct traffic *t, struct dp_error *err)
{
	const char *device = t->options.env.device;
	int rc = device ? dp_device_claim(device, &t->claim, err) : 0;

	if (rc || !device)
		return rc;
	if (t->claim.block)
		return dp_bad_input(err, "%s is not device-dax: only a device-dax has to be named",
				    device);
	t->options.env.device = t->claim.name;
	dp_dax_namespace(t->claim.name, t->ns, sizeof(t->ns));
	return 0;
}

static int find_reference(struct dp_error *err)
{
	char path[PATH_MAX];

	if (!dp_find_program("ib_write_bw", path, sizeof(path)))
		return 0;
	dp_bad_input(err, "the program ib_write_bw is missing");
	return dp_hint(err, "install the package perftest");
}

static int begin(struct traffic *t, const struct dp_ask *ask, struct dp_collect *collect,
		 struct dp_error *err)
{
	int rc = dp_size_check(ask->size, dp_host_memory(), err);

	if (!rc && ask->reference)
		rc = find_reference(err);
	if (!rc)
		rc = claim(t, err);
	if (!rc && !t->peer.address.ss_family)
		rc = dp_rdma_address(NULL, DP_TRAFFIC_PORT, &t->peer.address, err);
	if (!rc)
		rc = check_limit(ask->size, err);
	if (!rc)
		rc = dp_collect_init(collect, t->cases->count);
	for (size_t i = 0; i < t->cases->count && !rc; i++)
		dp_collect_add(collect, t->cases->list[i].id);
	return rc ? rc : dp_host_begin(ask, t->peer.kind != DP_PEER_CONNECTS, collect, err);
}

/* The process that had it raw for a moment may have been killed meanwhile. */
static int restore(const struct traffic *t, struct dp_error *err)
{
	if (!t->ns[0] || dp_exists("/sys/bus/dax/devices/%s", t->claim.name))
		return 0;
	return dp_namespace_from_raw(t->ns, err);
}

static int run_and_restore(struct traffic *t, const struct dp_sink *sink, const struct dp_ask *ask,
			   struct dp_host_end *end, struct dp_error *err)
{
	int rc = dp_host_run(carry_out, t, true, 0, sink, ask->progress, end, err);
	int back = restore(t, rc ? NULL : err);

	return rc ? rc : back;
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

/* That nothing was done between two machines is an answer, too: the link may be what is wrong. */
static int tell_unasked(const struct dp_ask *ask, struct dp_collect *collect,
			struct dp_run_record *run, struct dp_error *err)
{
	int rc = err->code;

	snprintf(collect->run.ending, sizeof(collect->run.ending), "%.500s", err->what);
	return dp_host_finish(ask, collect, run) ? -ENOMEM : rc;
}

static int move_once(const struct host_job *job, const struct dp_ask *ask,
		     struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_host *host = job->host;
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_cleanup(dp_dirs_clear) struct dp_dirs dirs = { 0 };
	struct traffic t = { .cases = job->questions,
			     .peer = *job->peer,
			     .options = { .env = { .size = ask->size, .device = host->device },
					  .seed = ask->seed,
					  .limit_ms = DP_TRAFFIC_LIMIT_MS,
					  .reference = ask->reference,
					  .raw = host->device &&
						 job->peer->kind == DP_PEER_HERE } };
	const struct dp_sink sink = dp_collect_sink(&collect);
	struct dp_host_end end = { 0 };
	int rc = dp_dirs_read(host, &dirs), failed = 0;

	t.options.env.dirs = dirs.list;
	t.options.env.ndirs = dirs.count;
	if (!rc)
		rc = begin(&t, ask, &collect, err);
	if (!rc)
		rc = run_and_restore(&t, &sink, ask, &end, err);
	if (!rc)
		failed = dp_host_failed(&end, &collect, err);
	if (failed && job->peer->kind == DP_PEER_LISTENS)
		return tell_unasked(ask, &collect, run, err);
	if (rc || failed)
		return rc ? rc : failed;
	if (job->peer->kind == DP_PEER_CONNECTS)
		forget_unasked(&collect);
	return dp_host_finish(ask, &collect, run);
}

int dp_host_traffic(const struct dp_host *host, const struct dp_cases *cases,
		    const struct dp_peer *peer, const struct dp_ask *ask, struct dp_run_record *run,
		    struct dp_error *err)
{
	const struct host_job job = { .host = host, .questions = cases, .peer = peer };

	return dp_host_rounds(move_once, &job, ask, run, err);
}
