// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/collect.h"
#include "daxpin/guest.h"
#include "daxpin/observe.h"
#include "daxpin/teardown.h"

static const char help[] =
	"Usage: daxpin guest [OPTIONS] check [CHECK-OPTIONS]\n"
	"       daxpin guest [OPTIONS] teardown [TEARDOWN-OPTIONS]\n"
	"       daxpin guest [OPTIONS] race [RACE-OPTIONS]\n"
	"       daxpin guest [OPTIONS] as-host [--empty-disks] COMMAND…\n"
	"       daxpin guest [OPTIONS] --bare\n"
	"\n"
	"Boots a kernel in an emulated machine with NVDIMMs, an NVMe controller and\n"
	"soft-RoCE, and runs the command there. as-host runs any other command of daxpin\n"
	"there too, as if the guest were the host: to try what it would do, on disks that\n"
	"are mounted or, with --empty-disks, nobody's.\n"
	"\n"
	"  -k, --kernel KERNEL  debian:SUITE (default: the suite of this machine),\n"
	"                       VMLINUZ:MODULES_DIR, or a kernel's .deb file\n"
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
	"  --fault FAULT        panic, hang or silence: have the guest misbehave, to see that\n"
	"                       it is noticed\n";

/* The guest has 1 GiB: a region that fits leaves room for the rest. */
#define GUEST_MEMORY (512ULL << 20)
/* How often each race is run if nothing is said. */
#define RACES 100
/* A matrix is shared out among so many guests at most: more would wait for each other. */
#define MAX_PARTS 4

#define NO_BOOT                                                                                    \
	{                                                                                          \
		.memory = { -1, -1, -1, -1 }, .state = -1                                          \
	}

struct guest_options {
	const char *kernel;
	const char *fault;
	enum dp_accel accel;
	bool bare, refresh, fetch, fresh;
	unsigned int jobs;
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

static int parse_jobs(const char *text, unsigned int *jobs, struct dp_error *err)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n < 1 || n > 64)
		return dp_bad_input(err, "--jobs wants a number from 1 to 64, not \"%s\"", text);
	*jobs = (unsigned int)n;
	return 0;
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
	case 'n':
		o->fresh = true;
		return 0;
	case 'j':
		return parse_jobs(optarg, &o->jobs, err);
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
		{ "fresh", no_argument, NULL, 'n' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "fetch", no_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};

	*o = (struct guest_options){
		.limits = { .boot_ms = 300000, .silence_ms = 90000, .total_ms = 900000 },
		.cell_ms = 60000,
	};
	return cli_options(argc, argv, known, "+k:", help, take, o, err);
}

static char *command_line(struct json_object *obj)
{
	char *line = strdup(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));

	json_object_put(obj);
	return line;
}

/* What check and teardown have in common. */
static struct json_object *begin_command(const char *command, const struct cli_check_options *check)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "command", command);
	dp_json_add_int(obj, "size", (int64_t)check->size);
	if (check->rdma)
		dp_json_add_text(obj, "rdma", check->rdma);
	return obj;
}

static char *check_command(const struct guest_options *o, const struct cli_check_options *check,
			   unsigned int part, unsigned int parts)
{
	struct json_object *obj = begin_command("check", check), *only = json_object_new_array();

	for (size_t i = 0; i < check->nonly; i++)
		json_object_array_add(only, json_object_new_string(check->only[i]));
	json_object_object_add(obj, "only", only);
	dp_json_add_int(obj, "part", part);
	dp_json_add_int(obj, "parts", parts);
	dp_json_add_int(obj, "cell_limit_ms", (int64_t)o->cell_ms);
	if (o->fault)
		dp_json_add_text(obj, "fault", o->fault);
	return command_line(obj);
}

static char *scenario_command(const struct cli_check_options *check, const char *id)
{
	bool race = check->question == CLI_RACE;
	struct json_object *obj = begin_command(race ? "race" : "teardown", check);
	struct json_object *only = json_object_new_array();

	json_object_array_add(only, json_object_new_string(id));
	json_object_object_add(obj, "only", only);
	if (race) {
		dp_json_add_int(obj, "iterations", (int64_t)check->iterations);
		dp_json_add_int(obj, "duration_ms", (int64_t)check->duration_ms);
		dp_json_add_int(obj, "seed", (int64_t)check->seed);
	}
	return command_line(obj);
}

static char *as_host_command(int argc, char **argv)
{
	struct json_object *obj = json_object_new_object(), *words = json_object_new_array();
	bool empty = argc > 0 && !strcmp(argv[0], "--empty-disks");

	json_object_object_add(obj, "empty", json_object_new_boolean(empty));
	for (int i = empty; i < argc; i++)
		json_object_array_add(words, json_object_new_string(argv[i]));
	json_object_object_add(obj, "command", json_object_new_string("as-host"));
	json_object_object_add(obj, "arguments", words);
	return command_line(obj);
}

/* Kernel, image, and the saved guest unless a fresh one is wanted; the run knows how it went. */
static int prepare(const struct guest_options *o, struct dp_boot *boot, struct dp_collect *collect,
		   struct dp_error *err)
{
	struct dp_run_record *run = &collect->run;
	uint64_t start = dp_now_ms();
	struct dp_kernel kernel;
	int rc = dp_kernel_resolve(o->kernel, o->refresh, cli_progress, &kernel, err);

	if (!rc)
		rc = dp_boot_prepare(&kernel, o->accel, false, boot, err);
	if (rc)
		return rc;
	snprintf(run->where, sizeof(run->where), "guest");
	snprintf(run->accel, sizeof(run->accel), "%s", dp_accel_name(boot->accel));
	snprintf(run->kernel_spec, sizeof(run->kernel_spec), "%s", kernel.spec);
	if (!o->fresh)
		rc = dp_snapshot_open(boot, &o->limits, collect, cli_progress, err);
	dp_run_add_phase(run, "prepare", dp_now_ms() - start);
	return rc;
}

/* What the user gave was found bad only in the guest. */
static int bad_input_of(const struct dp_collect *collect, struct dp_error *err)
{
	if (!collect->failed.input)
		return 0;
	*err = collect->failed;
	return err->code;
}

static int try_as_host(const struct guest_options *o, const char *command,
		       struct dp_collect *collect, struct dp_error *err)
{
	dp_cleanup(dp_snapshot_close) struct dp_boot boot = NO_BOOT;
	int rc = prepare(o, &boot, collect, err);

	if (rc || collect->run.ending[0])
		return rc;
	return dp_session_run(&boot, command, &o->limits, collect, cli_progress, err);
}

static int run_as_host(const struct guest_options *o, int argc, char **argv, struct dp_error *err)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_autofree char *command = as_host_command(argc - 1, argv + 1);
	int rc = dp_collect_init(&collect, 0);

	if (!rc)
		rc = try_as_host(o, command, &collect, err);
	/* What was damaged has gone from the cache, and is made anew. */
	if (rc == -ESTALE) {
		*err = (struct dp_error){ 0 };
		rc = try_as_host(o, command, &collect, err);
	}
	fflush(stdout);
	if (!rc)
		rc = bad_input_of(&collect, err);
	if (!rc && collect.run.ending[0])
		rc = dp_report(err, -EIO, "%s", collect.run.ending);
	return rc ? rc : collect.exit_code;
}

static void clear_tasks(struct dp_task *tasks, size_t count)
{
	for (size_t i = 0; tasks && i < count; i++) {
		if (tasks[i].collect)
			dp_collect_clear(tasks[i].collect);
		free(tasks[i].collect);
		free(tasks[i].command);
	}
	free(tasks);
}

static int begin_task(struct dp_task *task, char *command, size_t ids)
{
	task->command = command;
	task->collect = calloc(1, sizeof(*task->collect));
	return task->collect ? dp_collect_init(task->collect, ids) : -ENOMEM;
}

/*
 * Has tasks carried out; what could not be restored because it was damaged is made anew, once.
 * @start receives when the first guest was started.
 */
static int run_pool(const struct guest_options *o, struct dp_task *tasks, size_t count,
		    unsigned int jobs, struct dp_collect *making, uint64_t *start,
		    struct dp_error *err)
{
	for (bool again = false;; again = true) {
		dp_cleanup(dp_snapshot_close) struct dp_boot boot = NO_BOOT;
		int rc = prepare(o, &boot, making, err);

		*start = dp_now_ms();
		for (size_t i = 0; i < count; i++) {
			struct dp_run_record *run = &tasks[i].collect->run;

			run->subject = making->run.subject;
			memcpy(run->ending, making->run.ending, sizeof(run->ending));
		}
		if (rc || making->run.ending[0])
			return rc;
		rc = dp_pool_run(&boot, tasks, count, jobs, &o->limits, cli_progress, err);
		if (rc != -ESTALE || again)
			return rc;
		*err = (struct dp_error){ 0 };
	}
}

/* Carries tasks out, judges each, and puts the answers together. */
static int run_tasks(const struct guest_options *o, const struct dp_policy *policy,
		     struct dp_task *tasks, size_t count, bool whole, struct dp_run_record *run,
		     struct dp_error *err)
{
	dp_cleanup(dp_collect_clear) struct dp_collect making = { 0 };
	uint64_t start = dp_now_ms();
	int rc = dp_collect_init(&making, 0);

	run->jobs = o->jobs ? o->jobs : dp_pool_jobs(!whole);
	if (!rc)
		rc = run_pool(o, tasks, count, run->jobs, &making, &start, err);
	for (size_t i = 0; i < count && !rc; i++)
		rc = bad_input_of(tasks[i].collect, err);
	memcpy(run->where, making.run.where, sizeof(run->where));
	memcpy(run->accel, making.run.accel, sizeof(run->accel));
	memcpy(run->kernel_spec, making.run.kernel_spec, sizeof(run->kernel_spec));
	memcpy(run->note, making.run.note, sizeof(run->note));
	if (!rc)
		rc = dp_run_merge(run, &making.run, true);
	for (size_t i = 0; i < count && !rc; i++) {
		rc = dp_collect_finish(tasks[i].collect, policy);
		if (!rc)
			rc = dp_run_merge(run, &tasks[i].collect->run, whole);
	}
	dp_run_add_phase(run, "total", dp_now_ms() - start);
	return rc;
}

/* The plan's order, whoever answered what. */
static int by_place(const void *a, const void *b, void *arg)
{
	const struct dp_result *x = a, *y = b;
	const struct dp_plan *plan = arg;
	size_t i = 0, k = 0;

	while (i < plan->count && strcmp(plan->list[i].id, x->id))
		i++;
	while (k < plan->count && strcmp(plan->list[k].id, y->id))
		k++;
	return i < k ? -1 : i > k;
}

/* One guest's share of the plan. */
static int begin_part(const struct guest_options *o, const struct cli_check_options *check,
		      unsigned int part, unsigned int parts, struct dp_task *task,
		      struct dp_error *err)
{
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	int rc = dp_plan_make(check->only, check->nonly, &plan, err);

	if (rc)
		return rc;
	dp_plan_take_part(&plan, part, parts);
	rc = begin_task(task, check_command(o, check, part, parts), plan.count);
	for (size_t i = 0; i < plan.count && !rc; i++)
		dp_collect_add(task->collect, plan.list[i].id);
	return rc;
}

static unsigned int count_mappings(const struct dp_plan *plan)
{
	unsigned int count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += !i || plan->list[i].mapping != plan->list[i - 1].mapping;
	return count;
}

/* A fault, and a boot of its own, are for one guest unless more are asked for. */
static unsigned int parts_of(const struct guest_options *o, const struct dp_plan *plan)
{
	unsigned int parts = o->jobs ? o->jobs : o->fresh || o->fault ? 1 : dp_pool_jobs(false);
	unsigned int mappings = count_mappings(plan);

	parts = parts < MAX_PARTS ? parts : MAX_PARTS;
	return parts < mappings ? parts : mappings;
}

static int ask_plan(const struct guest_options *o, const struct cli_check_options *check,
		    struct dp_plan *plan, const struct dp_policy *policy, struct dp_run_record *run,
		    struct dp_error *err)
{
	unsigned int parts = parts_of(o, plan);
	struct dp_task *tasks = calloc(parts, sizeof(*tasks));
	int rc = tasks ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < parts && !rc; i++)
		rc = begin_part(o, check, i, parts, &tasks[i], err);
	if (!rc)
		rc = run_tasks(o, policy, tasks, parts, true, run, err);
	if (!rc)
		qsort_r(run->results, run->count, sizeof(*run->results), by_place, plan);
	clear_tasks(tasks, parts);
	return rc;
}

static int run_check(const struct guest_options *o, int argc, char **argv, struct dp_error *err)
{
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	dp_cleanup(dp_run_clear) struct dp_run_record run = { 0 };
	struct cli_check_options check;
	int rc = cli_check_parse(argc, argv, CLI_CHECK, false, &check, err);

	if (rc == 1)
		return 0;
	if (!rc)
		rc = dp_size_check(check.size, GUEST_MEMORY, err);
	if (!rc)
		rc = dp_policy_load(check.policy, &policy, err);
	if (!rc)
		rc = dp_plan_make(check.only, check.nonly, &plan, err);
	if (!rc)
		rc = ask_plan(o, &check, &plan, &policy, &run, err);
	return rc ? rc : cli_report(&check, &run);
}

static int ask_scenarios(const struct guest_options *o, const struct cli_check_options *check,
			 const struct dp_scenarios *scenarios, struct dp_run_record *run,
			 struct dp_error *err)
{
	struct dp_task *tasks = calloc(scenarios->count, sizeof(*tasks));
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0; i < scenarios->count && !rc; i++) {
		const char *id = scenarios->list[i].id;

		rc = begin_task(&tasks[i], scenario_command(check, id), 1);
		if (!rc)
			dp_collect_add(tasks[i].collect, id);
	}
	if (!rc)
		rc = run_tasks(o, NULL, tasks, scenarios->count, false, run, err);
	clear_tasks(tasks, scenarios->count);
	return rc;
}

/* What the user left open: how often, and the seed, which is printed. */
static void complete_race(struct cli_check_options *check, struct guest_options *o)
{
	if (!check->iterations && !check->duration_ms)
		check->iterations = RACES;
	if (!check->seeded)
		check->seed = dp_now_us() & UINT32_MAX;
	if (o->limits.total_ms < 2 * check->duration_ms)
		o->limits.total_ms = 2 * check->duration_ms;
}

static int run_scenarios(struct guest_options *o, enum cli_question question, int argc, char **argv,
			 struct dp_error *err)
{
	dp_cleanup(dp_scenarios_clear) struct dp_scenarios scenarios = { 0 };
	dp_cleanup(dp_run_clear) struct dp_run_record run = { 0 };
	bool race = question == CLI_RACE;
	struct cli_check_options check;
	int rc = cli_check_parse(argc, argv, question, false, &check, err);

	if (rc == 1)
		return 0;
	if (!rc)
		rc = dp_size_check(check.size, GUEST_MEMORY, err);
	if (!rc)
		rc = dp_scenarios_make(check.only, check.nonly, race, &scenarios, err);
	if (!rc && race)
		complete_race(&check, o);
	if (!rc)
		rc = ask_scenarios(o, &check, &scenarios, &run, err);
	return rc ? rc : cli_report(&check, &run);
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
	else if (command && !options.bare && !strcmp(command, "teardown"))
		rc = run_scenarios(&options, CLI_TEARDOWN, argc - optind, argv + optind, &err);
	else if (command && !options.bare && !strcmp(command, "race"))
		rc = run_scenarios(&options, CLI_RACE, argc - optind, argv + optind, &err);
	else if (command && !options.bare && !strcmp(command, "as-host"))
		rc = run_as_host(&options, argc - optind, argv + optind, &err);
	else if (command)
		rc = dp_bad_input(
			&err,
			"the guest has no command \"%s\": check, teardown, race, as-host, or --bare alone",
			command);
	else
		rc = dp_bad_input(&err,
				  "a command for the guest is missing: check, teardown or race");
	return rc < 0 ? dp_error_print(&err) : rc;
}
