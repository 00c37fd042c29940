// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/gate.h"

/*
 * Guests of checks have the witness armed. The others have not: probes cost time, of which races
 * and traffic are made, and on 5.10 those of returns falsify /proc/PID/stack, by which a teardown
 * tells where a task waits.
 */
struct guests {
	struct campaign armed, plain, counted;
	struct dp_guest list[3]; /* theirs */
};

static bool are_armed(const struct campaign *c)
{
	return c->selection->checks.count && c->ask->witness;
}

/* Whether anything is asked of guests without the witness; @saved: that are restored. */
static bool wants_plain(const struct campaign *c, bool saved)
{
	const struct dp_selection *s = c->selection;
	bool once = (s->checks.count && !c->ask->witness) || s->limits.count ||
		    s->teardowns.count || s->races.count || s->orders.count;

	for (size_t i = 0; i < s->cases.count && !once; i++)
		once = !saved || !dp_is_kept(&s->cases.list[i]);
	return once;
}

static int prepare(const struct campaign *c, struct guests *g, struct dp_error *err)
{
	bool fresh = c->guests->fresh;
	int rc = 0;

	g->armed = g->plain = g->counted = *c;
	g->armed.witness = true;
	g->counted.counts = true;
	g->armed.guest = &g->list[0];
	g->plain.guest = &g->list[1];
	g->counted.guest = &g->list[2];
	if (are_armed(c))
		rc = dp_guest_prepare(&g->armed, !fresh, g->armed.guest, err);
	if (!rc && wants_plain(c, false))
		rc = dp_guest_prepare(&g->plain, !fresh && wants_plain(c, true), g->plain.guest,
				      err);
	if (!rc && c->selection->benches.count)
		rc = dp_guest_prepare(&g->counted, !fresh, g->counted.guest, err);
	return rc;
}

static void clear_guests(struct guests *g)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(g->list); i++)
		dp_guest_clear(&g->list[i]);
}

/* Each has a guest of its own: all kinds together, so that none waits for the last of another. */
static int ask_batch(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	static int (*const plans[])(const struct campaign *c, struct dp_batch *batch,
				    struct dp_error *err) = { dp_plan_limits, dp_plan_teardowns,
							      dp_plan_races, dp_plan_orders,
							      dp_plan_traffic };
	dp_cleanup(dp_batch_clear) struct dp_batch batch = { 0 };
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(plans) && !rc; i++)
		rc = plans[i](c, &batch, err);
	if (!rc && batch.count)
		rc = dp_tasks_run(c, batch.tasks, batch.count, false, run, err);
	return rc ? rc : dp_ask_again(c, run, err);
}

/* What takes two boots goes on beside the others. */
struct beside {
	const struct campaign *campaign;
	struct dp_run_record run;
	struct dp_error error;
	int rc;
};

static void *ask_beside(void *arg)
{
	struct beside *b = arg;

	b->rc = dp_ask_twice(b->campaign, &b->run, &b->error);
	return NULL;
}

static int ask_plain(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	struct beside b = { .campaign = c };
	dp_cleanup(dp_run_clear) struct dp_run_record once = { 0 };
	pthread_t thread;
	bool started = !pthread_create(&thread, NULL, ask_beside, &b);
	int rc = ask_batch(c, &once, err);

	if (started)
		pthread_join(thread, NULL);
	else
		ask_beside(&b);
	if (!rc && b.rc && err)
		*err = b.error;
	rc = rc ? rc : b.rc;
	if (!rc)
		rc = dp_run_merge(run, &once, true);
	if (!rc)
		rc = dp_run_merge(run, &b.run, true);
	run->jobs = c->gate->peak;
	dp_run_clear(&b.run);
	return rc;
}

static int ask_kinds(const struct guests *g, struct dp_run_record *run, struct dp_error *err)
{
	const struct campaign *c = &g->plain;
	dp_cleanup(dp_run_clear) struct dp_run_record checks = { 0 }, benches = { 0 };
	int rc = 0;

	if (c->selection->checks.count)
		rc = dp_ask_checks(are_armed(c) ? &g->armed : c, &checks, err);
	if (!rc)
		rc = dp_run_merge(run, &checks, true);
	run->jobs = checks.jobs;
	if (!rc && wants_plain(c, false))
		rc = ask_plain(c, run, err);
	if (!rc && c->selection->benches.count)
		rc = dp_ask_benches(&g->counted, &benches, err);
	if (!rc)
		rc = dp_run_merge(run, &benches, true);
	run->jobs = run->jobs ? run->jobs : benches.jobs;
	return rc;
}

/* What the making of a guest tells of the run. */
static int add_making(struct dp_run_record *making, struct dp_run_record *run)
{
	if (!making->where[0])
		return 0;
	memcpy(run->where, making->where, sizeof(run->where));
	memcpy(run->accel, making->accel, sizeof(run->accel));
	memcpy(run->kernel_spec, making->kernel_spec, sizeof(run->kernel_spec));
	memcpy(run->note, making->note, sizeof(run->note));
	memcpy(run->modules, making->modules, sizeof(run->modules));
	return dp_run_merge(run, making, true);
}

/* Everything that is asked of one kernel, in one run. */
static int ask_kernel(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	dp_cleanup(clear_guests) struct guests g = { .list = { DP_NO_GUEST, DP_NO_GUEST,
							       DP_NO_GUEST } };
	int rc = prepare(c, &g, err);
	uint64_t start = dp_now_ms();

	for (size_t i = 0; i < DP_ARRAY_SIZE(g.list) && !rc; i++)
		rc = add_making(&g.list[i].making.run, run);
	if (!rc)
		rc = ask_kinds(&g, run, err);
	/* They may have been made anew meanwhile. */
	for (size_t i = 0; i < DP_ARRAY_SIZE(g.list) && !rc; i++)
		rc = add_making(&g.list[i].making.run, run);
	if (!rc && dp_rounds(c) > 1) {
		run->repeat = c->ask->repeat;
		rc = dp_run_fold(run);
	}
	dp_run_add_phase(run, "total", dp_now_ms() - start);
	return rc;
}

static void add_ids(const struct dp_selection *s, struct dp_collect *collect)
{
	for (size_t i = 0; i < s->checks.count; i++)
		dp_collect_add(collect, s->checks.list[i].id);
	for (size_t i = 0; i < s->limits.count; i++)
		dp_collect_add(collect, s->limits.list[i].id);
	for (size_t i = 0; i < s->teardowns.count; i++)
		dp_collect_add(collect, s->teardowns.list[i].id);
	for (size_t i = 0; i < s->races.count; i++)
		dp_collect_add(collect, s->races.list[i].id);
	for (size_t i = 0; i < s->orders.count; i++)
		dp_collect_add(collect, s->orders.list[i].id);
	for (size_t i = 0; i < s->cases.count; i++)
		dp_collect_add(collect, s->cases.list[i].id);
	for (size_t i = 0; i < s->benches.count; i++)
		dp_collect_add(collect, s->benches.list[i].id);
}

static size_t count_ids(const struct dp_selection *s)
{
	return s->checks.count + s->limits.count + s->teardowns.count + s->races.count +
	       s->orders.count + s->cases.count + s->benches.count;
}

/* A kernel that could not be asked: each of its answers is an error, and says why. */
static int leave_unanswered(const struct campaign *c, const char *why, struct dp_run_record *run)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	int rc = dp_collect_init(&collect, count_ids(c->selection));

	if (rc)
		return rc;
	add_ids(c->selection, &collect);
	snprintf(collect.run.ending, sizeof(collect.run.ending), "%.500s", why);
	snprintf(collect.run.where, sizeof(collect.run.where), "guest");
	snprintf(collect.run.kernel_spec, sizeof(collect.run.kernel_spec), "%s", c->kernel->spec);
	dp_collect_listen(&collect, c->ask->policy, c->ask->tell, c->ask->arg);
	collect.progress = c->progress;
	rc = dp_collect_finish(&collect, c->ask->policy);
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
	struct campaign campaign; /* of each; the kernel is filled in */
	struct dp_gate gate;
	const struct dp_kernel *kernels;
	struct dp_run_record *runs;
	atomic_size_t next;
	pthread_mutex_t mutex; /* for those below */
	int rc;
	struct dp_error error;
};

/* What is told of one of the kernels. @own: receives a copy. Return: @own, or NULL for nobody. */
static const struct dp_progress *progress_of(const struct crowd *crowd, size_t i,
					     struct dp_progress *own)
{
	const struct dp_progress *progress = crowd->campaign.ask->progress;

	if (!progress)
		return NULL;
	*own = *progress;
	own->kernel = crowd->kernels[i].spec;
	own->number = i;
	return own;
}

/* All ids of all kernels, before the first is asked. */
static int announce(const struct crowd *crowd)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	const struct dp_selection *s = crowd->campaign.selection;
	int rc = dp_collect_init(&collect, count_ids(s));

	if (rc)
		return rc;
	add_ids(s, &collect);
	for (size_t i = 0; i < crowd->campaign.guests->nkernels; i++) {
		struct dp_progress own;

		collect.progress = progress_of(crowd, i, &own);
		dp_collect_announce(&collect, crowd->campaign.ask->repeat);
	}
	return 0;
}

static void ask_next(struct crowd *crowd, size_t i)
{
	struct campaign c = crowd->campaign;
	size_t nkernels = c.guests->nkernels;
	struct dp_error err = { 0 };
	struct dp_progress own;
	int rc;

	c.kernel = &crowd->kernels[i];
	c.progress = progress_of(crowd, i, &own);
	rc = ask_kernel(&c, &crowd->runs[i], &err);
	if (rc && rc != -EINTR && !err.input && nkernels > 1)
		rc = leave_unanswered(&c, err.what, &crowd->runs[i]);
	pthread_mutex_lock(&crowd->mutex);
	if (rc && !crowd->rc) {
		crowd->rc = rc;
		crowd->error = err;
		atomic_store(&crowd->next, nkernels);
	}
	pthread_mutex_unlock(&crowd->mutex);
}

static void *ask_on(void *arg)
{
	struct crowd *crowd = arg;
	size_t i;

	while ((i = atomic_fetch_add(&crowd->next, 1)) < crowd->campaign.guests->nkernels)
		ask_next(crowd, i);
	return NULL;
}

/*
 * Under TCG one CPU may meet an instruction that the other is just patching. The probes of checks
 * are set before the guest is saved; those of teardowns, and the tracer of a graph, when the
 * question is asked. A race wants two CPUs, and parks the other one meanwhile.
 */
static unsigned int cpus_of(const struct dp_selection *s, const struct dp_ask *ask)
{
	bool patched = ask->witness == DP_WITNESS_GRAPH || (ask->course && s->teardowns.count);

	return patched ? 1 : DP_GUEST_CPUS;
}

/*
 * The guests of all kernels have one gate, so that one kernel's begin where another's only wait. Of
 * many kernels, those that come first are answered first.
 */
static unsigned int kernels_at_once(const struct dp_guests *guests)
{
	unsigned int most = guests->jobs ? guests->jobs : dp_pool_jobs(1) + 1;

	return most < guests->nkernels ? most : (unsigned int)guests->nkernels;
}

static void ask_all(struct crowd *crowd, unsigned int threads, pthread_t *list)
{
	unsigned int started = 0;

	while (started + 1 < threads && !pthread_create(&list[started], NULL, ask_on, crowd))
		started++;
	ask_on(crowd);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(list[i], NULL);
}

/* As many guests as the user wants; or as many as there is room for (gate.h). */
static void open_gate(struct crowd *crowd)
{
	unsigned int jobs = crowd->campaign.guests->jobs;

	dp_gate_init(&crowd->gate, jobs ? jobs : dp_pool_jobs(crowd->campaign.cpus),
		     jobs ? jobs : dp_pool_most());
	crowd->campaign.gate = &crowd->gate;
}

int dp_campaign_run(const struct dp_guests *guests, const struct dp_selection *selection,
		    const struct dp_ask *ask, struct dp_run_record *runs, struct dp_error *err)
{
	dp_autofree struct dp_kernel *kernels = calloc(guests->nkernels, sizeof(*kernels));
	dp_autofree pthread_t *list = calloc(guests->nkernels, sizeof(*list));
	struct crowd crowd = {
		.campaign = { .guests = guests,
			      .selection = selection,
			      .ask = ask,
			      .cpus = cpus_of(selection, ask) },
		.kernels = kernels,
		.runs = runs,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
	};
	unsigned int threads = kernels_at_once(guests);
	int rc = kernels && list ? 0 : -ENOMEM;

	open_gate(&crowd);
	if (!rc && ask->begin)
		rc = ask->begin(ask->arg, err);
	/* All of them, before the first is asked: a word that is no kernel ends it here. */
	for (size_t i = 0; i < guests->nkernels && !rc; i++) {
		rc = dp_kernel_ready(guests, i, ask->progress, &kernels[i], err);
		kernels[i].perftest = ask->reference;
		/* What stock kernels do not have is in an image only where it is asked for. */
		kernels[i].extra = dp_benches_have(&selection->benches, DP_BENCH_GUP);
	}
	if (!rc)
		rc = announce(&crowd);
	if (rc)
		return rc;
	ask_all(&crowd, threads, list);
	if (crowd.rc && err)
		*err = crowd.error;
	return crowd.rc;
}
