// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/collect.h"
#include "daxpin/guest.h"

static const char help[] =
	"Usage: daxpin guest [OPTIONS] check [CHECK-OPTIONS]\n"
	"       daxpin guest [OPTIONS] as-host COMMAND…\n"
	"       daxpin guest [OPTIONS] --bare\n"
	"\n"
	"Boots a kernel in an emulated machine with NVDIMMs, an NVMe controller and\n"
	"soft-RoCE, and runs the command there. as-host runs any other command of daxpin\n"
	"there too, as if the guest were the host: to try what it would do.\n"
	"\n"
	"  -k, --kernel KERNEL  debian:SUITE (default: the suite of this machine),\n"
	"                       VMLINUZ:MODULES_DIR, or a kernel's .deb file\n"
	"  --refresh            look for a newer kernel although one is cached\n"
	"  --fetch              only have the kernel ready\n"
	"  --accel ACCEL        auto, kvm or tcg (default: auto, KVM if a guest runs under it)\n"
	"  --bare               boot the kernel with an init that powers off, and say how\n"
	"                       long that took: what no guest can be faster than\n"
	"  --timeout SECONDS    end the guest after so long (default 900)\n"
	"  --silence SECONDS    end it when nothing was heard for so long (default 90)\n"
	"  --cell SECONDS       give up a single question after so long (default 60)\n"
	"  --fault FAULT        panic, hang or silence: have the guest misbehave, to see that\n"
	"                       it is noticed\n";

/* The guest has 1 GiB: a region that fits leaves room for the rest. */
#define GUEST_MEMORY (512ULL << 20)

struct guest_options {
	const char *kernel;
	const char *fault;
	enum dp_accel accel;
	bool bare, refresh, fetch;
	struct dp_session_limits limits;
	uint64_t cell_ms;
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

static int parse_fault(const char *name, const char **fault, struct dp_error *err)
{
	*fault = name;
	if (!strcmp(name, "panic") || !strcmp(name, "hang") || !strcmp(name, "silence"))
		return 0;
	return dp_bad_input(err, "unknown fault \"%s\": panic, hang or silence", name);
}

static int take(int letter, void *arg, struct dp_error *err)
{
	struct guest_options *o = arg;

	switch (letter) {
	case 'k':
		o->kernel = optarg;
		return 0;
	case 'a':
		return parse_accel(optarg, &o->accel, err);
	case 'b':
		o->bare = true;
		return 0;
	case 'r':
		o->refresh = true;
		return 0;
	case 'F':
		o->fetch = true;
		return 0;
	case 't':
		return cli_parse_seconds(optarg, "timeout", &o->limits.total_ms, err);
	case 's':
		return cli_parse_seconds(optarg, "silence", &o->limits.silence_ms, err);
	case 'c':
		return cli_parse_seconds(optarg, "cell", &o->cell_ms, err);
	default:
		return parse_fault(optarg, &o->fault, err);
	}
}

static int parse(int argc, char **argv, struct guest_options *o, struct dp_error *err)
{
	static const struct option known[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "accel", required_argument, NULL, 'a' },
		{ "bare", no_argument, NULL, 'b' },
		{ "refresh", no_argument, NULL, 'r' },
		{ "timeout", required_argument, NULL, 't' },
		{ "silence", required_argument, NULL, 's' },
		{ "cell", required_argument, NULL, 'c' },
		{ "fault", required_argument, NULL, 'f' },
		{ "fetch", no_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};

	*o = (struct guest_options){
		.limits = { .boot_ms = 300000, .silence_ms = 90000, .total_ms = 900000 },
		.cell_ms = 60000,
	};
	return cli_options(argc, argv, known, "k:", help, take, o, err);
}

static char *command_line(struct json_object *obj)
{
	char *line = strdup(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));

	json_object_put(obj);
	return line;
}

static char *check_command(const struct guest_options *o, const struct cli_check_options *check)
{
	struct json_object *obj = json_object_new_object(), *only = json_object_new_array();

	for (size_t i = 0; i < check->nonly; i++)
		json_object_array_add(only, json_object_new_string(check->only[i]));
	json_object_object_add(obj, "command", json_object_new_string("check"));
	json_object_object_add(obj, "only", only);
	json_object_object_add(obj, "size", json_object_new_int64((int64_t)check->size));
	json_object_object_add(obj, "cell_limit_ms", json_object_new_int64((int64_t)o->cell_ms));
	if (check->rdma)
		json_object_object_add(obj, "rdma", json_object_new_string(check->rdma));
	if (o->fault)
		json_object_object_add(obj, "fault", json_object_new_string(o->fault));
	return command_line(obj);
}

static char *as_host_command(int argc, char **argv)
{
	struct json_object *obj = json_object_new_object(), *words = json_object_new_array();

	for (int i = 0; i < argc; i++)
		json_object_array_add(words, json_object_new_string(argv[i]));
	json_object_object_add(obj, "command", json_object_new_string("as-host"));
	json_object_object_add(obj, "arguments", words);
	return command_line(obj);
}

static int boot_and_ask(const struct guest_options *o, const char *command,
			struct dp_collect *collect, struct dp_error *err)
{
	struct dp_kernel kernel;
	struct dp_boot boot;
	uint64_t start = dp_now_ms();
	int rc = dp_kernel_resolve(o->kernel, o->refresh, cli_progress, &kernel, err);

	if (!rc)
		rc = dp_boot_prepare(&kernel, o->accel, false, &boot, err);
	if (rc)
		return rc;
	dp_run_add_phase(&collect->run, "prepare", dp_now_ms() - start);
	snprintf(collect->run.where, sizeof(collect->run.where), "guest");
	snprintf(collect->run.accel, sizeof(collect->run.accel), "%s", dp_accel_name(boot.accel));
	snprintf(collect->run.kernel_spec, sizeof(collect->run.kernel_spec), "%s", kernel.spec);
	rc = dp_session_run(&boot, command, &o->limits, collect, cli_progress, err);
	if (!rc && collect->failed.input) {
		*err = collect->failed;
		rc = err->code;
	}
	return rc;
}

static int run_as_host(const struct guest_options *o, int argc, char **argv, struct dp_error *err)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_autofree char *command = as_host_command(argc - 1, argv + 1);
	struct dp_plan nothing = { 0 };
	int rc = dp_collect_init(&collect, &nothing);

	if (!rc)
		rc = boot_and_ask(o, command, &collect, err);
	fflush(stdout);
	if (!rc && collect.run.ending[0])
		rc = dp_report(err, -EIO, "%s", collect.run.ending);
	return rc ? rc : collect.exit_code;
}

static int run_check(const struct guest_options *o, int argc, char **argv, struct dp_error *err)
{
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	dp_autofree char *command = NULL;
	struct cli_check_options check;
	int rc = cli_check_parse(argc, argv, false, &check, err);

	if (rc == 1)
		return 0;
	if (!rc)
		rc = dp_size_check(check.size, GUEST_MEMORY, err);
	if (!rc)
		rc = dp_policy_load(check.policy, &policy, err);
	if (!rc)
		rc = dp_plan_make(check.only, check.nonly, &plan, err);
	if (!rc)
		rc = dp_collect_init(&collect, &plan);
	command = check_command(o, &check);
	if (!rc)
		rc = boot_and_ask(o, command, &collect, err);
	if (!rc)
		rc = dp_collect_finish(&collect, &policy);
	return rc ? rc : cli_report(&check, &collect.run);
}

static int run_bare(const struct guest_options *o, struct dp_error *err)
{
	struct dp_kernel kernel;
	struct dp_boot boot;
	uint64_t ms;
	int rc = dp_kernel_resolve(o->kernel, o->refresh, cli_progress, &kernel, err);

	if (!rc)
		rc = dp_boot_prepare(&kernel, o->accel, true, &boot, err);
	if (!rc)
		rc = dp_session_bare(&boot, o->limits.total_ms, &ms, err);
	if (rc)
		return rc;
	printf("bare boot of %s under %s: %" PRIu64 " ms\n", kernel.spec, dp_accel_name(boot.accel),
	       ms);
	return 0;
}

static int run_fetch(const struct guest_options *o, struct dp_error *err)
{
	struct dp_kernel kernel;
	int rc = dp_kernel_resolve(o->kernel, o->refresh, cli_progress, &kernel, err);

	if (!rc)
		printf("%s: %s\n", kernel.spec, kernel.image);
	return rc;
}

int cli_guest(int argc, char **argv)
{
	struct guest_options options;
	struct dp_error err = { 0 };
	int rc = parse(argc, argv, &options, &err);
	const char *command = optind < argc ? argv[optind] : NULL;

	if (rc == 1)
		return 0;
	if (rc)
		return dp_error_print(&err);
	if (options.fetch && !command)
		rc = run_fetch(&options, &err);
	else if (options.bare && !command)
		rc = run_bare(&options, &err);
	else if (command && !options.bare && !strcmp(command, "check"))
		rc = run_check(&options, argc - optind, argv + optind, &err);
	else if (command && !options.bare && !strcmp(command, "as-host"))
		rc = run_as_host(&options, argc - optind, argv + optind, &err);
	else if (command)
		rc = dp_bad_input(
			&err, "the guest has no command \"%s\": check, as-host, or --bare alone",
			command);
	else
		rc = dp_bad_input(&err, "a command for the guest is missing: check");
	return rc < 0 ? dp_error_print(&err) : rc;
}
