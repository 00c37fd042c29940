// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "ask.h"

#include "daxpin/cleanup.h"
#include "daxpin/kernel.h"

static int ask_cases(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	int rc = dp_ask_traffic(c, run, err);

	return rc ? rc : dp_ask_twice(c, run, err);
}

/* Everything that is asked of one kernel, in one run: what comes first begins it. */
static int ask(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_selection *s = c->selection;
	const struct {
		bool wanted;
		int (*ask)(const struct campaign *c, struct dp_run_record *run,
			   struct dp_error *err);
	} kinds[] = {
		{ s->checks.count, dp_ask_checks },
		{ s->teardowns.count, dp_ask_teardowns },
		{ s->races.count, dp_ask_races },
		{ s->cases.count, ask_cases },
	};
	bool first = true;
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(kinds) && !rc; i++) {
		dp_cleanup(dp_run_clear) struct dp_run_record more = { 0 };

		if (!kinds[i].wanted)
			continue;
		rc = kinds[i].ask(c, first ? run : &more, err);
		if (!rc && !first)
			rc = dp_run_merge(run, &more, true);
		first = false;
	}
	return rc;
}

static void add_ids(const struct dp_selection *s, struct dp_collect *collect)
{
	for (size_t i = 0; i < s->checks.count; i++)
		dp_collect_add(collect, s->checks.list[i].id);
	for (size_t i = 0; i < s->teardowns.count; i++)
		dp_collect_add(collect, s->teardowns.list[i].id);
	for (size_t i = 0; i < s->races.count; i++)
		dp_collect_add(collect, s->races.list[i].id);
	for (size_t i = 0; i < s->cases.count; i++)
		dp_collect_add(collect, s->cases.list[i].id);
}

static size_t count_ids(const struct dp_selection *s)
{
	return s->checks.count + s->teardowns.count + s->races.count + s->cases.count;
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
	snprintf(collect.run.kernel_spec, sizeof(collect.run.kernel_spec), "%s", c->kernel);
	dp_collect_listen(&collect, c->ask->policy, c->ask->tell, c->ask->tell_arg);
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
	struct dp_run_record *runs;
	atomic_size_t next;
	pthread_mutex_t mutex; /* for those below */
	size_t asked;
	int rc;
	struct dp_error error;
};

static void ask_next(struct crowd *crowd, size_t i)
{
	struct campaign c = crowd->campaign;
	size_t nkernels = c.guests->nkernels;
	struct dp_error err = { 0 };
	int rc;

	c.kernel = c.guests->kernels[i];
	rc = ask(&c, &crowd->runs[i], &err);
	if (rc && rc != -EINTR && !err.input && nkernels > 1)
		rc = leave_unanswered(&c, err.what, &crowd->runs[i]);
	pthread_mutex_lock(&crowd->mutex);
	if (rc && !crowd->rc) {
		crowd->rc = rc;
		crowd->error = err;
		atomic_store(&crowd->next, nkernels);
	}
	crowd->asked++;
	if (!c.progress && c.ask->progress)
		c.ask->progress("asking the kernels", (int)(100 * crowd->asked / nkernels));
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
 * Guests on the same cores are in each other's way if they have several CPUs: each waits for its
 * other CPU by spinning. Several kernels that are only asked whether they pin have one CPU each,
 * side by side; scenarios want two, and have guests enough of their own.
 */
static bool side_by_side(const struct dp_guests *guests, const struct dp_selection *s)
{
	return guests->nkernels > 1 && count_ids(s) == s->checks.count;
}

static unsigned int kernels_at_once(const struct campaign *c)
{
	const struct dp_guests *guests = c->guests;
	unsigned int jobs = !side_by_side(guests, c->selection) ? 1
			    : guests->jobs                      ? guests->jobs
								: dp_pool_jobs(c->cpus, false);

	return jobs < guests->nkernels ? jobs : (unsigned int)guests->nkernels;
}

/* All of them, before the first is asked: a word that is no kernel ends it here. */
static int have_kernels(const struct dp_guests *guests, dp_progress_fn progress,
			struct dp_error *err)
{
	struct dp_kernel kernel;
	int rc = 0;

	for (size_t i = 0; i < guests->nkernels && !rc; i++)
		rc = dp_kernel_resolve(guests->kernels[i], guests->refresh, progress, &kernel, err);
	return rc;
}

int dp_campaign_run(const struct dp_guests *guests, const struct dp_selection *selection,
		    const struct dp_ask *ask, struct dp_run_record *runs, struct dp_error *err)
{
	struct dp_guests resolved = *guests;
	struct crowd crowd = { .campaign = { .guests = &resolved,
					     .selection = selection,
					     .ask = ask,
					     .cpus = DP_GUEST_CPUS,
					     .progress = ask->progress },
			       .runs = runs,
			       .mutex = PTHREAD_MUTEX_INITIALIZER };
	dp_autofree pthread_t *list = calloc(guests->nkernels, sizeof(*list));
	unsigned int threads, started = 0;
	int rc = list ? have_kernels(guests, ask->progress, err) : -ENOMEM;

	if (rc)
		return rc;
	resolved.refresh = false;
	if (side_by_side(guests, selection))
		crowd.campaign.cpus = 1;
	threads = kernels_at_once(&crowd.campaign);
	if (threads > 1)
		crowd.campaign.progress = NULL;
	while (started + 1 < threads && !pthread_create(&list[started], NULL, ask_on, &crowd))
		started++;
	ask_on(&crowd);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(list[i], NULL);
	if (threads > 1 && ask->progress)
		ask->progress("", -1);
	if (crowd.rc && err)
		*err = crowd.error;
	return crowd.rc;
}
