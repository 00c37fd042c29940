// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
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
	const struct dp_selection *s = c->selection;

	return (s->checks.count || s->pinnings.count) && c->ask->witness;
}

/* Whether anything is asked of guests without the witness; @saved: that are restored. */
static bool wants_plain(const struct campaign *c, bool saved)
{
	const struct dp_selection *s = c->selection;
	bool once = ((s->checks.count || s->pinnings.count) && !c->ask->witness) ||
		    s->limits.count || s->teardowns.count || s->races.count || s->orders.count ||
		    s->states.count;

	for (size_t i = 0; i < s->cases.count && !once; i++)
		once = !saved || !dp_is_kept(&s->cases.list[i]);
	return once;
}

static int prepare(const struct campaign *c, struct guests *g, struct dp_error *err)
{
	bool fresh = c->guests->fresh || (c->carrier && c->carrier->unsaved);
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
				    struct dp_error *err) = { dp_plan_limits,  dp_plan_teardowns,
							      dp_plan_races,   dp_plan_orders,
							      dp_plan_traffic, dp_plan_states };
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

/* The matrix, then the same by pinners. */
static int ask_cells(const struct guests *g, struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_selection *s = g->plain.selection;
	const struct campaign *c = are_armed(&g->plain) ? &g->armed : &g->plain;
	const struct {
		size_t count;
		enum dp_command_kind kind;
	} kinds[] = { { s->checks.count, DP_COMMAND_CHECK },
		      { s->pinnings.count, DP_COMMAND_PINNER } };
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(kinds) && !rc; i++) {
		dp_cleanup(dp_run_clear) struct dp_run_record part = { 0 };

		if (!kinds[i].count)
			continue;
		rc = dp_ask_cells(c, kinds[i].kind, &part, err);
		if (!rc)
			rc = dp_run_merge(run, &part, true);
		run->jobs = part.jobs;
	}
	return rc;
}

static int ask_kinds(const struct guests *g, struct dp_run_record *run, struct dp_error *err)
{
	const struct campaign *c = &g->plain;
	dp_cleanup(dp_run_clear) struct dp_run_record benches = { 0 };
	int rc = ask_cells(g, run, err);

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
	memcpy(run->carrier, making->carrier, sizeof(run->carrier));
	memcpy(run->pinner, making->pinner, sizeof(run->pinner));
	if (making->note[0])
		memcpy(run->note, making->note, sizeof(run->note));
	memcpy(run->modules, making->modules, sizeof(run->modules));
	return dp_run_merge(run, making, true);
}

/* One machine with this kernel. */
static int ask_machine(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	dp_cleanup(clear_guests) struct guests g = { .list = { DP_NO_GUEST, DP_NO_GUEST,
							       DP_NO_GUEST } };
	int rc = prepare(c, &g, err);

	for (size_t i = 0; i < DP_ARRAY_SIZE(g.list) && !rc; i++)
		rc = add_making(&g.list[i].making.run, run);
	if (!rc)
		rc = ask_kinds(&g, run, err);
	/* They may have been made anew meanwhile. */
	for (size_t i = 0; i < DP_ARRAY_SIZE(g.list) && !rc; i++)
		rc = add_making(&g.list[i].making.run, run);
	return rc;
}

/* Modules that distributions do not ship. Without one its mappings are skipped. */
static void build_modules(const struct campaign *c, struct dp_run_record *run)
{
	char path[PATH_MAX];
	const char *name;

	for (size_t i = 0; dp_extra_find(c->kernel, i, &name, path, sizeof(path)); i++) {
		struct dp_error why = { 0 };

		if (path[0] || !dp_selection_needs(c->selection, name) ||
		    !dp_extra_build(c->kernel, name, c->progress, path, sizeof(path), &why))
			continue;
		snprintf(run->note, sizeof(run->note), "%s could not be built: %.200s", name,
			 why.what);
	}
}

static void take_wide(struct campaign *c, struct dp_kernel *kernel, struct dp_run_record *run)
{
	kernel->foreign = kernel->extra = true;
	c->layout = &dp_wide_layout;
	build_modules(c, run);
}

/* What needs another machine is asked there. */
static int ask_other(const struct campaign *c, enum dp_own_machine machine,
		     struct dp_run_record *run, struct dp_error *err)
{
	dp_cleanup(dp_selection_clear) struct dp_selection part = { 0 };
	struct dp_kernel kernel = *c->kernel;
	struct dp_layout balloon;
	struct campaign o = *c;
	int rc = dp_selection_part(c->selection, machine, &part);

	if (rc || !dp_selection_count(&part))
		return rc;
	o.kernel = &kernel;
	o.selection = &part;
	if (machine == DP_WIDE_MACHINE) {
		take_wide(&o, &kernel, run);
	} else {
		dp_balloon_machine(&balloon);
		kernel.balloon = true;
		o.layout = &balloon;
	}
	kernel.steps = &o.layout->steps;
	return ask_machine(&o, run, err);
}

static int ask_usual(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	dp_cleanup(dp_selection_clear) struct dp_selection usual = { 0 };
	struct campaign u = *c;
	int rc = dp_selection_part(c->selection, DP_USUAL_MACHINE, &usual);

	u.selection = &usual;
	return rc || !dp_selection_count(&usual) ? rc : ask_machine(&u, run, err);
}

static int ask_all(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	int rc = ask_usual(c, run, err);

	for (int m = DP_WIDE_MACHINE; m < DP_OWN_MACHINES && !rc; m++) {
		size_t before = run->count;

		rc = ask_other(c, (enum dp_own_machine)m, run, err);
		if (!rc && before && before < run->count)
			rc = dp_selection_order(c->selection, run);
	}
	return rc;
}

int dp_ask_kernel(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	uint64_t start = dp_now_ms();
	int rc = c->layout ? ask_machine(c, run, err) : ask_all(c, run, err);

	if (!rc && dp_rounds(c) > 1) {
		run->repeat = c->ask->repeat;
		rc = dp_run_fold(run);
	}
	dp_run_add_phase(run, "total", dp_now_ms() - start);
	return rc;
}
