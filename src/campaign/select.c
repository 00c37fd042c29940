// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/campaign.h"
#include "daxpin/cleanup.h"

static int make_kind(enum dp_question_kind kind, const char *const *globs, size_t count,
		     struct dp_selection *s, struct dp_error *err)
{
	switch (kind) {
	case DP_QUESTION_CHECK:
		return dp_plan_make(globs, count, &s->checks, err);
	case DP_QUESTION_PINNER:
		return dp_pinner_plan(
			&(struct dp_pinner_globs){ globs, count, s->pinners, s->npinners },
			&s->pinnings, err);
	case DP_QUESTION_LIMIT:
		return dp_limits_make(globs, count, &s->limits, err);
	case DP_QUESTION_TEARDOWN:
		return dp_scenarios_make(globs, count, false, &s->teardowns, err);
	case DP_QUESTION_RACE:
		return dp_scenarios_make(globs, count, true, &s->races, err);
	case DP_QUESTION_ORDER:
		return dp_orders_make(globs, count, &s->orders, err);
	case DP_QUESTION_STATE:
		return dp_state_items_make(globs, count, &s->states, err);
	case DP_QUESTION_BENCH:
		return dp_benches_make(globs, count, &s->benches, err);
	default:
		return dp_cases_make(globs, count, &s->cases, err);
	}
}

static bool matches(enum dp_question_kind kind, const char *glob)
{
	dp_cleanup(dp_selection_clear) struct dp_selection s = { 0 };
	struct dp_error none = { 0 };

	return !make_kind(kind, &glob, 1, &s, &none);
}

/* "check, teardown or traffic" */
static void name_kinds(unsigned int kinds, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned int k = 0; k < DP_QUESTIONS && used < size; k++) {
		bool last = !(kinds >> k >> 1);

		if (kinds & 1U << k)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
						 !used  ? ""
						 : last ? " or "
							: ", ",
						 dp_question((enum dp_question_kind)k)->name);
	}
}

/* Of several kinds, a glob need not match each, but must match one. */
static int check_globs(unsigned int kinds, const char *const *only, size_t nonly,
		       struct dp_error *err)
{
	for (size_t i = 0; i < nonly; i++) {
		bool used = false;
		char names[128];

		for (int k = 0; k < DP_QUESTIONS && !used; k++)
			used = kinds & 1U << k && matches((enum dp_question_kind)k, only[i]);
		if (used)
			continue;
		name_kinds(kinds, names, sizeof(names));
		return dp_bad_input(err, "\"%s\" matches no %s; daxpin list --ids shows them all",
				    only[i], names);
	}
	return 0;
}

/* One kind's questions. @globs: receives those that select them, and is remembered for checks
 * and pinners. */
static int select_kind(enum dp_question_kind kind, const char *const *only, size_t nonly,
		       bool alone, const char **globs, struct dp_selection *s, struct dp_error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < nonly; i++)
		if (alone || matches(kind, only[i]))
			globs[count++] = only[i];
	if (nonly && !count)
		return 0;
	if (kind == DP_QUESTION_CHECK) {
		memcpy(s->globs, globs, count * sizeof(*globs));
		s->nglobs = count;
	}
	if (kind == DP_QUESTION_PINNER) {
		memcpy(s->pinning_globs, globs, count * sizeof(*globs));
		s->npinning_globs = count;
	}
	return make_kind(kind, globs, count, s, err);
}

/* Another machine is booted for what was named only. */
static int leave_others_out(struct dp_selection *selection)
{
	struct dp_selection usual = { 0 };
	int rc = dp_selection_part(selection, DP_USUAL_MACHINE, &usual);

	if (rc)
		return rc;
	dp_selection_clear(selection);
	*selection = usual;
	return 0;
}

int dp_selection_make(unsigned int kinds, const char *const *only, size_t nonly,
		      const char *const *pinners, size_t npinners, struct dp_selection *selection,
		      struct dp_error *err)
{
	dp_autofree const char **globs = calloc(nonly + 1, sizeof(*globs));
	bool alone = !(kinds & (kinds - 1));
	int rc = alone ? 0 : check_globs(kinds, only, nonly, err);

	*selection = (struct dp_selection){ .globs = calloc(nonly + 1, sizeof(*globs)),
					    .pinning_globs = calloc(nonly + 1, sizeof(*globs)),
					    .pinners = pinners,
					    .npinners = npinners };
	if (!globs || !selection->globs || !selection->pinning_globs)
		rc = -ENOMEM;
	for (int k = 0; k < DP_QUESTIONS && !rc; k++)
		if (kinds & 1U << k)
			rc = select_kind((enum dp_question_kind)k, only, nonly, alone, globs,
					 selection, err);
	if (!rc && !nonly)
		rc = leave_others_out(selection);
	if (rc)
		dp_selection_clear(selection);
	return rc;
}

void dp_selection_clear(struct dp_selection *selection)
{
	dp_plan_clear(&selection->checks);
	dp_plan_clear(&selection->pinnings);
	dp_limits_clear(&selection->limits);
	dp_scenarios_clear(&selection->teardowns);
	dp_scenarios_clear(&selection->races);
	dp_orders_clear(&selection->orders);
	dp_cases_clear(&selection->cases);
	dp_state_items_clear(&selection->states);
	dp_benches_clear(&selection->benches);
	free(selection->globs);
	free(selection->pinning_globs);
	selection->globs = selection->pinning_globs = NULL;
	selection->nglobs = 0;
}

/* ---- as a whole --------------------------------------------------------------------------- */

/* One kind's list: its items have an id, and but for limits a mapping; those of states a state. */
struct kind {
	void **list;
	size_t *count, size, id, mapping, state;
};

#define NONE ((size_t)-1)

#define KIND(member, type, of_mapping, of_state)                                                   \
	{                                                                                          \
		(void **)&s->member.list, &s->member.count, sizeof(struct type),                   \
			offsetof(struct type, id), of_mapping, of_state                            \
	}
#define MAPPED(member, type) KIND(member, type, offsetof(struct type, mapping), NONE)
#define STATES                                                                                     \
	KIND(states, dp_state_item, offsetof(struct dp_state_item, mapping),                       \
	     offsetof(struct dp_state_item, state))

/* In the order of reports. */
static void kinds_of(struct dp_selection *s, struct kind kinds[DP_QUESTIONS])
{
	const struct kind all[DP_QUESTIONS] = {
		MAPPED(checks, dp_check),
		KIND(limits, dp_limit_item, NONE, NONE),
		MAPPED(teardowns, dp_scenario),
		MAPPED(races, dp_scenario),
		MAPPED(orders, dp_order),
		MAPPED(cases, dp_case),
		STATES,
		MAPPED(pinnings, dp_check),
		MAPPED(benches, dp_bench),
	};

	memcpy(kinds, all, sizeof(all));
}

static const char *item_of(const struct kind *kind, size_t i)
{
	return (const char *)*kind->list + i * kind->size;
}

static bool is_carried(const struct dp_case *tcase)
{
	return tcase->event && tcase->event->carried;
}

void dp_selection_leave_carried(struct dp_selection *selection)
{
	struct dp_scenarios *s = &selection->teardowns;
	struct dp_cases *c = &selection->cases;
	size_t carried =
		dp_plan_carried(&selection->checks) + dp_plan_carried(&selection->pinnings);
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++)
		carried += s->list[i].event->carried;
	for (size_t i = 0; i < c->count; i++)
		carried += is_carried(&c->list[i]);
	if (carried == dp_selection_count(selection))
		return;
	dp_plan_leave_carried(&selection->checks);
	dp_plan_leave_carried(&selection->pinnings);
	for (size_t i = 0; i < s->count; i++)
		if (!s->list[i].event->carried)
			s->list[kept++] = s->list[i];
	s->count = kept;
	kept = 0;
	for (size_t i = 0; i < c->count; i++)
		if (!is_carried(&c->list[i]))
			c->list[kept++] = c->list[i];
	c->count = kept;
}

size_t dp_selection_count(const struct dp_selection *selection)
{
	struct kind kinds[DP_QUESTIONS];
	size_t count = 0;

	kinds_of((struct dp_selection *)selection, kinds);
	for (size_t k = 0; k < DP_QUESTIONS; k++)
		count += *kinds[k].count;
	return count;
}

const char *dp_selection_id(const struct dp_selection *selection, size_t n)
{
	struct kind kinds[DP_QUESTIONS];

	kinds_of((struct dp_selection *)selection, kinds);
	for (size_t k = 0; k < DP_QUESTIONS; k++) {
		if (n < *kinds[k].count)
			return item_of(&kinds[k], n) + kinds[k].id;
		n -= *kinds[k].count;
	}
	return NULL;
}

/* What an item is about; NULL for a limit. */
static const struct dp_mapping *mapping_of(const struct kind *kind, size_t i)
{
	const struct dp_mapping *const *mapping;

	if (kind->mapping == NONE)
		return NULL;
	mapping = (const void *)(item_of(kind, i) + kind->mapping);
	return *mapping;
}

bool dp_selection_needs(const struct dp_selection *selection, const char *modules)
{
	struct kind kinds[DP_QUESTIONS];

	kinds_of((struct dp_selection *)selection, kinds);
	for (size_t k = 0; k < DP_QUESTIONS; k++)
		for (size_t i = 0; i < *kinds[k].count && kinds[k].mapping != NONE; i++)
			if (dp_needs_modules(mapping_of(&kinds[k], i), modules))
				return true;
	return false;
}

static enum dp_own_machine machine_of(const struct kind *kind, size_t i)
{
	const struct dp_mapping *mapping = mapping_of(kind, i);
	const struct dp_state *const *state;

	if (mapping && mapping->wide)
		return DP_WIDE_MACHINE;
	if (kind->state == NONE)
		return DP_USUAL_MACHINE;
	state = (const void *)(item_of(kind, i) + kind->state);
	return (*state)->balloon ? DP_BALLOON_MACHINE : DP_USUAL_MACHINE;
}

/* Copies those items that are for a machine. */
static int copy_kind(const struct kind *from, enum dp_own_machine machine, struct kind *to)
{
	*to->list = calloc(*from->count + 1, from->size);
	if (!*to->list)
		return -ENOMEM;
	for (size_t i = 0; i < *from->count; i++)
		if (machine_of(from, i) == machine)
			memcpy((char *)*to->list + (*to->count)++ * to->size, item_of(from, i),
			       to->size);
	return 0;
}

int dp_selection_part(const struct dp_selection *selection, enum dp_own_machine machine,
		      struct dp_selection *part)
{
	struct kind from[DP_QUESTIONS], to[DP_QUESTIONS];
	int rc = 0;

	*part = (struct dp_selection){
		.globs = calloc(selection->nglobs + 1, sizeof(*part->globs)),
		.nglobs = selection->nglobs,
		.pinning_globs = calloc(selection->npinning_globs + 1, sizeof(*part->globs)),
		.npinning_globs = selection->npinning_globs,
		.pinners = selection->pinners,
		.npinners = selection->npinners,
	};
	kinds_of((struct dp_selection *)selection, from);
	kinds_of(part, to);
	if (part->globs && selection->nglobs)
		memcpy(part->globs, selection->globs, part->nglobs * sizeof(*part->globs));
	if (part->pinning_globs && selection->npinning_globs)
		memcpy(part->pinning_globs, selection->pinning_globs,
		       part->npinning_globs * sizeof(*part->globs));
	rc = part->globs && part->pinning_globs ? 0 : -ENOMEM;
	for (size_t k = 0; k < DP_QUESTIONS && !rc; k++)
		rc = copy_kind(&from[k], machine, &to[k]);
	if (rc)
		dp_selection_clear(part);
	return rc;
}

/*
 * A guest is told by which globs its cells are selected: from now on by their mappings, if there
 * were none, or by their ids.
 */
static int name_cells(const struct dp_plan *plan, const char ***globs, size_t *count)
{
	const char **names = calloc(plan->count + 1, sizeof(*names));
	size_t named = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < plan->count; i++)
		if (*count)
			names[named++] = plan->list[i].id;
		else if (!i || plan->list[i].mapping != plan->list[i - 1].mapping)
			names[named++] = plan->list[i].mapping->name;
	free(*globs);
	*globs = names;
	*count = named;
	return named > DP_COMMAND_WORDS ? -E2BIG : 0;
}

int dp_selection_keep(struct dp_selection *s, bool (*keep)(void *arg, size_t n), void *arg)
{
	struct kind kinds[DP_QUESTIONS];
	size_t n = 0;
	int rc;

	kinds_of(s, kinds);
	for (size_t k = 0; k < DP_QUESTIONS; k++) {
		size_t kept = 0;

		for (size_t i = 0; i < *kinds[k].count; i++)
			if (keep(arg, n++))
				memmove((char *)*kinds[k].list + kept++ * kinds[k].size,
					item_of(&kinds[k], i), kinds[k].size);
		*kinds[k].count = kept;
	}
	rc = name_cells(&s->checks, &s->globs, &s->nglobs);
	return rc ? rc : name_cells(&s->pinnings, &s->pinning_globs, &s->npinning_globs);
}

int dp_selection_order(const struct dp_selection *selection, struct dp_run_record *run)
{
	struct dp_result *ordered = calloc(run->count + 1, sizeof(*ordered));
	size_t done = 0;
	const char *id;

	if (!ordered)
		return -ENOMEM;
	/* What has been moved has no id any more. */
	for (size_t n = 0; (id = dp_selection_id(selection, n)); n++)
		for (size_t i = 0; i < run->count; i++)
			if (!strcmp(run->results[i].id, id)) {
				ordered[done++] = run->results[i];
				run->results[i].id[0] = '\0';
			}
	for (size_t i = 0; i < run->count; i++)
		if (run->results[i].id[0])
			ordered[done++] = run->results[i];
	free(run->results);
	run->results = ordered;
	return 0;
}
