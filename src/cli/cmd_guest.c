// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

#include "daxpin/campaign.h"
#include "daxpin/carrier.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/json.h"
#include "daxpin/kernel.h"
#include "daxpin/layout.h"
#include "daxpin/machine.h"
#include "daxpin/observe.h"
#include "daxpin/session.h"
#include "daxpin/sink.h"
#include "daxpin/teardown.h"
#include "daxpin/text.h"

/* The guest has 1 GiB: a region that fits leaves room for the rest. */
#define GUEST_MEMORY (512ULL << 20)
/* How often each race is run if nothing is said. */
#define RACES 100

/* What `daxpin guest` takes before its command. */
struct guest_options {
	struct dp_guests guests;
	const char *kernels[CLI_MAX_LIST], *modules[CLI_MAX_LIST], *carrier_names[CLI_MAX_LIST];
	const struct dp_carrier *carriers[CLI_MAX_LIST];
	const struct dp_pinner *pinners[CLI_MAX_LIST];
	bool bare, fetch;
	const char *record; /* file that keeps what the guests say, or NULL */
};

static int take_accel(void *field, const char *name, struct dp_error *err)
{
	enum dp_accel *accel = field;

	(void)err;
	for (int i = DP_ACCEL_AUTO; i <= DP_ACCEL_KVM; i++)
		if (!strcmp(name, dp_accel_name((enum dp_accel)i)))
			*accel = (enum dp_accel)i;
	return 0;
}

static int take_fault(void *field, const char *name, struct dp_error *err)
{
	enum dp_fault *fault = field;

	(void)err;
	*fault = dp_fault_find(name);
	return 0;
}

#define CLI_OPTIONS struct guest_options

static const struct cli_option options[] = {
	OPT_LIST("kernel", 'k', "KERNEL", kernels, guests.nkernels,
		 "Boot this kernel, see below. May be repeated: the kernels are reported side by "
		 "side. Default: the newest one of this machine's suite.",
		 .source = CLI_KERNELS),
	OPT_LIST("module", 0, "FILE.ko", modules, guests.nmodules,
		 "Load this module in place of the kernel's module of that name. May be repeated.",
		 .source = CLI_FILES),
	OPT_LIST("carrier", 0, "CARRIER", carrier_names, guests.ncarriers,
		 "Have this bring DAX memory to the guest, see below. May be repeated: a run for "
		 "each, side by side. Default: nfit.",
		 .source = CLI_CARRIERS),
	OPT_FLAG("refresh", 0, guests.refresh, "Look for a newer kernel even if one is cached."),
	OPT_FLAG("fetch", 0, fetch, "Only fetch and prepare the kernel, and print where it is."),
	OPT_CALLBACK("accel", 0, "ACCEL", guests.accel, take_accel,
		     "Accelerator of QEMU. auto takes KVM if a guest runs under it, else TCG.",
		     .choices = "auto, kvm, tcg", .initial = "auto"),
	OPT_FLAG("fresh", 0, guests.fresh, "Boot each guest instead of restoring a snapshot."),
	OPT_NUMBER("jobs", 0, "N", guests.jobs, 1, 64,
		   "Run this many guests at the same time. Default: as many as leave half a core "
		   "free while others wait, and fit into free memory."),
	OPT_FLAG("bare", 0, bare,
		 "Boot the kernel with an init that only powers off, and print how long that took. "
		 "No guest can be faster."),
	OPT_SECONDS("timeout", 0, "SECONDS", guests.limits.total_ms, "End a guest after this time.",
		    .initial = "900"),
	OPT_SECONDS("silence", 0, "SECONDS", guests.limits.silence_ms,
		    "End a guest that has sent nothing for this time. Whatever a case does, a "
		    "guest says every other second that it is alive: for that there is --cell.",
		    .initial = "90"),
	OPT_SECONDS("cell", 0, "SECONDS", guests.cell_ms, "Give up a single case after this time.",
		    .initial = "60"),
	OPT_STRING("record", 0, "FILE", record,
		   "Write what the guests observe to this file as it arrives, one JSON object a "
		   "line.",
		   .source = CLI_FILES),
	OPT_CALLBACK("fault", 0, "FAULT", guests.fault, take_fault,
		     "Have the guest misbehave, to test that this is noticed.",
		     .choices = "panic, hang, silence, flood, long-line, false-ids, early-done"),
	CLI_END,
};

static int check_modules(const struct guest_options *o, struct dp_error *err)
{
	struct stat st;

	for (size_t i = 0; i < o->guests.nmodules; i++)
		if (stat(o->modules[i], &st) || !S_ISREG(st.st_mode))
			return dp_bad_input(err, "there is no module file %s", o->modules[i]);
	return 0;
}

static int parse(struct cli_call *call, struct guest_options *o, struct dp_error *err)
{
	int rc;

	*o = (struct guest_options){
		.guests = { .kernels = o->kernels,
			    .modules = o->modules,
			    .limits = { .boot_ms = 300000 } },
	};
	rc = cli_parse(call, o, err);
	if (!o->guests.nkernels)
		o->guests.nkernels = 1;
	/* That there are such was seen. */
	for (size_t i = 0; i < o->guests.ncarriers && !rc; i++)
		o->carriers[i] = dp_carrier_find(o->carrier_names[i]);
	o->guests.carriers = o->carriers;
	return rc ? rc : check_modules(o, err);
}

/* ---- as-host ----------------------------------------------------------------------------- */

struct as_host_options {
	bool empty;
	const char *layout, *far;
	uint64_t far_dies_ms;
};

static int split_words(const char *text, struct dp_words *words)
{
	dp_autofree char *copy = strdup(text);
	char *rest = copy;
	int rc = copy ? 0 : -ENOMEM;

	for (char *word = strsep(&rest, " "); word && !rc; word = strsep(&rest, " "))
		if (*word)
			rc = dp_words_add(words, word);
	return rc;
}

static int fill_command(const struct as_host_options *o, const struct cli_call *call,
			struct dp_command *command)
{
	int rc = o->far ? split_words(o->far, &command->as_host.far) : 0;

	command->as_host.empty = o->empty;
	command->as_host.far_dies_ms = o->far_dies_ms;
	for (int i = 0; i < call->count && !rc; i++)
		rc = dp_words_add(&command->as_host.arguments, call->words[i]);
	return rc;
}

/* What a program in the guest prints goes on to where it was meant to go. @arg: its exit code */
static int take_output(void *arg, const char *line, size_t len)
{
	dp_autojson struct json_object *obj = NULL;
	dp_autofree char *shown = NULL;
	int *exit_code = arg;
	const char *text;

	if (dp_observation_parse(line, len, &obj, NULL) ||
	    strcmp(dp_json_text(obj, "kind"), "output"))
		return 0;
	*exit_code = (int)(dp_json_int_or(obj, "exit_code", *exit_code) & 0xff);
	text = dp_json_text(obj, "text");
	shown = strdup(text ? text : "");
	if (!shown)
		return 0;
	dp_printable(shown);
	fputs(shown, stdout);
	return 0;
}

static int take_layout(const char *path, struct dp_guests *guests, struct dp_layout *layout,
		       struct dp_command *command, struct dp_error *err)
{
	int rc = dp_layout_load(path, layout, err);

	for (size_t i = 0; i < layout->steps.count && !rc; i++)
		rc = dp_words_add(&command->as_host.steps, layout->steps.list[i]);
	guests->layout = layout;
	return rc;
}

static int run_as_host(struct guest_options *o, struct cli_call *call, struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command = { .kind = DP_COMMAND_AS_HOST };
	dp_cleanup(dp_layout_clear) struct dp_layout layout = { 0 };
	dp_cleanup(cli_progress_end) struct cli_progress progress = { 0 };
	struct as_host_options options = { 0 };
	int exit_code = 0;
	const struct dp_sink sink = { .arg = &exit_code, .line = take_output };
	int rc = cli_parse(call, &options, err);

	if (rc)
		return rc;
	if (!call->count)
		return dp_bad_input(err, "a command is missing after as-host; "
					 "see daxpin guest as-host --help");
	rc = fill_command(&options, call, &command);
	if (!rc && options.layout)
		rc = take_layout(options.layout, &o->guests, &layout, &command, err);
	if (!rc)
		rc = dp_campaign_command(&o->guests, &command, &sink, cli_progress_begin(&progress),
					 err);
	fflush(stdout);
	return rc ? rc : exit_code;
}

/* ---- what asks --------------------------------------------------------------------------- */

/* How often, if that was left open. */
static void complete_race(struct cli_check_options *check, struct guest_options *o)
{
	if (!check->iterations && !check->duration_ms)
		check->iterations = RACES;
	if (o->guests.limits.total_ms < 2 * check->duration_ms)
		o->guests.limits.total_ms = 2 * check->duration_ms;
}

/*
 * If nothing was said of it, checks have it, as their guests are saved with it armed. Return:
 * whether teardowns have it, too.
 */
static bool choose_witness(struct cli_check_options *check)
{
	bool said = check->witness != DP_WITNESS_LEVELS;

	if (!said)
		check->witness = DP_WITNESS_EVIDENCE;
	return said && check->witness;
}

/* Of teardowns a run for each. */
static int choose_pinners(const struct cli_check_options *check, struct guest_options *o,
			  struct dp_error *err)
{
	o->guests.pinners = o->pinners;
	return cli_pinners(check, o->pinners, &o->guests.npinners, err);
}

static int make_runs(const struct guest_options *o, struct dp_run_record **runs, size_t *count)
{
	*count = dp_guests_runs(&o->guests);
	*runs = calloc(*count, sizeof(**runs));
	return *runs ? 0 : -ENOMEM;
}

static int run_campaign(struct guest_options *o, unsigned int kinds, struct cli_call *call,
			struct dp_error *err)
{
	dp_cleanup(dp_selection_clear) struct dp_selection selection = { 0 };
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	dp_autofree struct dp_run_record *runs = NULL;
	size_t nruns = 0;
	struct cli_check_options check = { .seed = 1, .witness = DP_WITNESS_LEVELS };
	struct dp_recorder recorder = { 0 };
	struct dp_ask ask;
	bool course;
	int rc;

	if (kinds == 1U << DP_QUESTION_RACE)
		check.seed = dp_now_us() & UINT32_MAX;
	rc = cli_parse(call, &check, err);
	if (rc == CLI_ANSWERED)
		return rc;
	if (!rc)
		rc = cli_operands_end(call, 0, err);
	if (call->command == &cli_run)
		kinds |= cli_kinds_wanted(&check);
	/* The regions of limits and benches have sizes of their own. */
	if (!rc && kinds != 1U << DP_QUESTION_LIMIT && kinds != 1U << DP_QUESTION_BENCH)
		rc = dp_size_check(check.size, GUEST_MEMORY, err);
	if (!rc)
		rc = dp_policy_load(check.policy, &policy, err);
	if (!rc)
		rc = dp_selection_make(kinds, check.only, check.nonly, check.pinners,
				       check.npinners, &selection, err);
	if (!rc && !o->guests.ncarriers)
		dp_selection_leave_carried(&selection);
	if (!rc && check.shards)
		rc = dp_selection_shard(&selection, check.shard, check.shards, err);
	course = choose_witness(&check);
	if (!rc && kinds == 1U << DP_QUESTION_TEARDOWN)
		rc = choose_pinners(&check, o, err);
	if (!rc)
		rc = make_runs(o, &runs, &nruns);
	if (!rc)
		rc = cli_witness_one(&check, &selection.checks, err);
	if (kinds & 1U << DP_QUESTION_RACE)
		complete_race(&check, o);
	ask = cli_ask(&check, &policy);
	ask.course = course;
	if (!rc && o->record)
		rc = dp_recorder_open(&recorder, o->record, err);
	if (!rc && o->record)
		ask.recorder = &recorder;
	if (!rc)
		rc = dp_campaign_run(&o->guests, &selection, &ask, runs, err);
	if (!rc)
		rc = dp_recorder_close(&recorder, err);
	if (!rc)
		rc = cli_report(&check, runs, nruns, err);
	cli_report_close(&check);
	for (size_t i = 0; i < nruns; i++)
		dp_run_clear(&runs[i]);
	return check.bisect ? cli_exit_code(rc, true, err) : rc;
}

/* For what is done with one kernel only. */
static int single_kernel(const struct guest_options *o, struct dp_error *err)
{
	return o->guests.nkernels == 1 ? 0
				       : dp_bad_input(err, "only one --kernel can be used here");
}

static int run_bare(struct guest_options *o, struct dp_error *err)
{
	struct cli_progress progress = { 0 };
	struct dp_kernel kernel;
	struct dp_boot boot;
	uint64_t ms;
	int rc = single_kernel(o, err);

	if (!rc)
		rc = dp_kernel_resolve(o->kernels[0], o->guests.refresh,
				       cli_progress_begin(&progress), &kernel, err);
	cli_progress_end(&progress);
	if (!rc)
		rc = dp_boot_prepare(&kernel, o->guests.accel, true, &boot, err);
	if (!rc)
		rc = dp_session_bare(&boot, o->guests.limits.total_ms, &ms, err);
	if (rc)
		return rc;
	printf("bare boot of %s under %s: %" PRIu64 " ms\n", kernel.spec, dp_accel_name(boot.accel),
	       ms);
	return 0;
}

#undef CLI_OPTIONS
#define CLI_OPTIONS struct as_host_options

static const struct cli_option as_host_table[] = {
	OPT_FLAG("empty-disks", 0, empty,
		 "Leave the disks of the guest without file systems. Otherwise they are mounted."),
	OPT_STRING("layout", 0, "FILE", layout,
		   "Have the guest be the machine that this file describes, see "
		   "docs/layout-file.md.",
		   .source = CLI_FILES),
	OPT_STRING("far", 0, "WORDS", far,
		   "Run another command at the same time, as if on a second machine. WORDS is that "
		   "command with its options, as one argument. Its RDMA device has the address "
		   "198.18.0.2; that of COMMAND has 198.18.0.1."),
	OPT_SECONDS("far-dies", 0, "SECONDS", far_dies_ms,
		    "Kill the command of --far after this time, as if its machine were switched "
		    "off."),
	CLI_END,
};

static const struct cli_command as_host = {
	.name = "as-host",
	.brief = "run a command of the host in the guest, as if it were the host",
	.usage = CLI_USAGE("guest [GUEST-OPTIONS] as-host [OPTIONS] COMMAND [WORDS]"),
	.about = "Runs a command of daxpin in the guest as if the guest were the host, to try what "
		 "it would do.",
	.groups = CLI_GROUPS({ .options = as_host_table }),
	.operand = CLI_COMMANDS,
	.stops = true,
};

static int run_command(struct guest_options *o, struct cli_call *call, struct dp_error *err)
{
	int rc;

	if (call->command != &as_host)
		return run_campaign(o, cli_kinds_of(call->command), call, err);
	rc = single_kernel(o, err);
	return rc ? rc : run_as_host(o, call, err);
}

static int run(struct cli_call *call)
{
	struct guest_options o;
	struct cli_call sub;
	struct dp_error err = { 0 };
	int rc = parse(call, &o, &err);

	if (!rc && call->count && (o.bare || o.fetch))
		rc = dp_bad_input(&err, "--%s takes no command", o.bare ? "bare" : "fetch");
	else if (!rc && o.bare)
		rc = run_bare(&o, &err);
	else if (!rc && o.fetch)
		rc = cli_fetch_kernels(o.kernels, o.guests.nkernels, o.guests.refresh, &err);
	else if (!rc) {
		rc = cli_descend(call, &sub, &err);
		if (!rc)
			rc = run_command(&o, &sub, &err);
	}
	return rc == CLI_ANSWERED ? 0 : rc < 0 ? cli_error_print(&err) : rc;
}

const struct cli_command cli_guest = {
	.name = "guest",
	.brief = "run a command in an emulated machine",
	.usage = CLI_USAGE("guest [OPTIONS] COMMAND [COMMAND-OPTIONS]",
			   "guest [OPTIONS] --fetch | --bare"),
	.about = "Boots a kernel in an emulated machine with NVDIMMs, an NVMe controller and "
		 "soft-RoCE, and runs the command there. Needs QEMU, but no privilege and no "
		 "special hardware.",
	.notes = "KERNEL is one of these:\n"
		 "debian:SUITE\tThe newest kernel of a Debian suite.\n"
		 "debian:SUITE/VERSION\tThe newest one there whose release begins with VERSION.\n"
		 "debian:VERSION\tThe same, from the suite that has it.\n"
		 "VMLINUZ:MODULES_DIR\tA kernel image and the folder of its modules.\n"
		 "host\tThe running kernel and its modules.\n"
		 "FOLDER\tA kernel source tree that was built.\n"
		 "FILE.deb\tA Debian package of a kernel.",
	.groups = CLI_GROUPS({ .options = options }),
	.commands = CLI_SUBCOMMANDS(&cli_check, &cli_limit, &cli_teardown, &cli_race, &cli_order,
				    &cli_traffic, &cli_state, &cli_pinner, &cli_bench, &cli_run,
				    &as_host),
	.run = run,
};
