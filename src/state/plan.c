// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daxpin/cleanup.h"
#include "daxpin/globs.h"
#include "daxpin/list.h"
#include "daxpin/question.h"
#include "daxpin/state.h"

DP_REGISTRY(struct dp_state, dp_states)

const struct dp_state *dp_state_find(const char *name)
{
	return DP_REGISTRY_FIND(dp_states, name);
}

bool dp_state_applies(const struct dp_state *state, const struct dp_mapping *mapping)
{
	return !mapping->check_only && state->applies(mapping);
}

enum dp_state_keeps dp_state_keeps(const struct dp_state *state, const struct dp_mapping *mapping,
				   enum dp_state_pin pin)
{
	return state->keeps ? state->keeps(mapping, pin == DP_STATE_ON_DEMAND) : DP_STATE_KEPT;
}

const char *dp_state_known(const struct dp_state *state, const struct dp_mapping *mapping,
			   enum dp_state_pin pin, struct dp_series kernel)
{
	for (size_t i = 0; i < DP_STATE_RULES && state->known[i].why; i++) {
		const struct dp_state_rule *rule = &state->known[i];

		if (dp_compare_series(kernel, rule->from) >= 0 &&
		    dp_compare_series(kernel, rule->to) <= 0 &&
		    (!rule->families || rule->families & 1U << mapping->family) &&
		    (!rule->pins || rule->pins & 1U << pin))
			return rule->why;
	}
	return NULL;
}

const char *dp_state_pin_name(enum dp_state_pin pin)
{
	static const char *const names[] = { "write", "read", "on-demand" };

	return names[pin];
}

const char *dp_state_bytes_name(enum dp_state_bytes bytes)
{
	static const char *const names[] = { "initial", "changed", "other", "new",     "adapter",
					     "owner",   "again",   "zero",  "unknown", "absent" };

	return names[bytes];
}

const char *dp_state_phase_name(enum dp_state_phase phase)
{
	static const char *const names[] = { "made", "adapter-wrote", "owner-wrote",
					     "adapter-wrote-again" };

	return names[phase];
}

const char *dp_state_by_name(enum dp_state_by by)
{
	static const char *const names[] = { "owner", "adapter", "other", "medium" };

	return names[by];
}

/* ---- which mappings ----------------------------------------------------------------------- */

bool dp_state_is_anon(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_ANON;
}

bool dp_state_is_cow(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_ANON || mapping->family == DP_FAMILY_HUGETLB ||
	       (mapping->family == DP_FAMILY_PAGECACHE && mapping->private);
}

bool dp_state_is_shmem(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_SHMEM;
}

bool dp_state_is_shared(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_SHMEM || mapping->family == DP_FAMILY_DEVDAX;
}

bool dp_state_is_any(const struct dp_mapping *mapping)
{
	return dp_state_is_cow(mapping) || dp_state_is_shared(mapping);
}

/* ---- the plan ----------------------------------------------------------------------------- */

static int add_item(const struct dp_mapping *mapping, const struct dp_state *state,
		    struct dp_globs *globs, struct dp_state_items *items)
{
	struct dp_state_item item = { .mapping = mapping, .state = state }, *added;

	snprintf(item.id, sizeof(item.id), "%s/%s/%s", dp_question(DP_QUESTION_STATE)->name,
		 mapping->name, state->name);
	if (!dp_globs_select(globs, item.id))
		return 0;
	added = dp_list_add(items->list, items->count);
	if (!added)
		return -ENOMEM;
	*added = item;
	return 0;
}

int dp_state_items_make(const char *const *only, size_t nonly, struct dp_state_items *items,
			struct dp_error *err)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	size_t nmappings, nstates;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	const struct dp_state *const *states = dp_states(&nstates);
	int rc = dp_globs_init(&globs, only, nonly);

	*items = (struct dp_state_items){ 0 };
	for (size_t i = 0; i < nmappings * nstates && !rc; i++) {
		const struct dp_mapping *mapping = mappings[i / nstates];
		const struct dp_state *state = states[i % nstates];

		if (dp_state_applies(state, mapping))
			rc = add_item(mapping, state, &globs, items);
	}
	if (!rc)
		rc = dp_question_globs_used(DP_QUESTION_STATE, &globs, err);
	if (rc)
		dp_state_items_clear(items);
	return rc;
}

bool dp_state_items_swap(const struct dp_state_items *items)
{
	for (size_t i = 0; i < items->count; i++)
		if (items->list[i].state->swap)
			return true;
	return false;
}

bool dp_state_items_balloon(const struct dp_state_items *items)
{
	for (size_t i = 0; i < items->count; i++)
		if (items->list[i].state->balloon)
			return true;
	return false;
}

void dp_state_items_clear(struct dp_state_items *items)
{
	free(items->list);
	*items = (struct dp_state_items){ 0 };
}
