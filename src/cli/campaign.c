// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/collect.h"
#include "daxpin/observe.h"

/* A matrix is shared out among so many guests at most: more would wait for each other. */
#define MAX_PARTS 4

/* ---- what the guest is told -------------------------------------------------------------- */

char *cli_command_line(struct json_object *obj)
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
	return cli_command_line(obj);
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
	return cli_command_line(obj);
}

/* ---- one kernel -------------------------------------------------------------------------- */

/* Kernel, image, and the saved guest unless a fresh one is wanted; the run knows how it went. */
int cli_guest_prepare(const struct guest_options *o, struct dp_boot *boot,
		      struct dp_collect *collect, struct dp_error *err)
{
	struct dp_run_record *run = &collect->run;
	uint64_t start = dp_now_ms();
	struct dp_kernel kernel;
	int rc = dp_kernel_resolve(o->kernel, o->refresh, o->progress, &kernel, err);

	kernel.replacements = o->modules;
	kernel.nreplacements = o->nmodules;
	kernel.perftest = o->perftest;
	if (!rc)
		rc = dp_boot_prepare(&kernel, o->accel, false, boot, err);
	if (rc)
		return rc;
	boot->cpus = o->cpus;
	snprintf(run->where, sizeof(run->where), "guest");
	snprintf(run->accel, sizeof(run->accel), "%s", dp_accel_name(boot->accel));
	snprintf(run->kernel_spec, sizeof(run->kernel_spec), "%s", kernel.spec);
	for (size_t i = 0, used = 0; i < o->nmodules && used < sizeof(run->modules); i++)
		used += (size_t)snprintf(run->modules + used, sizeof(run->modules) - used, "%s%s",
					 used ? " " : "", o->modules[i]);
	if (!o->fresh)
		rc = dp_snapshot_open(boot, &o->limits, collect, o->progress, err);
	dp_run_add_phase(run, "prepare", dp_now_ms() - start);
	return rc;
}

/* What the user gave was found bad only in the guest. */
int cli_bad_input_of(const struct dp_collect *collect, struct dp_error *err)
{
	if (!collect->failed.input)
		return 0;
	*err = collect->failed;
	return err->code;
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

static int begin_task(const struct cli_check_options *check, const struct dp_policy *policy,
		      struct dp_task *task, char *command, size_t ids)
{
	int rc;

	task->command = command;
	task->collect = calloc(1, sizeof(*task->collect));
	if (!task->collect)
		return -ENOMEM;
	rc = dp_collect_init(task->collect, ids);
	dp_collect_listen(task->collect, policy, cli_outputs_tell, (void *)&check->outputs);
	return rc;
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
		dp_cleanup(dp_snapshot_close) struct dp_boot boot = CLI_NO_BOOT;
		int rc = cli_guest_prepare(o, &boot, making, err);

		*start = dp_now_ms();
		for (size_t i = 0; i < count; i++) {
			struct dp_run_record *run = &tasks[i].collect->run;

			run->subject = making->run.subject;
			memcpy(run->kernel_spec, making->run.kernel_spec, sizeof(run->kernel_spec));
			memcpy(run->ending, making->run.ending, sizeof(run->ending));
		}
		if (rc || making->run.ending[0])
			return rc;
		rc = dp_pool_run(&boot, tasks, count, jobs, &o->limits, o->progress, err);
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

	run->jobs = o->jobs ? o->jobs : dp_pool_jobs(o->cpus, !whole);
	if (!rc)
		rc = run_pool(o, tasks, count, run->jobs, &making, &start, err);
	for (size_t i = 0; i < count && !rc; i++)
		rc = cli_bad_input_of(tasks[i].collect, err);
	memcpy(run->where, making.run.where, sizeof(run->where));
	memcpy(run->accel, making.run.accel, sizeof(run->accel));
	memcpy(run->kernel_spec, making.run.kernel_spec, sizeof(run->kernel_spec));
	memcpy(run->note, making.run.note, sizeof(run->note));
	memcpy(run->modules, making.run.modules, sizeof(run->modules));
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
		      const struct dp_policy *policy, unsigned int part, unsigned int parts,
		      struct dp_task *task, struct dp_error *err)
{
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	int rc = dp_plan_make(check->only, check->nonly, &plan, err);

	if (rc)
		return rc;
	dp_plan_take_part(&plan, part, parts);
	rc = begin_task(check, policy, task, check_command(o, check, part, parts), plan.count);
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
	unsigned int parts = o->nkernels > 1        ? 1
			     : o->jobs              ? o->jobs
			     : o->fresh || o->fault ? 1
						    : dp_pool_jobs(o->cpus, false);
	unsigned int mappings = count_mappings(plan);

	parts = parts < MAX_PARTS ? parts : MAX_PARTS;
	return parts < mappings ? parts : mappings;
}

static int ask_plan(const struct guest_options *o, const struct cli_check_options *check,
		    const struct dp_plan *plan, const struct dp_policy *policy,
		    struct dp_run_record *run, struct dp_error *err)
{
	unsigned int parts = parts_of(o, plan);
	struct dp_task *tasks = calloc(parts, sizeof(*tasks));
	int rc = tasks ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < parts && !rc; i++)
		rc = begin_part(o, check, policy, i, parts, &tasks[i], err);
	if (!rc)
		rc = run_tasks(o, policy, tasks, parts, true, run, err);
	if (!rc)
		qsort_r(run->results, run->count, sizeof(*run->results), by_place, (void *)plan);
	clear_tasks(tasks, parts);
	return rc;
}

static int ask_scenarios(const struct guest_options *o, const struct cli_check_options *check,
			 const struct dp_scenarios *scenarios, struct dp_run_record *run,
			 struct dp_error *err)
{
	struct dp_task *tasks = calloc(scenarios->count, sizeof(*tasks));
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0; i < scenarios->count && !rc; i++) {
		const char *id = scenarios->list[i].id;

		rc = begin_task(check, NULL, &tasks[i], scenario_command(check, id), 1);
		if (!rc)
			dp_collect_add(tasks[i].collect, id);
	}
	if (!rc)
		rc = run_tasks(o, NULL, tasks, scenarios->count, false, run, err);
	clear_tasks(tasks, scenarios->count);
	return rc;
}

static bool is_kept(const struct dp_case *tcase)
{
	return tcase->operation && tcase->operation->kept;
}

/*
 * One guest asks about each mapping, so that what a kernel does to one leaves the others alone; and
 * each event has its own.
 */
static size_t cases_of_mapping(const struct dp_cases *cases, size_t from)
{
	const struct dp_case *first = &cases->list[from];
	size_t to = from + 1;

	while (to < cases->count && !first->event && !cases->list[to].event &&
	       !is_kept(&cases->list[to]) && cases->list[to].mapping == first->mapping)
		to++;
	return to - from;
}

static char *cases_command(const struct cli_check_options *check, const struct dp_case *list,
			   size_t count)
{
	struct json_object *obj = begin_command("traffic", check), *only = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(only, json_object_new_string(list[i].id));
	json_object_object_add(obj, "only", only);
	dp_json_add_int(obj, "seed", (int64_t)check->seed);
	dp_json_add_int(obj, "limit_ms", CLI_TRAFFIC_LIMIT_MS);
	json_object_object_add(obj, "reference", json_object_new_boolean(check->reference));
	return cli_command_line(obj);
}

/* One task for some cases in a row. */
static int add_task(const struct cli_check_options *check, const struct dp_case *list, size_t count,
		    struct dp_task *task)
{
	int rc = begin_task(check, NULL, task, cases_command(check, list, count), count);

	for (size_t i = 0; i < count && !rc; i++)
		dp_collect_add(task->collect, list[i].id);
	return rc;
}

static bool is_unanswered(const struct dp_run_record *run, const char *id)
{
	const struct dp_result *r = dp_run_find(run, id);

	return !r || r->status == DP_ERROR;
}

/* What was not answered because of what was asked before it has a guest of its own then. */
static int ask_again(const struct guest_options *o, const struct cli_check_options *check,
		     const struct dp_cases *cases, struct dp_run_record *run, struct dp_error *err)
{
	dp_cleanup(dp_run_clear) struct dp_run_record more = { 0 };
	struct dp_task *tasks = calloc(cases->count, sizeof(*tasks));
	size_t ntasks = 0;
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0; i < cases->count && !rc; i++)
		if (!is_kept(&cases->list[i]) && is_unanswered(run, cases->list[i].id))
			rc = add_task(check, &cases->list[i], 1, &tasks[ntasks++]);
	if (!rc && ntasks)
		rc = run_tasks(o, NULL, tasks, ntasks, false, &more, err);
	if (!rc)
		dp_run_replace(run, &more);
	clear_tasks(tasks, ntasks);
	return rc;
}

/* ---- what must outlive the machine -------------------------------------------------------- */

/* What the first boot has said of one id that it has kept; NULL if it has not. */
static struct json_object *kept_item(const struct dp_record *record)
{
	size_t count = record->steps ? json_object_array_length(record->steps) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *step = json_object_array_get_idx(record->steps, i), *item;
		const char *name = dp_json_text(step, "step");
		int64_t size;

		if (!name || strcmp(name, "kept") || dp_json_int(step, "size", &size))
			continue;
		item = json_object_new_object();
		dp_json_add_text(item, "id", record->id);
		dp_json_add_text(item, "mapping", dp_json_text(step, "mapping"));
		dp_json_add_text(item, "start", dp_json_text(step, "start"));
		dp_json_add_int(item, "size", size);
		json_object_object_add(item, "ledger",
				       json_object_get(json_object_object_get(step, "ledger")));
		return item;
	}
	return NULL;
}

static char *reread_command(const struct cli_check_options *check, struct dp_collect *collect)
{
	struct json_object *obj = begin_command("reread", check), *items = json_object_new_array();

	for (size_t i = 0; i < collect->count; i++) {
		struct json_object *item = kept_item(&collect->records[i]);

		if (!item)
			continue;
		json_object_array_add(items, item);
		/* It has ended when it has been read back. */
		collect->records[i].seen = false;
	}
	json_object_object_add(obj, "items", items);
	return cli_command_line(obj);
}

static void close_memories(struct dp_boot *boot)
{
	for (int i = 0; i < DP_MEMORIES; i++)
		dp_closep(&boot->memory[i]);
}

/*
 * Two boots with the same NVDIMMs. A guest ends by SIGKILL to its QEMU: what its kernel or its
 * processor still held is gone, and what is in the files behind the NVDIMMs is all that there is.
 */
static int run_twice(const struct guest_options *o, const struct cli_check_options *check,
		     const char *command, struct dp_collect *collect, struct dp_error *err)
{
	dp_cleanup(close_memories) struct dp_boot boot = CLI_NO_BOOT;
	dp_autofree char *again = NULL;
	struct guest_options fresh = *o;
	int rc;

	fresh.fresh = true;
	rc = cli_guest_prepare(&fresh, &boot, collect, err);
	for (int i = DP_RAM + 1; i < DP_MEMORIES && !rc; i++) {
		boot.memory[i] = dp_memory_make(i, err);
		rc = boot.memory[i] < 0 ? boot.memory[i] : 0;
	}
	if (!rc)
		rc = dp_session_run(&boot, command, &o->limits, collect, o->progress, err);
	if (rc || collect->run.ending[0])
		return rc;
	again = reread_command(check, collect);
	collect->done = collect->ready = false;
	boot.keep = true;
	rc = dp_session_run(&boot, again, &o->limits, collect, o->progress, err);
	/* The second is no second attempt at the first. */
	collect->run.boots = 1;
	return rc;
}

static int ask_kept(const struct guest_options *o, const struct cli_check_options *check,
		    const struct dp_cases *cases, struct dp_run_record *run, struct dp_error *err)
{
	dp_cleanup(dp_cases_clear) struct dp_cases kept = { 0 };
	struct dp_task task = { 0 };
	int rc;

	kept.list = calloc(cases->count, sizeof(*kept.list));
	for (size_t i = 0; i < cases->count && kept.list; i++)
		if (is_kept(&cases->list[i]))
			kept.list[kept.count++] = cases->list[i];
	if (!kept.count)
		return kept.list ? 0 : -ENOMEM;
	rc = add_task(check, kept.list, kept.count, &task);
	if (!rc)
		rc = run_twice(o, check, task.command, task.collect, err);
	if (!rc)
		rc = dp_collect_finish(task.collect, NULL);
	if (!rc)
		rc = dp_run_merge(run, &task.collect->run, false);
	if (task.collect)
		dp_collect_clear(task.collect);
	free(task.collect);
	free(task.command);
	return rc;
}

static int ask_cases(const struct guest_options *o, const struct cli_check_options *check,
		     const struct dp_cases *cases, struct dp_run_record *run, struct dp_error *err)
{
	struct dp_task *tasks = calloc(cases->count, sizeof(*tasks));
	size_t ntasks = 0;
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0, n; i < cases->count && !rc; i += n) {
		n = cases_of_mapping(cases, i);
		if (!is_kept(&cases->list[i]))
			rc = add_task(check, &cases->list[i], n, &tasks[ntasks++]);
	}
	if (!rc)
		rc = run_tasks(o, NULL, tasks, ntasks, false, run, err);
	clear_tasks(tasks, ntasks);
	if (!rc)
		rc = ask_again(o, check, cases, run, err);
	return rc ? rc : ask_kept(o, check, cases, run, err);
}

void campaign_clear(struct campaign *campaign)
{
	dp_cases_clear(&campaign->cases);
	dp_policy_clear(&campaign->policy);
	dp_plan_clear(&campaign->plan);
	dp_scenarios_clear(&campaign->scenarios);
}

/* Everything that is asked of one kernel, in one run: what comes first begins it. */
static int ask(const struct campaign *c, const struct guest_options *o, struct dp_run_record *run,
	       struct dp_error *err)
{
	dp_cleanup(dp_run_clear) struct dp_run_record torn = { 0 }, moved = { 0 };
	struct dp_run_record *tears = c->plan.count ? &torn : run;
	struct dp_run_record *moves = c->plan.count || c->scenarios.count ? &moved : run;
	int rc = 0;

	if (c->plan.count)
		rc = ask_plan(o, c->check, &c->plan, &c->policy, run, err);
	if (c->scenarios.count && !rc)
		rc = ask_scenarios(o, c->check, &c->scenarios, tears, err);
	if (!rc && tears != run)
		rc = dp_run_merge(run, tears, true);
	if (c->cases.count && !rc)
		rc = ask_cases(o, c->check, &c->cases, moves, err);
	if (!rc && moves != run)
		rc = dp_run_merge(run, moves, true);
	return rc;
}

/* A kernel that could not be asked: each of its answers is an error, and says why. */
static int leave_unanswered(const struct campaign *c, const char *kernel, const char *why,
			    struct dp_run_record *run)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	int rc = dp_collect_init(&collect, c->plan.count + c->scenarios.count + c->cases.count);

	if (rc)
		return rc;
	for (size_t i = 0; i < c->plan.count; i++)
		dp_collect_add(&collect, c->plan.list[i].id);
	for (size_t i = 0; i < c->scenarios.count; i++)
		dp_collect_add(&collect, c->scenarios.list[i].id);
	for (size_t i = 0; i < c->cases.count; i++)
		dp_collect_add(&collect, c->cases.list[i].id);
	snprintf(collect.run.ending, sizeof(collect.run.ending), "%.500s", why);
	snprintf(collect.run.where, sizeof(collect.run.where), "guest");
	snprintf(collect.run.kernel_spec, sizeof(collect.run.kernel_spec), "%s", kernel);
	dp_collect_listen(&collect, &c->policy, cli_outputs_tell, (void *)&c->check->outputs);
	rc = dp_collect_finish(&collect, &c->policy);
	dp_run_clear(run);
	if (rc)
		return rc;
	*run = collect.run;
	collect.run = (struct dp_run_record){ 0 };
	return 0;
}

/* ---- several kernels --------------------------------------------------------------------- */

/* Whoever is free asks the next kernel. */
struct crowd {
	const struct campaign *campaign;
	struct dp_run_record *runs;
	atomic_size_t next;
	pthread_mutex_t mutex; /* for those below */
	size_t asked;
	int rc;
	struct dp_error error;
};

static void ask_next(struct crowd *crowd, size_t i)
{
	const struct campaign *c = crowd->campaign;
	struct guest_options options = *c->guest;
	struct dp_error err = { 0 };
	int rc;

	options.kernel = c->guest->kernels[i];
	options.refresh = false;
	rc = ask(c, &options, &crowd->runs[i], &err);
	if (rc && rc != -EINTR && !err.input && c->guest->nkernels > 1)
		rc = leave_unanswered(c, options.kernel, err.what, &crowd->runs[i]);
	pthread_mutex_lock(&crowd->mutex);
	if (rc && !crowd->rc) {
		crowd->rc = rc;
		crowd->error = err;
		atomic_store(&crowd->next, c->guest->nkernels);
	}
	crowd->asked++;
	if (!options.progress)
		cli_progress("asking the kernels", (int)(100 * crowd->asked / c->guest->nkernels));
	pthread_mutex_unlock(&crowd->mutex);
}

static void *ask_on(void *arg)
{
	struct crowd *crowd = arg;
	size_t i;

	while ((i = atomic_fetch_add(&crowd->next, 1)) < crowd->campaign->guest->nkernels)
		ask_next(crowd, i);
	return NULL;
}

/*
 * Guests on the same cores are in each other's way if they have several CPUs: each waits for its
 * other CPU by spinning. Several kernels that are only asked whether they pin have one CPU each,
 * side by side; scenarios want two, and have guests enough of their own.
 */
static bool side_by_side(const struct campaign *c)
{
	return c->guest->nkernels > 1 && !c->scenarios.count && !c->cases.count;
}

static unsigned int kernels_at_once(const struct campaign *c, unsigned int cpus)
{
	unsigned int jobs = !side_by_side(c) ? 1
			    : c->guest->jobs ? c->guest->jobs
					     : dp_pool_jobs(cpus, false);

	return jobs < c->guest->nkernels ? jobs : (unsigned int)c->guest->nkernels;
}

/* All of them, before the first is asked: a word that is no kernel ends it here. */
static int have_kernels(const struct guest_options *o, struct dp_error *err)
{
	struct dp_kernel kernel;
	int rc = 0;

	for (size_t i = 0; i < o->nkernels && !rc; i++)
		rc = dp_kernel_resolve(o->kernels[i], o->refresh, cli_progress, &kernel, err);
	return rc;
}

int campaign_run(const struct campaign *campaign, struct dp_run_record *runs, struct dp_error *err)
{
	struct guest_options options = *campaign->guest;
	struct campaign own = *campaign;
	struct crowd crowd = { .campaign = &own, .runs = runs, .mutex = PTHREAD_MUTEX_INITIALIZER };
	unsigned int threads, started = 0;
	pthread_t list[CLI_MAX_LIST];
	int rc = have_kernels(&options, err);

	if (rc)
		return rc;
	own.guest = &options;
	if (side_by_side(campaign))
		options.cpus = 1;
	threads = kernels_at_once(campaign, options.cpus);
	if (threads > 1)
		options.progress = NULL;
	while (started + 1 < threads && !pthread_create(&list[started], NULL, ask_on, &crowd))
		started++;
	ask_on(&crowd);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(list[i], NULL);
	if (threads > 1)
		cli_progress("", -1);
	if (crowd.rc && err)
		*err = crowd.error;
	return crowd.rc;
}
