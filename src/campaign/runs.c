// SPDX-License-Identifier: GPL-2.0-or-later
/* The runs of a campaign: each kernel with each carrier, some of them at the same time. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#include "daxpin/cleanup.h"
#include "daxpin/gate.h"

static void add_ids(const struct dp_selection *s, struct dp_collect *collect)
{
	const char *id;

	for (size_t n = 0; (id = dp_selection_id(s, n)); n++)
		dp_collect_add(collect, id);
}

/* A kernel that could not be asked: each of its answers is an error, and says why. */
static int leave_unanswered(const struct campaign *c, const char *why, struct dp_run_record *run)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	int rc = dp_collect_init(&collect, dp_selection_count(c->selection));

	if (rc)
		return rc;
	add_ids(c->selection, &collect);
	snprintf(collect.run.ending, sizeof(collect.run.ending), "%.500s", why);
	snprintf(collect.run.where, sizeof(collect.run.where), "guest");
	snprintf(collect.run.kernel_spec, sizeof(collect.run.kernel_spec), "%s", c->kernel->spec);
	dp_campaign_note(c, &collect.run);
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

/* ---- several of them ---------------------------------------------------------------------- */

/* What a run is asked of. */
struct asked {
	struct dp_kernel kernel;
	const struct dp_carrier *carrier;
	struct dp_layout layout; /* the carrier's, or without what QEMU lacks */
	char lack[200];          /* the step that says what that is */
	char *steps[1];
	const struct dp_pinner *pinner;
	char name[384]; /* "debian:6.1", or "debian:6.1 e820" */
};

/* Whoever is free makes the next run. */
struct crowd {
	struct campaign campaign; /* of each; kernel and carrier are filled in */
	struct dp_gate gate;
	struct asked *list;
	size_t count;
	struct dp_run_record *runs;
	atomic_size_t next;
	pthread_mutex_t mutex; /* for those below */
	int rc;
	struct dp_error error;
};

/* What is told of one of the runs. @own: receives a copy. Return: @own, or NULL for nobody. */
static const struct dp_progress *progress_of(const struct crowd *crowd, size_t i,
					     struct dp_progress *own)
{
	const struct dp_progress *progress = crowd->campaign.ask->progress;

	if (!progress)
		return NULL;
	*own = *progress;
	own->kernel = crowd->list[i].name;
	own->number = i;
	return own;
}

/* All ids of all kernels, before the first is asked. */
static int announce(const struct crowd *crowd)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	const struct dp_selection *s = crowd->campaign.selection;
	int rc = dp_collect_init(&collect, dp_selection_count(s));

	if (rc)
		return rc;
	add_ids(s, &collect);
	for (size_t i = 0; i < crowd->count; i++) {
		struct dp_progress own;

		collect.progress = progress_of(crowd, i, &own);
		dp_collect_announce(&collect, crowd->campaign.ask->repeat);
	}
	return 0;
}

static void ask_next(struct crowd *crowd, size_t i)
{
	struct campaign c = crowd->campaign;
	struct dp_error err = { 0 };
	struct dp_progress own;
	int rc;

	c.kernel = &crowd->list[i].kernel;
	c.carrier = crowd->list[i].carrier;
	c.pinner = crowd->list[i].pinner;
	c.layout = dp_carrier_layout(c.carrier) ? &crowd->list[i].layout : NULL;
	c.progress = progress_of(crowd, i, &own);
	rc = dp_ask_kernel(&c, &crowd->runs[i], &err);
	if (rc && rc != -EINTR && !err.input && crowd->count > 1)
		rc = leave_unanswered(&c, err.what, &crowd->runs[i]);
	pthread_mutex_lock(&crowd->mutex);
	if (rc && !crowd->rc) {
		crowd->rc = rc;
		crowd->error = err;
		atomic_store(&crowd->next, crowd->count);
	}
	pthread_mutex_unlock(&crowd->mutex);
}

static void *ask_on(void *arg)
{
	struct crowd *crowd = arg;
	size_t i;

	while ((i = atomic_fetch_add(&crowd->next, 1)) < crowd->count)
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
static unsigned int runs_at_once(const struct dp_guests *guests)
{
	unsigned int most = guests->jobs ? guests->jobs : dp_pool_jobs(1) + 1;
	size_t count = dp_guests_runs(guests);

	return most < count ? most : (unsigned int)count;
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

/* What QEMU does not have is not asked of it, but skipped in the guest, with the reason. */
static void lay_out(struct asked *asked)
{
	static const char skip[] = "skip ";
	const char *release = strrchr(asked->kernel.modules, '/') + 1;

	if (!dp_carrier_layout(asked->carrier))
		return;
	asked->layout = asked->carrier->layout;
	if (dp_carrier_lacks(asked->carrier, release, asked->lack + strlen(skip),
			     sizeof(asked->lack) - strlen(skip))) {
		memcpy(asked->lack, skip, strlen(skip));
		asked->steps[0] = asked->lack;
		asked->layout.qemu = (struct dp_words){ 0 };
		asked->layout.steps = (struct dp_words){ asked->steps, 1 };
	}
	asked->kernel.foreign = true;
	asked->kernel.steps = &asked->layout.steps;
}

/* What only some who pin take is in an image, and in a machine, only where they are asked. */
static void fit_out(const struct dp_selection *s, struct asked *asked)
{
	size_t count;
	const struct dp_pinner *const *all = dp_pinners(&count);

	asked->kernel.extra = dp_benches_have(&s->benches, DP_BENCH_GUP);
	for (size_t i = 0; i < count; i++) {
		if (asked->pinner != all[i] && !dp_pinner_plans(&s->pinnings, all[i]))
			continue;
		asked->kernel.extra |= all[i]->built;
		asked->kernel.iommu |= all[i]->iommu;
	}
}

/* Each kernel with each carrier, and each pinner. */
static int make_run(struct crowd *crowd, size_t i, struct dp_error *err)
{
	const struct campaign *c = &crowd->campaign;
	const struct dp_guests *guests = c->guests;
	size_t n = guests->ncarriers ? guests->ncarriers : 1;
	size_t m = guests->npinners ? guests->npinners : 1;
	struct asked *asked = &crowd->list[i];
	struct dp_kernel *kernel = &asked->kernel;
	int rc = dp_kernel_ready(guests, i / m / n, c->ask->progress, kernel, err);

	if (rc)
		return rc;
	asked->carrier = guests->ncarriers ? guests->carriers[i / m % n] : NULL;
	asked->pinner = guests->npinners ? guests->pinners[i % m] : NULL;
	lay_out(asked);
	snprintf(asked->name, sizeof(asked->name), "%.255s%s%.32s%s%.63s", kernel->spec,
		 n > 1 ? " " : "", n > 1 ? asked->carrier->name : "", m > 1 ? " " : "",
		 m > 1 ? asked->pinner->name : "");
	kernel->perftest = c->ask->reference;
	fit_out(c->selection, asked);
	return 0;
}

int dp_campaign_run(const struct dp_guests *guests, const struct dp_selection *selection,
		    const struct dp_ask *ask, struct dp_run_record *runs, struct dp_error *err)
{
	size_t count = dp_guests_runs(guests);
	dp_autofree struct asked *asked = calloc(count, sizeof(*asked));
	dp_autofree pthread_t *list = calloc(count, sizeof(*list));
	struct crowd crowd = {
		.campaign = { .guests = guests,
			      .selection = selection,
			      .ask = ask,
			      .cpus = cpus_of(selection, ask) },
		.list = asked,
		.count = count,
		.runs = runs,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
	};
	int rc = asked && list ? 0 : -ENOMEM;

	open_gate(&crowd);
	if (!rc && ask->begin)
		rc = ask->begin(ask->arg, err);
	/* All of them, before the first is asked: a word that is no kernel ends it here. */
	for (size_t i = 0; i < count && !rc; i++)
		rc = make_run(&crowd, i, err);
	if (!rc)
		rc = announce(&crowd);
	if (rc)
		return rc;
	ask_all(&crowd, runs_at_once(guests), list);
	if (crowd.rc && err)
		*err = crowd.error;
	return crowd.rc;
}
