// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/cleanup.h"
#include "daxpin/confine.h"
#include "daxpin/file.h"
#include "daxpin/fleet.h"

/* A list of nodes in a file is no longer. */
#define LIST_LIMIT (16 << 20)

struct collect_options {
	struct cli_outputs outputs;
	const char *nodes;
	unsigned int jobs;
};

static int only_fleets(const struct cli_outputs *outputs, struct dp_error *err)
{
	for (size_t i = 0; i < outputs->count; i++)
		if (!outputs->list[i].format->fleet)
			return dp_bad_input(err, "the format %s is not for results of many nodes",
					    outputs->list[i].format->name);
	return 0;
}

static int take_output(void *field, const char *text, struct dp_error *err)
{
	int rc = cli_take_output(field, text, err);

	return rc ? rc : only_fleets(field, err);
}

#define CLI_OPTIONS struct collect_options

static const struct cli_option options[] = {
	OPT_CALLBACK("format", 0, "FORMAT", outputs, cli_take_format,
		     "Write the report to standard output in this format.",
		     .choices = "text, json, junit, html, prom", .initial = "text"),
	OPT_CALLBACK("output", 'o', "FORMAT=FILE", outputs, take_output,
		     "Write a report to a file as well, in one of these formats. May be repeated.",
		     .source = CLI_REPORTS),
	OPT_STRING("nodes", 0, "LIST", nodes,
		   "The nodes that there should be, as the scheduler writes them: "
		   "\"n[001-412,420],login1\". @FILE reads them from a file. Those of which there "
		   "are no results are named."),
	OPT_NUMBER("jobs", 'j', "N", jobs, 1, 16,
		   "How many files are read at the same time. Default: as many as there are "
		   "processors, 16 at most."),
	CLI_END,
};

int cli_read_nodes(const char *text, struct dp_hosts *hosts, struct dp_error *err)
{
	dp_autofree char *list = NULL;
	int rc = 0;

	if (text[0] == '@')
		rc = dp_read_file(text + 1, LIST_LIMIT, &list, NULL, err);
	if (rc) {
		err->input = true;
		return rc;
	}
	rc = dp_hosts_expand(list ? list : text, hosts, err);
	if (!rc && !hosts->count)
		rc = dp_bad_input(err, "--nodes names no node");
	return rc;
}

static int write_fleet(const struct cli_output *o, const void *arg,
		       const struct dp_report_options *how)
{
	return o->format->fleet(o->file, arg, how);
}

static unsigned int processors(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count < 1 ? 1 : count > 16 ? 16 : (unsigned int)count;
}

static int collect(const struct cli_call *call, struct collect_options *o, struct dp_error *err)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet = { 0 };
	dp_cleanup(dp_hosts_clear) struct dp_hosts nodes = { 0 };
	int rc = o->nodes ? cli_read_nodes(o->nodes, &nodes, err) : 0;

	if (!rc)
		rc = cli_outputs_open(&o->outputs, err);
	if (!rc)
		rc = dp_fleet_init(&fleet);
	if (!rc)
		rc = dp_fleet_read(&fleet, (const char *const *)call->words, (size_t)call->count,
				   o->jobs ? o->jobs : processors(), err);
	if (!rc)
		rc = dp_fleet_group(&fleet, o->nodes ? &nodes : NULL);
	if (rc)
		return dp_fail(err, rc, "the results cannot be collected");
	return cli_outputs_write(&o->outputs, write_fleet, &fleet) ? 3 : dp_fleet_exit_code(&fleet);
}

static int run(struct cli_call *call)
{
	struct collect_options o = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &o, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc && !call->count)
		rc = dp_bad_input(&err, "collect wants files of results, folders with them, or - "
					"for standard input; see daxpin collect --help");
	/* Where it cannot be confined it is read as well. */
	dp_confine();
	if (!rc)
		rc = collect(call, &o, &err);
	cli_outputs_close(&o.outputs);
	return rc < 0 ? cli_error_print(&err) : rc;
}

const struct cli_command cli_collect = {
	.name = "collect",
	.brief = "make one report of the results of many nodes",
	.usage = CLI_USAGE("collect [OPTIONS] RESULTS|FOLDER|-…"),
	.about =
		"Reads results of many nodes, which --format json or --format jsonl has written, "
		"and groups the nodes by what they answer. The largest group is told first, every "
		"other by how it differs from it. Of several files on a node, each id has the "
		"answer of the one that began last. Files that are damaged, no results, or say "
		"nothing new are named, and nothing else comes of them.\n\n"
		"The exit code is 1 if a node has a failure that its baseline has not; otherwise 3 "
		"if nothing could be read, a node of --nodes is missing, or an id has no answer.",
	.groups = CLI_GROUPS({ .options = options }),
	.operand = CLI_FILES,
	.run = run,
};
