// SPDX-License-Identifier: GPL-2.0-or-later
/* What the commands that ask a kernel share, and those of them that only the guest has. */
#include <fnmatch.h>
#include <stdio.h>

#include "cli.h"

#include "daxpin/campaign.h"

/* More would have nothing to do. */
#define MAX_SHARDS 10000

struct dp_ask cli_ask(struct cli_check_options *options, const struct dp_policy *policy)
{
	return (struct dp_ask){ .size = options->size,
				.rdma = options->rdma,
				.iterations = options->iterations,
				.duration_ms = options->duration_ms,
				.seed = options->seed,
				.biased = options->biased,
				.reference = options->reference,
				.rounds = options->rounds,
				.threads = options->threads,
				.repeat = options->repeat,
				.witness = options->witness,
				.policy = policy,
				.progress = cli_progress_begin(&options->progress),
				.begin = cli_report_open,
				.tell = cli_report_tell,
				.arg = options };
}

int cli_take_witness(void *field, const char *name, struct dp_error *err)
{
	enum dp_witness_level *level = field;

	(void)err;
	*level = dp_witness_level_find(name);
	return 0;
}

int cli_take_shard(void *field, const char *text, struct dp_error *err)
{
	struct cli_check_options *o = field;
	char rest;

	/* Five digits, as a number that is too long for its type is taken for another one. */
	if (sscanf(text, "%5u/%5u%c", &o->shard, &o->shards, &rest) == 2 && o->shard &&
	    o->shard <= o->shards && o->shards <= MAX_SHARDS)
		return 0;
	return dp_bad_input(err,
			    "--shard wants the share and how many there are, such as 2/4, "
			    "not \"%s\"",
			    text);
}

int cli_pinners(const struct cli_check_options *o, const struct dp_pinner **list, size_t *count,
		struct dp_error *err)
{
	size_t npinners;
	const struct dp_pinner *const *all = dp_pinners(&npinners);

	*count = 0;
	for (size_t i = 0; i < o->npinners; i++) {
		size_t before = *count;

		for (size_t k = 0; k < npinners && *count < CLI_MAX_LIST; k++)
			if (!fnmatch(o->pinners[i], all[k]->name, 0))
				list[(*count)++] = all[k];
		if (*count == before)
			return dp_bad_input(err, "there is no pinner \"%s\"", o->pinners[i]);
	}
	return 0;
}

struct dp_host cli_host(const struct cli_check_options *options, const char *device)
{
	return (struct dp_host){ .dirs = options->dirs, .ndirs = options->ndirs, .device = device };
}

int cli_conclude(struct cli_check_options *options, struct dp_run_record *run, int rc,
		 struct dp_error *err)
{
	if (!rc)
		rc = cli_report(options, run, 1, err);
	cli_report_close(options);
	return cli_exit_code(rc, options->bisect, err);
}

#define CLI_OPTIONS struct cli_check_options

const struct cli_option cli_case_options[] = {
	OPT_LIST(
		"only", 0, "GLOB", only, nonly,
		"Select the cases whose id matches this shell pattern, such as '*/devdax-2M/*', or "
		"all cases of a mapping by its name. May be repeated. \"daxpin list --ids\" "
		"prints all ids.",
		.source = CLI_IDS),
	OPT_NUMBER("repeat", 0, "N", repeat, 1, DP_MAX_ROUNDS,
		   "Ask each case N times, and report how often which answer came. A case fails "
		   "if it failed once.",
		   .initial = "1"),
	CLI_END,
};

const struct cli_option cli_shard_options[] = {
	OPT_ROW("shard", 0, "I/N",
		"Ask the share I, from 1, of N shares that take about as long. Whoever selects "
		"the same makes the same shares, so that N runs on N machines ask everything "
		"once. A share may be empty.",
		.kind = CLI_CALLBACK, .take = cli_take_shard),
	CLI_END,
};

const struct cli_option cli_witness_options[] = {
	OPT_CALLBACK(
		"witness", 0, "WHAT", witness, cli_take_witness,
		"Look at what the kernel does inside each registration (kprobe events in a tracefs "
		"instance, as root): which path has pinned how many pages, what was looked up, and "
		"which function has refused. trace also prints the raw events of one "
		"case, graph which functions called which (function_graph), for a bug report. "
		"Default: evidence in a guest, none on a host.",
		.choices = "none, evidence, trace, graph", .bare = "evidence"),
	CLI_END,
};

const struct cli_option cli_region_options[] = {
	OPT_SIZE("size", 0, "SIZE", size, "Size of each memory region.", .initial = "2M"),
	OPT_STRING("rdma", 0, "DEVICE", rdma,
		   "Register through this RDMA device. Default: the first one.",
		   .source = CLI_ADAPTERS),
	CLI_END,
};

const struct cli_option cli_pinner_options[] = {
	OPT_LIST("pinner", 0, "NAME", pinners, npinners,
		 "Ask by those pinners only whose name matches this shell pattern. May be "
		 "repeated.",
		 .source = CLI_PINNERS),
	CLI_END,
};

const struct cli_option cli_policy_options[] = {
	OPT_STRING("policy", 0, "FILE", policy,
		   "Judge by the expectations in this file, see daxpin-policy(5).",
		   .source = CLI_FILES),
	CLI_END,
};

const struct cli_option cli_folder_options[] = {
	OPT_LIST("dir", 0, "DIR", dirs, ndirs,
		 "Use this folder for temporary files, in addition to the mount points of ext4 "
		 "and xfs. May be repeated.",
		 .source = CLI_FOLDERS),
	CLI_END,
};

const struct cli_option cli_report_options[] = {
	OPT_CALLBACK("format", 0, "FORMAT", outputs, cli_take_format,
		     "Write the report to standard output in this format.", .source = CLI_FORMATS,
		     .initial = "text"),
	OPT_CALLBACK("output", 'o', "FORMAT=FILE", outputs, cli_take_output,
		     "Write a report to a file as well. May be repeated. A jsonl file is written "
		     "while results arrive; any other file appears when it is complete.",
		     .source = CLI_REPORTS),
	OPT_FLAG("changes", 0, outputs.how.changes,
		 "With several kernels, print only the ids whose results differ."),
	OPT_STRING("baseline", 0, "FILE", baseline,
		   "Results (json or jsonl) with known failures. A known failure does not count, "
		   "unless it is of another kind: other contract clauses, another errno, or an "
		   "oops in another function. Results of --repeat know the kinds that come "
		   "sometimes.",
		   .source = CLI_FILES),
	OPT_FLAG("bisect", 0, bisect,
		 "Use the exit codes of \"git bisect run\": 0 good, 1 bad, 125 cannot tell."),
	OPT_FLAG("timing", 0, outputs.how.timing, "Print how long each phase took."),
	CLI_END,
};

static const struct cli_option race_options[] = {
	OPT_NUMBER("iterations", 0, "N", iterations, 1, INT64_MAX,
		   "Number of rounds for each id. Default: 100, unless --seconds is given."),
	OPT_SECONDS("seconds", 0, "S", duration_ms, "End each id after this time."),
	OPT_CALLBACK(
		"witness", 0, "WHAT", witness, cli_take_witness,
		"Count inside the kernel (kprobes, as root) how many calls of gup-fast ended there, "
		"fell back to the slow path, and gave references back. Takes time of the race.",
		.choices = "evidence", .bare = "evidence"),
	OPT_FLAG("bias", 0, biased,
		 "Hold registrations and events for up to 5 ms at the stations of order, where and "
		 "how long is drawn from the seed, and report how often each window was hit. "
		 "Takes time of the race. See docs/order.md."),
	OPT_NUMBER("seed", 0, "N", seed, 0, INT64_MAX,
		   "Seed of the random times, as an earlier run printed it. Default: a new one."),
	CLI_END,
};

const struct cli_command cli_race = {
	.name = "race",
	.brief = "race registrations with the removal of a device",
	.usage = CLI_USAGE("guest [GUEST-OPTIONS] race [OPTIONS]"),
	.about = "Registers and deregisters memory regions on several threads while a device is "
		 "taken away and brought back, again and again. Each registration must succeed "
		 "and hold the device, or fail with a clean error. No pin may leak, and the "
		 "kernel must survive.",
	.groups = CLI_GROUPS({ .options = cli_case_options }, { .options = cli_shard_options },
			     { .options = race_options }, { .options = cli_region_options },
			     { .options = cli_report_options, .title = "Reports" }),
};

const struct cli_command cli_order = {
	.name = "order",
	.brief = "force a registration and an event into an order",
	.usage = CLI_USAGE("guest [GUEST-OPTIONS] order [OPTIONS]"),
	.about = "Holds a registration, or the event that takes its memory away, at a station in "
		 "the kernel, lets the other one go as far as it can, and says what either of them "
		 "did. What race hopes to meet is made here, each time. See docs/order.md.",
	.groups = CLI_GROUPS({ .options = cli_case_options }, { .options = cli_shard_options },
			     { .options = cli_region_options },
			     { .options = cli_report_options, .title = "Reports" }),
};

const struct cli_command cli_state = {
	.name = "state",
	.brief = "see whether adapter and process go on looking at the same pages",
	.usage = CLI_USAGE("guest [GUEST-OPTIONS] state [OPTIONS]"),
	.about =
		"Registers memory that is in a certain state, such as only read so far, or has something "
		"happen to it afterwards, such as a fork. Then adapter and process write in turn, and "
		"each must see what the other wrote, unless the process itself has asked for other "
		"pages. See docs/state.md.",
	.groups = CLI_GROUPS({ .options = cli_case_options }, { .options = cli_shard_options },
			     { .options = cli_region_options },
			     { .options = cli_report_options, .title = "Reports" }),
};

static const struct cli_option run_options[] = {
	OPT_FLAG("all", 0, all,
		 "Ask everything: races, orders, states, pinners and benches as well, which takes "
		 "much longer."),
	CLI_END,
};

const struct cli_command cli_run = {
	.name = "run",
	.brief = "check, limit, teardown and traffic in one run",
	.usage = CLI_USAGE("guest [GUEST-OPTIONS] run [OPTIONS]"),
	.about = "Runs check, limit, teardown and traffic and writes one report; with --all, every "
		 "other question too.",
	.groups = CLI_GROUPS({ .options = cli_case_options }, { .options = cli_shard_options },
			     { .options = run_options }, { .options = cli_witness_options },
			     { .options = cli_region_options }, { .options = cli_policy_options },
			     { .options = cli_report_options, .title = "Reports" }),
};
