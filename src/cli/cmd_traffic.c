// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#include "daxpin/campaign.h"
#include "daxpin/cleanup.h"
#include "daxpin/connection.h"
#include "daxpin/hostlist.h"
#include "daxpin/pairs.h"
#include "daxpin/traffic.h"

/* How long --listen waits if nothing is said, ms. */
#define LISTEN_MS 600000

/* Where the other end is. */
static int read_peer(const struct cli_check_options *o, struct dp_peer *peer, struct dp_error *err)
{
	const char *given = o->listen ? o->listen : o->connect ? o->connect : o->at;
	int rc;

	if (!!o->listen + !!o->connect + !!o->at > 1)
		return dp_bad_input(err, "only one of --listen, --connect and --at can be given");
	*peer = (struct dp_peer){ .kind = o->listen    ? DP_PEER_CONNECTS
					  : o->connect ? DP_PEER_LISTENS
						       : DP_PEER_HERE,
				  .wait_ms = o->duration_ms ? o->duration_ms
					     : o->listen    ? LISTEN_MS
							    : 0 };
	if (o->secret && !o->listen && !o->connect)
		return dp_bad_input(err, "--secret is for --listen and --connect");
	rc = o->secret ? dp_secret_read(o->secret, &peer->secret, err) : 0;
	if (rc || !given)
		return rc;
	return dp_address_parse(given, DP_TRAFFIC_PORT, &peer->address, err);
}

/* What is done is for one end to say, and what is lost is for the user to allow. */
static int check_words(const struct cli_check_options *o, const char *device, struct dp_error *err)
{
	if (o->listen && (o->nonly || o->reference))
		return dp_bad_input(err, "--%s is for --connect, which selects the cases",
				    o->nonly ? "only" : "reference");
	if ((o->listen || o->connect) && o->repeat > 1)
		return dp_bad_input(err, "--repeat needs both ends on this machine");
	if (!device && o->destroy)
		return dp_bad_input(
			err,
			"--destroy-data needs the name of the device-dax that may be written to");
	if (device && !o->destroy)
		return dp_bad_input(err,
				    "all data on %s would be lost: allow that with --destroy-data",
				    device);
	return 0;
}

static int select_cases(const struct cli_check_options *o, struct dp_cases *cases,
			struct dp_error *err)
{
	int rc = dp_cases_make(o->only, o->nonly, cases, err);

	if (rc)
		return rc;
	dp_cases_for_host(cases);
	return cases->count
		       ? 0
		       : dp_bad_input(err, "cases that take devices or the machine away run in "
					   "guests only: daxpin guest traffic");
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
	OPT_STRING(
		"secret", 0, "FILE", secret,
		"What both machines know: a file of 16 bytes or more that nobody else can read. Each "
		"shows the other that it has the same, and obeys nobody else. Without it, who "
		"listens obeys whoever connects.",
		.source = CLI_FILES),
	OPT_SECONDS("seconds", 0, "S", duration_ms,
		    "Wait this long for the other machine. Default: 600 for --listen, and not at "
		    "all for --connect."),
	CLI_END,
};

static const struct cli_option options_of_pairs[] = {
	OPT_STRING(
		"pairs", 0, "FILE", pairs,
		"Move nothing, and write to FILE (- for standard output) which of many nodes are to "
		"exchange data with which: a line for each pair, with its round, the node that "
		"listens, and the one that connects. In a round no node is in two pairs.",
		.source = CLI_FILES),
	OPT_STRING(
		"nodes", 0, "LIST", nodes,
		"With --pairs, the nodes, as the scheduler writes them: \"n[001-412,420]\". @FILE "
		"reads them from a file."),
	OPT_NUMBER(
		"degree", 0, "N", degree, 1, DP_PAIRS_DEGREE,
		"With --pairs, how many others each node meets. With 2, the nodes are a ring in the "
		"order of their names; otherwise a random graph, which depends on --seed. Default: "
		"2."),
	CLI_END,
};

static const struct cli_option options_of_device[] = {
	OPT_FLAG("destroy-data", 0, destroy,
		 "Allow writing to the device-dax that is named, and taking its driver away for a "
		 "moment to read it back without that. Without it, mappings of device-dax are "
		 "skipped."),
	CLI_END,
};

/* The other end, as the user has named it; an address in brackets is no name. */
static void name_peer(const char *at, struct dp_run_record *run)
{
	size_t len = strcspn(at, ":[");

	/* Of a name, not of an address, the domain is left out. */
	if (strspn(at, "0123456789.") < len)
		len = strcspn(at, ":[.");
	if (len < sizeof(run->peer))
		snprintf(run->peer, sizeof(run->peer), "%.*s", (int)len, at);
}

static int write_schedule(const char *path, const struct dp_pairs *pairs,
			  const struct dp_hosts *hosts, struct dp_error *err)
{
	FILE *out = strcmp(path, "-") ? fopen(path, "we") : stdout;
	bool bad;

	if (!out) {
		dp_fail(err, -errno, "%s cannot be written", path);
		err->input = true;
		return -EINVAL;
	}
	dp_pairs_write(out, pairs, hosts);
	bad = out == stdout ? fflush(out) : ferror(out) | fclose(out);
	return bad ? dp_report(err, -EIO, "%s cannot be written; is the disk full?", path) : 0;
}

static int make_schedule(const struct cli_check_options *o, struct dp_error *err)
{
	dp_cleanup(dp_hosts_clear) struct dp_hosts hosts = { 0 };
	dp_cleanup(dp_pairs_clear) struct dp_pairs pairs = { 0 };
	int rc;

	if (o->listen || o->connect || o->at || o->destroy)
		return dp_bad_input(err, "--pairs only writes a schedule, and takes no %s",
				    o->destroy ? "device" : "address");
	if (!o->nodes)
		return dp_bad_input(err, "--pairs wants --nodes LIST");
	rc = cli_read_nodes(o->nodes, &hosts, err);
	if (rc)
		return rc;
	dp_hosts_sort(&hosts);
	rc = dp_pairs_make(hosts.count, o->degree ? o->degree : 2, o->seed, &pairs, err);
	return rc ? rc : write_schedule(o->pairs, &pairs, &hosts, err);
}

static int run(struct cli_call *call)
{
	dp_cleanup(dp_cases_clear) struct dp_cases cases = { 0 };
	dp_cleanup(dp_run_clear) struct dp_run_record record = { 0 };
	struct cli_check_options options = { 0 };
	const char *device = NULL;
	struct dp_peer peer;
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &options, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	device = call->count ? call->words[0] : NULL;
	if (!rc)
		rc = cli_operands_end(call, options.pairs ? 0 : 1, &err);
	if (!rc && options.pairs) {
		rc = make_schedule(&options, &err);
		return rc ? cli_error_print(&err) : 0;
	}
	if (!rc && (options.nodes || options.degree))
		rc = dp_bad_input(&err, "--nodes and --degree are for --pairs");
	if (!rc)
		rc = check_words(&options, device, &err);
	if (!rc)
		rc = select_cases(&options, &cases, &err);
	if (!rc)
		rc = read_peer(&options, &peer, &err);
	if (!rc) {
		const struct dp_ask ask = cli_ask(&options, NULL);
		const struct dp_host host = cli_host(&options, device);

		rc = dp_host_traffic(&host, &cases, &peer, &ask, &record, &err);
		if (options.connect)
			name_peer(options.connect, &record);
		/* Whoever collects results of pairs must see those that did not come about. */
		if (rc < 0 && record.count)
			cli_report_files(&options, &record);
	}
	return cli_conclude(&options, &record, rc, &err);
}

const struct cli_command cli_traffic = {
	.name = "traffic",
	.brief = "move data by RDMA and verify it",
	.usage = CLI_USAGE("traffic [OPTIONS] [DEVICE --destroy-data]",
			   "traffic --listen ADDRESS[:PORT] [OPTIONS]",
			   "traffic --connect ADDRESS[:PORT] [OPTIONS]",
			   "traffic --pairs FILE --nodes LIST [--degree N] [--seed N]",
			   "guest [GUEST-OPTIONS] traffic [OPTIONS]"),
	.about = "Moves data by RDMA into and out of each kind of mapping, and reads it back by "
		 "other routes. Tries accesses that must be "
		 "refused: with keys that are wrong, stale or lack the right, and outside the "
		 "memory region.\n\n"
		 "--listen on one machine and --connect on another run the cases between the two. "
		 "Both write a report. PORT is for TCP and RDMA; the default is 18514.",
	.groups = CLI_GROUPS(
		{ .options = cli_case_options }, { .options = options_anywhere },
		{ .options = options_of_ends, .host_only = "the guest has both ends" },
		{ .options = options_of_pairs, .host_only = "the guest is one node" },
		{ .options = options_of_device, .host_only = "the guest has devices of its own" },
		{ .options = cli_folder_options, .host_only = "the guest has folders of its own" },
		{ .options = cli_report_options, .title = "Reports" }),
	.operand = CLI_DEVICES,
	.run = run,
};
