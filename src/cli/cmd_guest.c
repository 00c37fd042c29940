// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

#include "daxpin/campaign.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/json.h"
#include "daxpin/kernel.h"
#include "daxpin/machine.h"
#include "daxpin/observe.h"
#include "daxpin/session.h"
#include "daxpin/sink.h"
#include "daxpin/teardown.h"
#include "daxpin/text.h"

static const char help[] =
	"Usage: daxpin guest [OPTIONS] check [CHECK-OPTIONS]\n"
	"       daxpin guest [OPTIONS] teardown [TEARDOWN-OPTIONS]\n"
	"       daxpin guest [OPTIONS] race [RACE-OPTIONS]\n"
	"       daxpin guest [OPTIONS] traffic [TRAFFIC-OPTIONS]\n"
	"       daxpin guest [OPTIONS] run [RUN-OPTIONS]\n"
	"       daxpin guest [OPTIONS] as-host [--empty-disks] [--far WORDS [--far-dies S]]\n"
	"       COMMAND…\n"
	"       daxpin guest [OPTIONS] --bare\n"
	"\n"
	"Boots a kernel in an emulated machine with NVDIMMs, an NVMe controller and\n"
	"soft-RoCE, and runs the command there; run is all of these but race. as-host runs\n"
	"any other command of daxpin there too, as if the guest were the host: to try what\n"
	"it would do, on disks that are mounted or, with --empty-disks, nobody's. --far runs\n"
	"another command at the same time (its words in one argument), behind an adapter of\n"
	"its own at 198.18.0.2, as if on a second machine; this end is 198.18.0.1.\n"
	"--far-dies kills it after S seconds, as if that machine had been switched off.\n"
	"\n"
	"  -k, --kernel KERNEL  debian:SUITE (default: the suite of this machine),\n"
	"                       debian:SUITE/VERSION, debian:VERSION (whichever suite has\n"
	"                       it), VMLINUZ:MODULES_DIR, host (the running kernel), the\n"
	"                       folder of a kernel source that was built, or a kernel's .deb\n"
	"                       file; may be repeated: the kernels are reported side by side\n"
	"  --module FILE.ko     takes the place of the kernel's module of that name; may be\n"
	"                       repeated\n"
	"  --refresh            look for a newer kernel although one is cached\n"
	"  --fetch              only have the kernel ready\n"
	"  --accel ACCEL        auto, kvm or tcg (default: auto, KVM if a guest runs under it)\n"
	"  --fresh              boot each guest, instead of restoring one that was saved\n"
	"  --jobs N             so many guests at the same time (default: what cores and\n"
	"                       free memory allow)\n"
	"  --bare               boot the kernel with an init that powers off, and say how\n"
	"                       long that took: what no guest can be faster than\n"
	"  --timeout SECONDS    end the guest after so long (default 900)\n"
	"  --silence SECONDS    end it when nothing was heard for so long (default 90)\n"
	"  --cell SECONDS       give up a single question after so long (default 60)\n"
	"  --record FILE        keep the observations there as they come, one JSON object a line\n"
	"  --fault FAULT        panic, hang or silence: have the guest misbehave, to see that\n"
	"                       it is noticed\n";

/* The guest has 1 GiB: a region that fits leaves room for the rest. */
#define GUEST_MEMORY (512ULL << 20)
/* How often each race is run if nothing is said. */
#define RACES 100

/* What `daxpin guest` takes before its command. */
struct guest_options {
	struct dp_guests guests;
	const char *kernels[CLI_MAX_LIST], *modules[CLI_MAX_LIST];
	bool bare, fetch;
	const char *record; /* file that keeps what the guests say, or NULL */
};

static int parse_accel(const char *name, enum dp_accel *accel, struct dp_error *err)
{
	for (int i = DP_ACCEL_AUTO; i <= DP_ACCEL_KVM; i++)
		if (!strcmp(name, dp_accel_name((enum dp_accel)i))) {
			*accel = (enum dp_accel)i;
			return 0;
		}
	return dp_bad_input(err, "unknown accelerator \"%s\": auto, kvm or tcg", name);
}

static int parse_fault(const char *name, enum dp_fault *fault, struct dp_error *err)
{
	*fault = dp_fault_find(name);
	return *fault ? 0 : dp_bad_input(err, "unknown fault \"%s\": panic, hang or silence", name);
}

static int parse_jobs(const char *text, unsigned int *jobs, struct dp_error *err)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n < 1 || n > 64)
		return dp_bad_input(err, "--jobs wants a number from 1 to 64, not \"%s\"", text);
	*jobs = (unsigned int)n;
	return 0;
}

static int add_module(struct guest_options *o, const char *path, struct dp_error *err)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return dp_bad_input(err, "there is no module file %s", path);
	if (o->guests.nmodules == CLI_MAX_LIST)
		return dp_bad_input(err, "more than %d modules", CLI_MAX_LIST);
	o->modules[o->guests.nmodules++] = path;
	return 0;
}

static int take(int letter, void *arg, struct dp_error *err)
{
	struct guest_options *o = arg;

	switch (letter) {
	case 'k':
		if (o->guests.nkernels == CLI_MAX_LIST)
			return dp_bad_input(err, "more than %d kernels", CLI_MAX_LIST);
		o->kernels[o->guests.nkernels++] = optarg;
		return 0;
	case 'm':
		return add_module(o, optarg, err);
	case 'a':
		return parse_accel(optarg, &o->guests.accel, err);
	case 'b':
		o->bare = true;
		return 0;
	case 'r':
		o->guests.refresh = true;
		return 0;
	case 'n':
		o->guests.fresh = true;
		return 0;
	case 'j':
		return parse_jobs(optarg, &o->guests.jobs, err);
	case 'F':
		o->fetch = true;
		return 0;
	case 'R':
		o->record = optarg;
		return 0;
	case 't':
		return cli_parse_seconds(optarg, "timeout", &o->guests.limits.total_ms, err);
	case 's':
		return cli_parse_seconds(optarg, "silence", &o->guests.limits.silence_ms, err);
	case 'c':
		return cli_parse_seconds(optarg, "cell", &o->guests.cell_ms, err);
	default:
		return parse_fault(optarg, &o->guests.fault, err);
	}
}

static int parse(int argc, char **argv, struct guest_options *o, struct dp_error *err)
{
	static const struct option known[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "module", required_argument, NULL, 'm' },
		{ "accel", required_argument, NULL, 'a' },
		{ "bare", no_argument, NULL, 'b' },
		{ "refresh", no_argument, NULL, 'r' },
		{ "timeout", required_argument, NULL, 't' },
		{ "silence", required_argument, NULL, 's' },
		{ "cell", required_argument, NULL, 'c' },
		{ "fault", required_argument, NULL, 'f' },
		{ "fresh", no_argument, NULL, 'n' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "fetch", no_argument, NULL, 'F' },
		{ "record", required_argument, NULL, 'R' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};

	*o = (struct guest_options){
		.guests = { .kernels = o->kernels,
			    .modules = o->modules,
			    .limits = { .boot_ms = 300000,
					.silence_ms = 90000,
					.total_ms = 900000 },
			    .cell_ms = 60000 },
	};
	int rc = cli_options(argc, argv, known, "+k:", help, take, o, err);

	if (!o->guests.nkernels)
		o->guests.nkernels = 1;
	return rc;
}

static int split_words(char *text, struct dp_words *words)
{
	int rc = 0;

	for (char *word = strsep(&text, " "); word && !rc; word = strsep(&text, " "))
		if (*word)
			rc = dp_words_add(words, word);
	return rc;
}

static int take_as_host(int letter, void *arg, struct dp_error *err)
{
	struct dp_command *command = arg;

	if (letter == 'f')
		return split_words(optarg, &command->as_host.far);
	if (letter == 'd')
		return cli_parse_seconds(optarg, "far-dies", &command->as_host.far_dies_ms, err);
	command->as_host.empty = true;
	return 0;
}

/* @command: to be released in any case. Return: 0, 1 after --help, or a negative errno. */
static int parse_as_host(int argc, char **argv, struct dp_command *command, struct dp_error *err)
{
	static const struct option known[] = {
		{ "empty-disks", no_argument, NULL, 'e' },
		{ "far", required_argument, NULL, 'f' },
		{ "far-dies", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int rc;

	/* As it is named in messages. */
	argv[0] = (char *)"guest as-host";
	rc = cli_options(argc, argv, known, "+", help, take_as_host, command, err);
	for (int i = optind; i < argc && !rc; i++)
		rc = dp_words_add(&command->as_host.arguments, argv[i]);
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

static int run_as_host(const struct guest_options *o, int argc, char **argv, struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command = { .kind = DP_COMMAND_AS_HOST };
	int exit_code = 0;
	const struct dp_sink sink = { .arg = &exit_code, .line = take_output };
	int rc = parse_as_host(argc, argv, &command, err);

	if (rc)
		return rc == 1 ? 0 : rc;
	rc = dp_campaign_command(&o->guests, &command, &sink, cli_progress, err);
	fflush(stdout);
	return rc ? rc : exit_code;
}

/* What the user left open: how often, and the seed, which is printed. */
static void complete_race(struct cli_check_options *check, struct guest_options *o)
{
	if (!check->iterations && !check->duration_ms)
		check->iterations = RACES;
	if (!check->seeded)
		check->seed = dp_now_us() & UINT32_MAX;
	if (o->guests.limits.total_ms < 2 * check->duration_ms)
		o->guests.limits.total_ms = 2 * check->duration_ms;
}

static unsigned int kinds_of(enum cli_question question)
{
	unsigned int kinds = 0;

	for (int k = 0; k < DP_QUESTIONS; k++)
		if (question == CLI_RUN ? dp_question((enum dp_question_kind)k)->run
					: (int)question == k)
			kinds |= 1U << k;
	return kinds;
}

static struct dp_ask ask_of(struct cli_check_options *check, const struct dp_policy *policy)
{
	return (struct dp_ask){ .size = check->size,
				.rdma = check->rdma,
				.iterations = check->iterations,
				.duration_ms = check->duration_ms,
				.seed = check->seed,
				.reference = check->reference,
				.policy = policy,
				.tell = cli_outputs_tell,
				.tell_arg = &check->outputs,
				.progress = cli_progress };
}

static int run_campaign(struct guest_options *o, enum cli_question question, int argc, char **argv,
			struct dp_error *err)
{
	dp_cleanup(dp_selection_clear) struct dp_selection selection = { 0 };
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	struct dp_run_record runs[CLI_MAX_LIST] = { 0 };
	struct cli_check_options check;
	struct dp_recorder recorder = { 0 };
	struct dp_ask ask;
	int rc = cli_check_parse(argc, argv, question, false, &check, err);

	if (rc == 1)
		return 0;
	if (!rc)
		rc = dp_size_check(check.size, GUEST_MEMORY, err);
	if (!rc)
		rc = dp_policy_load(check.policy, &policy, err);
	if (!rc)
		rc = dp_selection_make(kinds_of(question), check.only, check.nonly, &selection,
				       err);
	if (!rc && question == CLI_RACE)
		complete_race(&check, o);
	else if (!check.seeded)
		check.seed = 1;
	ask = ask_of(&check, &policy);
	if (!rc)
		rc = cli_outputs_open(&check.outputs, err);
	if (!rc && o->record)
		rc = dp_recorder_open(&recorder, o->record, err);
	if (!rc && o->record)
		ask.recorder = &recorder;
	if (!rc)
		rc = dp_campaign_run(&o->guests, &selection, &ask, runs, err);
	if (!rc)
		rc = dp_recorder_close(&recorder, err);
	if (!rc)
		rc = cli_report(&check, runs, o->guests.nkernels, err);
	cli_outputs_close(&check.outputs);
	for (size_t i = 0; i < o->guests.nkernels; i++)
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
	struct dp_kernel kernel;
	struct dp_boot boot;
	uint64_t ms;
	int rc = single_kernel(o, err);

	if (!rc)
		rc = dp_kernel_resolve(o->kernels[0], o->guests.refresh, cli_progress, &kernel,
				       err);
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

static const struct {
	const char *name;
	enum cli_question question;
} questions[] = {
	{ "check", CLI_CHECK },     { "teardown", CLI_TEARDOWN }, { "race", CLI_RACE },
	{ "traffic", CLI_TRAFFIC }, { "run", CLI_RUN },
};

static int run_command(struct guest_options *o, int argc, char **argv, struct dp_error *err)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(questions); i++)
		if (!strcmp(argv[0], questions[i].name))
			return run_campaign(o, questions[i].question, argc, argv, err);
	if (!strcmp(argv[0], "as-host")) {
		int rc = single_kernel(o, err);

		return rc ? rc : run_as_host(o, argc, argv, err);
	}
	return dp_bad_input(err,
			    "the guest has no command \"%s\": check, teardown, race, traffic, run, "
			    "as-host, or --bare alone",
			    argv[0]);
}

int cli_guest(int argc, char **argv)
{
	struct guest_options options;
	struct dp_error err = { 0 };
	int rc = parse(argc, argv, &options, &err);
	bool command = optind < argc;

	if (rc == 1)
		return 0;
	if (rc)
		return dp_error_print(&err);
	if (command && !options.bare)
		rc = run_command(&options, argc - optind, argv + optind, &err);
	else if (command)
		rc = dp_bad_input(&err, "--bare asks nothing: it takes no command");
	else if (options.fetch)
		rc = cli_fetch_kernels(options.kernels, options.guests.nkernels,
				       options.guests.refresh, &err);
	else if (options.bare)
		rc = run_bare(&options, &err);
	else
		rc = dp_bad_input(&err,
				  "a command for the guest is missing: check, teardown, race, "
				  "traffic or run");
	return rc < 0 ? dp_error_print(&err) : rc;
}
